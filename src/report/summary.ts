import type { HostOutcome, HostStatus } from '../core/outcome.ts';
import type { Paint } from './paint.ts';

/** All ways for a host to end, the worst first: the order of groups, of counts and of the summary. */
export const STATUSES = ['failed', 'unknown', 'unreachable', 'blocked', 'not started', 'drift', 'changed', 'steady'] as const;

/** How many hosts ended in which way; every way is there, with 0 if need be. */
export type Counts = Readonly<Record<HostStatus, number>>;

export function countHosts(hosts: readonly HostOutcome[]): Counts {
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<HostStatus, number>;
  for (const { status } of hosts) counts[status] += 1;
  return counts;
}

/** A status's place in the order: 0 is the worst. */
export function rankOf(status: HostStatus): number {
  return STATUSES.indexOf(status);
}

/** The colour that a status has everywhere. */
export function paintStatus(status: HostStatus, paint: Paint): (text: string) => string {
  switch (status) {
    case 'failed':
    case 'unknown':
    case 'unreachable':
    case 'blocked':
      return paint.red;
    case 'drift':
    case 'changed':
    case 'not started':
      return paint.yellow;
    case 'steady':
      return paint.green;
    default:
      return status satisfies never;
  }
}

/** `1,000 hosts: 1 failed, 2 changed, 997 steady`, in the order of STATUSES; what did not happen is left out. */
export function summaryLine(hosts: readonly HostOutcome[], paint: Paint): string {
  const counts = countHosts(hosts);
  const parts = STATUSES.filter((status) => counts[status] > 0).map((status) => paintStatus(status, paint)(`${counts[status]} ${status}`));
  return `${paint.bold(countOf(hosts.length, 'host'))}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

/** `1 host`, `2 hosts`. */
export function countOf(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** A duration as people say it: `40 ms`, `1.4 s`, `12 s`, `3m12s`, `2h05m`. */
export function duration(ms: number): string {
  if (ms < 950) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}
