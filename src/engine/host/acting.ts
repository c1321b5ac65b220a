import type { Change } from '../../core/change.ts';
import type { Intent } from '../../core/events.ts';
import type { ActClaim, Acting } from '../act/act.ts';
import type { ActListener } from '../act/act-answer.ts';
import { type ActStep, type Job, wantedBy } from '../act/act-jobs.ts';
import { isForeseenLast } from './host-lease.ts';
import { claiming } from './lease-state.ts';
import type { Progress } from './progress.ts';

/** Limits and listeners for an act of these steps on this host; its intents are on record before it hears of them. */
export function acting(progress: Progress, round: readonly ActStep[], { back }: { readonly back: boolean }): Acting {
  const { lease, asked, options } = progress;
  const making = round.map(({ number }) => number);
  // Where no look follows, the lease ends with the act.
  const lasts = asked > 0 || !(back || isForeseenLast(progress, making));
  return {
    limits: options.limits,
    listener: tellChanges(progress),
    begin: (steps) => tellIntents(progress, steps, back),
    ...(lease === undefined ? {} : { lease: toldClaim(progress, claiming(lease, { lasts })) }),
  };
}

/** An act that was refused leaves no intent on record. */
function toldClaim({ options: { host, listener, now } }: Progress, { order, claimed }: ActClaim): ActClaim {
  return {
    order,
    claimed: (claim) => {
      claimed(claim);
      if ('seen' in claim) listener({ type: 'act refused', host, because: claim.kind, at: now() });
    },
  };
}

/** Puts on record what is about to be done. Throws DroverError. */
export async function tellIntents(progress: Progress, steps: readonly ActStep[], back: boolean): Promise<void> {
  const { host, listener, now, durable } = progress.options;
  listener({ type: 'act begun', host, back, steps: steps.flatMap((step) => intentOf(progress, step)), at: now() });
  await durable();
}

function intentOf({ sight }: Progress, { number, changes }: ActStep): readonly Intent[] {
  const seen = sight.find(({ step }) => step.number === number);
  if (seen === undefined) return [];
  const { step, params, plan } = seen;
  const repeats = plan.status === 'drift' && plan.repeats === true;
  const more = { ...(params === undefined ? {} : { params }), ...(repeats ? { repeats } : {}) };
  return [{ number, name: step.name, task: step.task, ...more, changes }];
}

function tellChanges({ options: { host, listener, now } }: Progress): ActListener {
  const each = (job: Job, tell: (step: number, change: Change) => void): void => {
    for (const { step, change } of wantedBy(job)) tell(step, change);
  };
  return {
    started: (job) => each(job, (step, change) => listener({ type: 'change started', host, step, change, at: now() })),
    ended: ({ job, status, output }) =>
      each(job, (step, change) => listener({ type: 'change ended', host, step, change, ok: status === 0, output, at: now() })),
  };
}
