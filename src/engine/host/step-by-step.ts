import type { Change } from '../../core/change.ts';
import type { ActStep } from '../act/act-jobs.ts';
import type { Early } from './host-outcome.ts';
import type { Progress } from './progress.ts';
import { rebootSteps } from './reboot-round.ts';

/**
 * Asks for what is due next, where each step has to be agreed to. After an answer the host is looked at again, for a person takes
 * time: what was agreed to is done only while it is still the same, else it is asked for anew. An `Early` ends the host.
 */
export async function askNext(progress: Progress, round: readonly ActStep[]): Promise<'agreed' | 'look again' | Early> {
  const { isAsked, options, steps, agreed, declined } = progress;
  const next = (round.length > 0 ? round : rebootSteps(progress)).find(({ number, changes }) => !isSame(agreed.get(number), changes));
  const step = steps.find(({ number }) => number === next?.number);
  if (!isAsked || options.ask === undefined || next === undefined || step === undefined) return 'agreed';
  const { number, name, task } = step;
  const answer = await options.ask({ number, name, task, changes: next.changes });
  if (answer === 'quit') return { because: `the run was ended before step ${number}` };
  if (answer === 'no') declined.add(number);
  else agreed.set(number, next.changes);
  if (answer === 'continue') progress.isAsked = false;
  progress.restless = 0;
  return 'look again';
}

function isSame(agreed: readonly Change[] | undefined, changes: readonly Change[]): boolean {
  return JSON.stringify(agreed) === JSON.stringify(changes);
}
