import { type HostStatus, isBad } from '../../core/outcome.ts';
import type { Budget } from '../../core/rollout.ts';

/** How a host of a wave ended. */
export interface Ended {
  readonly wave: string;
  readonly status: HostStatus;
}

/** How many count against the budget, of how many that have ended: of the run, or of one wave. */
export function counted(budget: Budget | undefined, ended: readonly Ended[], wave: string): { readonly bad: number; readonly of: number } {
  const own = budget?.per === 'wave' ? ended.filter((one) => one.wave === wave) : ended;
  return { bad: own.filter(({ status }) => isBad(status)).length, of: own.length };
}

/** Why no further host of a wave may start; undefined while the budget is not spent. It is spent when it is reached. */
export function spent(budget: Budget | undefined, ended: readonly Ended[], wave: string): string | undefined {
  if (budget === undefined) return undefined;
  const { bad, of } = counted(budget, ended, wave);
  if (bad < budget.bad) return undefined;
  return `${bad} bad of ${of} ended in ${budget.per === 'run' ? 'this run' : `wave ${wave}`}, the budget is ${budget.bad}`;
}
