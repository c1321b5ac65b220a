import type { FleetOutcome } from './fleet.ts';

/** The exit statuses of hosts that others have or had in hand: LEASE_HELD and LEASE_LOST, PLAN_STALE. */
const [HELD, STALE] = [7, 8];

/**
 * The exit status of a run or plan: 130 where it was interrupted, else the worst of 6 (stopped), 2 (a host failed or is
 * blocked), 4 (unreachable or unknown), 7 (nothing worse than hosts that another run has in hand), 8 (or that were changed by others meanwhile); 3 where changes
 * are pending and `detailed` asks for it: a run always does, for what it leaves waits for a reboot or was declined.
 */
export function exitCode({ hosts, stopped, interrupted }: FleetOutcome, { detailed }: { readonly detailed: boolean }): number {
  const has = new Set(hosts.map(({ status }) => status));
  if (interrupted) return 130;
  if (stopped !== undefined) return 6;
  const failures = hosts.flatMap(({ status, error }) => (status === 'failed' ? [error?.exit] : []));
  if (has.has('blocked') || failures.some((exit) => exit !== HELD && exit !== STALE)) return 2;
  if (has.has('unreachable') || has.has('unknown')) return 4;
  if (failures.length > 0) return failures.includes(HELD) ? HELD : STALE;
  const isPending = has.has('drift') || hosts.some(({ steps }) => steps.some(({ outcome }) => outcome.status === 'declined'));
  return detailed && isPending ? 3 : 0;
}
