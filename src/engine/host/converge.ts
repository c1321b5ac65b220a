import type { Change } from '../../core/change.ts';
import { DroverError } from '../../core/errors.ts';
import type { HostOutcome } from '../../core/outcome.ts';
import { isOnlyReboot } from '../../core/reboot.ts';
import type { Looker, Session } from '../../core/session.ts';
import type { HostStep } from '../../core/step.ts';
import { type Acted, act } from '../act/act.ts';
import type { ActStep } from '../act/act-jobs.ts';
import { acting } from './acting.ts';
import { examine } from './examine.ts';
import { awaitLease, giveBack } from './host-lease.ts';
import { type Early, hostOutcome } from './host-outcome.ts';
import { begin, type HostOptions, type Progress, place } from './progress.ts';
import { asksReboot, makeReboot, refuseReboots } from './reboot-round.ts';
import { nextRound } from './round.ts';
import { askNext } from './step-by-step.ts';
import { type Failure, takeBack } from './take-back.ts';

/** Looks at a host and plans all steps. With a Looker there is no way to change anything. Never throws for the host's trouble. */
export async function planHost(looker: Looker, steps: readonly HostStep[], options: HostOptions): Promise<HostOutcome> {
  const progress = begin(steps, options);
  try {
    while ((await examine(looker, progress)).lookAgain);
    await refuseReboots(looker, progress);
    const { holder } = progress;
    return { ...hostOutcome(progress), ...(holder === undefined ? {} : { holder }) };
  } catch (error) {
    return hostOutcome(progress, unseen(error, progress));
  }
}

/**
 * Brings one host to the state that the steps say: looks, makes the changes of all steps that can be told by now in one act,
 * and looks again, until every step is steady. Each step acts once at most, so it ends. Never throws for the host's trouble.
 */
export async function convergeHost(first: Session, steps: readonly HostStep[], options: HostOptions): Promise<HostOutcome> {
  const progress = begin(steps, options);
  for (let session = first; ; ) {
    const next = await goOn(session, progress);
    if ('session' in next) {
      session = next.session;
      continue;
    }
    await giveBack(session, progress);
    return hostOutcome(progress, next.early);
  }
}

/** One look, and what is due after it. */
async function goOn(session: Session, progress: Progress): Promise<{ readonly session: Session } | { readonly early?: Early }> {
  let lookAgain: boolean;
  try {
    lookAgain = (await examine(session, progress)).lookAgain;
    await refuseReboots(session, progress);
  } catch (error) {
    return { early: unseen(error, progress) };
  }
  if (judge(progress)) return {};
  const objection = objected(progress);
  if (objection !== undefined) return { early: objection };
  const round = nextRound(progress);
  const rebooting = asksReboot(progress);
  if (round.length === 0 && !rebooting) return lookAgain ? { session } : {};
  const asked = await askNext(progress, round);
  if (asked === 'look again') return { session };
  if (asked !== 'agreed') return { early: asked };
  const lease = await awaitLease(progress);
  if (lease === 'look again') return { session };
  if (lease !== 'free') return { early: { because: lease.message, status: 'failed', error: lease } };
  if (round.length === 0) return await makeReboot(session, progress);
  const early = await makeRound(session, round, progress);
  return early === undefined ? { session } : { early };
}

/** Whether a step drifts again after its changes: they did not do what was planned, or a later step undoes them. */
function judge(progress: Progress): boolean {
  const { acted, rebooted } = progress;
  const again = progress.sight.filter(
    ({ step, plan }) =>
      acted.has(step.number) && plan.status === 'drift' && plan.repeats !== true && (rebooted.has(step.number) || !isOnlyReboot(plan)),
  );
  for (const { step } of again) {
    const made = acted.get(step.number) ?? [];
    const what = rebooted.has(step.number) ? 'drifts after the reboot that it asked for' : 'drifts after its changes';
    const error = place(progress, step, new DroverError('STILL_DRIFTING', `${step.name} ${what}`));
    progress.failed.set(step.number, { status: 'failed', error, made, takenBack: 'stands' });
  }
  for (const number of progress.acted.keys()) progress.verified.add(number);
  return again.length > 0;
}

/** Whether the host is not to be changed, for it is not as it was agreed to. */
function objected({ sight, acted, declined, options }: Progress): Early | undefined {
  const open = sight
    .filter(({ step }) => !acted.has(step.number) && !declined.has(step.number))
    .map(({ step, plan }) => ({ number: step.number, plan }));
  const error = options.object?.(open);
  return error && { because: error.message, status: 'failed', error };
}

/** Makes one round of changes. What it returns ends the host. */
async function makeRound(session: Session, round: readonly ActStep[], progress: Progress): Promise<Early | undefined> {
  progress.acts += 1;
  progress.restless = 0;
  const acted = await act(session, round, acting(progress, round, { back: false }));
  if (acted.refused) return undefined;
  if (acted.error !== undefined) return inDoubt(progress, acted, acted.error);
  const failures = failuresOf(progress, round, acted);
  for (const { number, made, error } of acted.steps) {
    if (failures.length === 0 || (error === undefined && isWhole(round, number, made))) progress.acted.set(number, made);
  }
  const [first] = failures;
  if (first === undefined) return undefined;
  const { failed, acts, lost } = await takeBack(session, failures, acting(progress, round, { back: true }));
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
  // Between two changes nothing is in doubt.
  const status = untouched || error.code === 'LEASE_LOST' ? statusOfError(error) : 'unknown';
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
