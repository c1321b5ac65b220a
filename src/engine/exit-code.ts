import type { FleetOutcome } from './fleet.ts';

/**
 * The exit status of a run or plan: 130 where it was interrupted, else the worst of 6 (stopped), 2 (a host failed or is
 * blocked), 4 (unreachable or unknown), 8 (nothing worse than hosts that were changed by others meanwhile); 3 where changes
 * are pending and `detailed` asks for it: a run always does, for what it leaves waits for a reboot.
 */
export function exitCode({ hosts, stopped, interrupted }: FleetOutcome, { detailed }: { readonly detailed: boolean }): number {
  const has = new Set(hosts.map(({ status }) => status));
  if (interrupted) return 130;
  if (stopped !== undefined) return 6;
  const stale = hosts.filter(({ status, error }) => status === 'failed' && error?.code === 'PLAN_STALE');
  if (has.has('blocked') || hosts.filter(({ status }) => status === 'failed').length > stale.length) return 2;
  if (has.has('unreachable') || has.has('unknown')) return 4;
  if (stale.length > 0) return 8;
  return detailed && has.has('drift') ? 3 : 0;
}
