import type { Change, Run, Settle, Write } from '../../core/change.ts';
import { mergedSettling, SETTLING_ORDER, type Settling, settlingName } from '../../core/settling.ts';

/** The changes of one step that a round makes, in order. */
export interface ActStep {
  readonly number: number;
  readonly changes: readonly Change[];
}

/** A change with the step that wants it. */
export interface Wanted<C extends Change = Change> {
  readonly step: number;
  readonly change: C;
}

/** One thing that an act does: a step's own change, or a settling with all the changes that ask for it. */
export type Job =
  | ({ readonly kind: 'change' } & Wanted<Write | Run>)
  | { readonly kind: 'settle'; readonly asked: readonly [Wanted<Settle>, ...Wanted<Settle>[]] };

/** What an act does, in order: the steps' own changes, then every settling once, as SETTLING_ORDER says. */
export function jobsOf(steps: readonly ActStep[]): readonly Job[] {
  const own: Job[] = [];
  const settlings = new Map<string, [Wanted<Settle>, ...Wanted<Settle>[]]>();
  for (const { number, changes } of steps) {
    for (const change of changes) {
      if (change.kind !== 'settle') {
        own.push({ kind: 'change', step: number, change });
        continue;
      }
      const asked = settlings.get(settlingName(change.settling));
      if (asked === undefined) settlings.set(settlingName(change.settling), [{ step: number, change }]);
      else asked.push({ step: number, change });
    }
  }
  const settles = [...settlings.values()].map((asked): Job => ({ kind: 'settle', asked }));
  return [...own, ...settles.sort((a, b) => place(a) - place(b))];
}

/** What is settled, for all who asked for it. */
export function settlingOf({ asked: [first, ...more] }: Extract<Job, { kind: 'settle' }>): Settling {
  return mergedSettling(first.change.settling, ...more.map(({ change }) => change.settling));
}

/** The changes that a job makes, each with its step. */
export function wantedBy(job: Job): readonly Wanted[] {
  return job.kind === 'settle' ? job.asked : [{ step: job.step, change: job.change }];
}

function place(job: Job): number {
  return job.kind === 'settle' ? SETTLING_ORDER.indexOf(job.asked[0].change.settling.what) : -1;
}
