import { describe } from '../core/change.ts';
import type { Steering } from '../core/control.ts';
import type { Event } from '../core/events.ts';
import { describeHolder } from '../core/lease.ts';
import { type HostOutcome, isBad } from '../core/outcome.ts';
import { hostsLabel } from './fold.ts';
import type { TextStyle } from './paint.ts';
import { printable } from './printable.ts';
import { countOf, duration, paintStatus } from './summary.ts';

/** What an event says at once and for good, in both views; most say nothing. -v tells of every host, -vv of every change. */
export function progressLines(event: Event, style: TextStyle): readonly string[] {
  const { paint, verbose } = style;
  switch (event.type) {
    case 'wave started':
      return [paint.bold(`wave ${printable(event.wave)}: ${printable(hostsLabel(event.hosts))}`)];
    case 'host ended':
      return verbose > 0 || isBad(event.outcome.status) ? [endedLine(event.outcome, style)] : [];
    case 'change started':
      return verbose > 1 ? [paint.dim(printable(`${event.host}: step ${event.step}: ${describe(event.change)}`))] : [];
    case 'change ended':
      return event.ok || verbose === 0 ? [] : [paint.red(printable(`${event.host}: step ${event.step}: ${describe(event.change)} failed`))];
    case 'wave ended':
      return event.bad === 0 ? [] : [paint.red(printable(`wave ${event.wave}: ${event.bad} bad`))];
    case 'baking':
      return [printable(`wave ${event.wave}: bakes for ${duration(event.ms)}`)];
    case 'gate judged':
      return gateLines(event, paint);
    case 'steered':
      return [printable(`${STEERED[event.what]}, by ${event.by}`)];
    case 'stopped':
      return [paint.red(`stopped: ${printable(event.because)}`)];
    case 'host looked':
      return verbose > 1 ? [paint.dim(printable(`${event.host}: looked, ${countOf(event.reads, 'read')}, ${duration(event.ms)}`))] : [];
    case 'host planned':
      return verbose > 0 ? plannedLines(event) : [];
    case 'lease broken':
      return [paint.red(printable(`${event.host}: ${describeHolder(event.holder)}; the lease is broken: ${event.because}`))];
    case 'host started':
    case 'act refused':
    case 'baked':
    case 'measured':
    case 'act begun':
    case 'step answered':
      return [];
    default:
      return event satisfies never;
  }
}

const STEERED = {
  pause: 'paused: no further host starts until it is promoted',
  promote: 'promoted: it goes on',
  abort: 'aborted',
} as const satisfies Record<Steering, string>;

/** What the gate behind a wave says; of hosts that do not pass, why, and what could not be asked. */
function gateLines({ wave, verdict, through, hosts, unasked }: Judged, paint: TextStyle['paint']): readonly string[] {
  const left = unasked.map((text) => printable(`  not asked, for no host is left untouched: ${text}`));
  if (verdict === 'not asked') return [`wave ${printable(wave)}: its gate was not asked`, ...left];
  if (verdict === 'pass') return [printable(`wave ${wave}: its gate passed`), ...left];
  const words = verdict === 'fail' ? `failed${through ? ', and the budget bears it' : ''}` : 'could not be told';
  return [
    paint.red(printable(`wave ${wave}: its gate ${words}`)),
    ...hosts.map(({ host, because }) => paint.red(printable(`  ${host}: ${because}`))),
    ...left,
  ];
}

type Judged = Extract<Event, { type: 'gate judged' }>;

/** What a host is about to go through; nothing where nothing is due. */
function plannedLines({ host, plans }: Extract<Event, { type: 'host planned' }>): readonly string[] {
  const count = (status: string): number => plans.filter(({ plan }) => plan.status === status).length;
  const parts = (['drift', 'unknown', 'blocked'] as const)
    .filter((status) => count(status) > 0)
    .map((status) => `${count(status)} ${status}`);
  return parts.length === 0 ? [] : [printable(`${host}: planned: ${parts.join(', ')}`)];
}

function endedLine(outcome: HostOutcome, { paint }: TextStyle): string {
  const { host, status, durationMs } = outcome;
  const why = isBad(status) ? `: ${firstReason(outcome)}` : '';
  return `${printable(host)}: ${paintStatus(status, paint)(status)}${printable(why)}${paint.dim(` (${duration(durationMs)})`)}`;
}

function firstReason({ error, steps }: HostOutcome): string {
  for (const { number, name, outcome } of steps) {
    if (outcome.status === 'failed') return `step ${number} ${name}: ${firstLine(outcome.error.message)}`;
    if (outcome.status === 'blocked') return `step ${number} ${name}: ${firstLine(outcome.because)}`;
  }
  return firstLine(error?.message ?? 'no reason was given');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
