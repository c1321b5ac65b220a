import type { Change } from '../core/change.ts';
import { DroverError } from '../core/errors.ts';
import type { Intent } from '../core/events.ts';
import type { HostOutcome } from '../core/outcome.ts';
import type { Looker, Session } from '../core/session.ts';
import type { HostStep } from '../core/step.ts';
import { type Acted, type Acting, act } from './act.ts';
import type { ActListener } from './act-answer.ts';
import { type ActStep, type Job, wantedBy } from './act-jobs.ts';
import { examine } from './examine.ts';
import { type Early, hostOutcome } from './host-outcome.ts';
import type { Foreseen } from './predict.ts';
import { begin, type HostOptions, type Progress } from './progress.ts';
import { type Failure, takeBack } from './take-back.ts';

/** Looks at a host and plans all steps. With a Looker there is no way to change anything. Never throws for the host's trouble. */
export async function planHost(looker: Looker, steps: readonly HostStep[], options: HostOptions): Promise<HostOutcome> {
  const progress = begin(steps, options);
  try {
    while ((await examine(looker, progress)).lookAgain);
    return hostOutcome(progress);
  } catch (error) {
    return hostOutcome(progress, unseen(error, progress));
  }
}

/**
 * Brings one host to the state that the steps say: looks, makes the changes of all steps that can be told by now in one act,
 * and looks again, until every step is steady. Each step acts once at most, so it ends. Never throws for the host's trouble.
 */
export async function convergeHost(session: Session, steps: readonly HostStep[], options: HostOptions): Promise<HostOutcome> {
  const progress = begin(steps, options);
  for (;;) {
    let lookAgain: boolean;
    try {
      lookAgain = (await examine(session, progress)).lookAgain;
    } catch (error) {
      return hostOutcome(progress, unseen(error, progress));
    }
    if (judge(progress)) return hostOutcome(progress);
    const objection = objected(progress);
    if (objection !== undefined) return hostOutcome(progress, objection);
    const round = nextRound(progress);
    if (round.length === 0) {
      if (lookAgain) continue;
      return hostOutcome(progress);
    }
    const early = await makeRound(session, round, progress);
    if (early !== undefined) return hostOutcome(progress, early);
  }
}

/** The leading steps that drift, up to the first one that is blocked, unknown, or has to wait for a settling. */
function nextRound({ sight, acted }: Progress): readonly ActStep[] {
  const round: ActStep[] = [];
  for (const { step, plan, waits, error } of sight) {
    if (plan.status === 'unknown' || waits || error !== undefined) break;
    if (plan.status === 'blocked' && !step.optional) break;
    if (acted.has(step.number)) continue;
    if (plan.status === 'drift') round.push({ number: step.number, changes: plan.changes });
  }
  return round;
}

/** Whether a step drifts again after its changes: they did not do what was planned, or a later step undoes them. */
function judge(progress: Progress): boolean {
  const again = progress.sight.filter(
    ({ step, plan }) => progress.acted.has(step.number) && plan.status === 'drift' && plan.repeats !== true,
  );
  for (const { step } of again) {
    const made = progress.acted.get(step.number) ?? [];
    const error = place(progress, step, new DroverError('STILL_DRIFTING', `${step.name} drifts after its changes`));
    progress.failed.set(step.number, { status: 'failed', error, made, takenBack: 'stands' });
  }
  for (const number of progress.acted.keys()) progress.verified.add(number);
  return again.length > 0;
}

/** Whether the host is not to be changed, for it is not as it was agreed to. */
function objected({ sight, acted, options }: Progress): Early | undefined {
  const open = sight.filter(({ step }) => !acted.has(step.number)).map(({ step, plan }) => ({ number: step.number, plan }));
  const error = options.object?.(open);
  return error && { because: error.message, status: 'failed', error };
}

/** Makes one round of changes. What it returns ends the host. */
async function makeRound(session: Session, round: readonly ActStep[], progress: Progress): Promise<Early | undefined> {
  progress.acts += 1;
  progress.restless = 0;
  const acted = await act(session, round, acting(progress, { back: false }));
  if (acted.error !== undefined) return inDoubt(progress, acted, acted.error);
  const failures = failuresOf(progress, round, acted);
  for (const { number, made, error } of acted.steps) {
    if (failures.length === 0 || (error === undefined && isWhole(round, number, made))) progress.acted.set(number, made);
  }
  const [first] = failures;
  if (first === undefined) return undefined;
  const { failed, acts, lost } = await takeBack(session, failures, acting(progress, { back: true }));
  progress.acts += acts;
  for (const [number, outcome] of failed) progress.failed.set(number, outcome);
  if (lost !== undefined) return { because: 'the connection was lost while changes were taken back', status: 'unknown', error: lost };
  await verifyOthers(session, progress);
  return { because: `step ${first.number} failed`, status: 'failed', error: progress.failed.get(first.number)?.error ?? first.error };
}

function isWhole(round: readonly ActStep[], number: number, made: readonly Change[]): boolean {
  return round.find((step) => step.number === number)?.changes.length === made.length;
}

function failuresOf(progress: Progress, round: readonly ActStep[], acted: Acted): readonly Failure[] {
  return acted.steps.flatMap((one): readonly Failure[] => {
    const step = progress.steps.find(({ number }) => number === one.number);
    const changes = round.find(({ number }) => number === one.number)?.changes ?? [];
    if (step === undefined || one.error === undefined) return [];
    return [{ ...one, error: place(progress, step, one.error), changes }];
  });
}

/** After a failure, one more look says whether the steps before it came through. */
async function verifyOthers(session: Session, progress: Progress): Promise<void> {
  try {
    await examine(session, progress);
    judge(progress);
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    distrust(progress, error);
  }
}

/** The act did not come to its end: what was begun is in doubt, the rest is as it was. */
function inDoubt(progress: Progress, { steps, untouched }: Acted, error: DroverError): Early {
  for (const { number, made, begun } of steps) {
    const step = progress.steps.find((one) => one.number === number);
    if (!begun || step === undefined) continue;
    progress.failed.set(number, { status: 'failed', error: place(progress, step, error), made, takenBack: 'stands' });
  }
  const status = untouched ? statusOfError(error) : 'unknown';
  return { because: error.message, status, error };
}

/** A look failed. Where changes were made before it, nobody knows how they came out. */
function unseen(error: unknown, progress: Progress): Early {
  if (!(error instanceof DroverError)) throw error;
  const status = progress.acted.size > progress.verified.size ? 'unknown' : statusOfError(error);
  distrust(progress, error);
  return { because: error.message, status, error };
}

function distrust(progress: Progress, error: DroverError): void {
  for (const [number, made] of progress.acted) {
    const step = progress.steps.find((one) => one.number === number);
    if (step === undefined || progress.failed.has(number) || progress.verified.has(number)) continue;
    progress.failed.set(number, { status: 'failed', error: place(progress, step, error), made, takenBack: 'stands' });
  }
}

function statusOfError(error: DroverError): 'unreachable' | 'failed' {
  return error.exit === 4 ? 'unreachable' : 'failed';
}

function place({ options }: Progress, step: Foreseen['step'], error: DroverError): DroverError {
  return error.at({ host: options.host, step: step.name, source: step.source });
}

function acting(progress: Progress, { back }: { readonly back: boolean }): Acting {
  const { host, limits, listener, now, durable } = progress.options;
  const begin = async (steps: readonly ActStep[]): Promise<void> => {
    listener({ type: 'act begun', host, back, steps: steps.flatMap((step) => intentOf(progress, step)), at: now() });
    await durable();
  };
  return { limits, listener: tellChanges(progress), begin };
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
