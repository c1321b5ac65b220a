import { type HostStatus, isBad } from '../core/outcome.ts';
import type { Budget } from '../core/rollout.ts';

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
