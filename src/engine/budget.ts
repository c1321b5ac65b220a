import { type HostStatus, isBad } from '../core/outcome.ts';
import type { Budget } from '../core/rollout.ts';
import type { Batch } from './waves.ts';

/** How a host of a wave ended. */
export interface Ended {
  readonly wave: string;
  readonly status: HostStatus;
}

/** Why no further host of a wave may start; undefined while the budget is not spent. It is spent when it is reached. */
export function spent(budget: Budget | undefined, ended: readonly Ended[], wave: string): string | undefined {
  if (budget === undefined) return undefined;
  const counted = budget.per === 'run' ? ended : ended.filter((one) => one.wave === wave);
  const bad = counted.filter(({ status }) => isBad(status)).length;
  if (bad < budget.bad) return undefined;
  return `${bad} bad of ${counted.length} ended in ${budget.per === 'run' ? 'this run' : `wave ${wave}`}, the budget is ${budget.bad}`;
}

/** The budget's arithmetic, a line for each wave, for people to agree to before anything starts. */
export function budgetLines(budget: Budget | undefined, batches: readonly Batch[]): readonly string[] {
  const waves = [...new Set(batches.map(({ wave }) => wave))];
  const lines = waves.map((wave) => {
    const own = batches.filter((batch) => batch.wave === wave);
    const hosts = own.reduce((sum, batch) => sum + batch.hosts.length, 0);
    const most = Math.max(...own.map((batch) => batch.hosts.length));
    const size = own.length === 1 ? count(hosts) : `${count(hosts)}, ${most} at a time`;
    return `wave ${wave}: ${size}${budget?.per === 'wave' ? `, stops at ${budget.bad} bad` : ''}`;
  });
  if (budget === undefined) return [...lines, 'no budget: bad hosts do not stop the run'];
  return budget.per === 'run' ? [...lines, `the run stops at ${budget.bad} bad`] : lines;
}

function count(hosts: number): string {
  return hosts === 1 ? '1 host' : `${hosts} hosts`;
}
