import type { DroverError } from '../../core/errors.ts';
import type { Changed, HostOutcome, HostStatus, StepOutcome } from '../../core/outcome.ts';
import type { Drift } from '../../core/plan.ts';
import { isOnlyReboot, rebootOf } from '../../core/reboot.ts';
import type { HostStep } from '../../core/step.ts';
import type { Foreseen } from './predict.ts';
import { mayReboot, type Progress, place } from './progress.ts';

/** Why a host ended before its last step. Without an error nothing went wrong: a person ended it, and its status is what was done. */
export interface Early {
  readonly because: string;
  readonly status?: HostStatus;
  readonly error?: DroverError;
}

/** What became of a host whose every step is as far as it goes, or which ended early. */
export function hostOutcome(progress: Progress, early?: Early): HostOutcome {
  const steps = stepOutcomes(progress, early?.because);
  const { looks, acts, startedAt, options } = progress;
  const error = early?.error ?? steps.map(({ outcome }) => (outcome.status === 'failed' ? outcome.error : undefined)).find(Boolean);
  return {
    host: options.host,
    status:
      early?.status ??
      statusOf(
        steps.map(({ outcome }) => outcome),
        progress,
      ),
    steps,
    ...(error === undefined ? {} : { error: error.at({ host: options.host }) }),
    ...(progress.receipt === undefined ? {} : { reboot: progress.receipt }),
    looks,
    acts,
    durationMs: options.now() - startedAt,
  };
}

/** The step whose block or failure ends the host, if there is one: an optional step's block does not. */
function endingStep(sight: readonly Foreseen[]): Foreseen | undefined {
  return sight.find(({ step, plan, error }) => plan.status === 'blocked' && (!step.optional || error !== undefined));
}

function stepOutcomes(progress: Progress, early: string | undefined): HostOutcome['steps'] {
  const { sight, declined } = progress;
  const ending = endingStep(sight);
  const firstMove = sight.findIndex(
    ({ step, plan }) => plan.status === 'unknown' || (plan.status === 'drift' && !declined.has(step.number)),
  );
  return progress.steps.map((step, i) => {
    const { number, name, task } = step;
    const foreseen = sight[i];
    const beyond = ending !== undefined && ending.step.number < number ? `step ${ending.step.number} is blocked` : undefined;
    const because = early ?? beyond;
    // Where the host ended early, what was foreseen over changes that were not made is worth nothing.
    const seen = early === undefined || firstMove < 0 || i < firstMove;
    const allowed = mayReboot(progress);
    const outcome = known(progress, number, foreseen) ?? unmade(foreseen, { because, seen, allowed });
    return { number, name, task, outcome };
  });
}

/** What is certain of a step: it failed, or its changes were made. */
function known(progress: Progress, number: number, foreseen: Foreseen | undefined): StepOutcome | undefined {
  const failed = progress.failed.get(number);
  if (failed !== undefined) return failed;
  const changes = progress.acted.get(number);
  if (changes !== undefined && foreseen?.plan.status !== 'blocked') {
    const { plan } = foreseen ?? {};
    const waits = plan?.status === 'drift' && isOnlyReboot(plan) && !progress.rebooted.has(number);
    return waits ? waiting(plan, changes) : changed(changes, plan);
  }
  if (progress.declined.has(number) && foreseen?.plan.status === 'drift') return { status: 'declined', changes: foreseen.plan.changes };
  return foreseen?.error === undefined ? undefined : failedBefore(progress, foreseen.step, foreseen.error);
}

/** `because` is set where the host ended before this step could be seen to its end. */
function unmade(
  foreseen: Foreseen | undefined,
  { because, seen, allowed }: { because: string | undefined; seen: boolean; allowed: boolean },
): StepOutcome {
  if (foreseen === undefined) return { status: 'not reached', because: because ?? 'the host was never looked at' };
  const { plan } = foreseen;
  const stays = plan.status === 'steady' || plan.status === 'skipped' || (plan.status === 'blocked' && foreseen.step.optional);
  if (because !== undefined && !(seen && stays)) return { status: 'not reached', because };
  return plan.status === 'drift' && rebootOf(plan) !== undefined && !allowed ? waiting(plan, []) : plan;
}

function waiting(plan: Drift, made: Changed['changes']): StepOutcome {
  return { ...plan, waitsFor: 'reboot', made };
}

function changed(changes: Changed['changes'], plan: Foreseen['plan'] | undefined): Changed {
  const repeats = plan?.status === 'drift' && plan.repeats;
  return { status: 'changed', changes, ...(repeats ? { repeats } : {}) };
}

function failedBefore(progress: Progress, step: HostStep, error: DroverError): StepOutcome {
  return { status: 'failed', error: place(progress, step, error), made: [], takenBack: 'nothing to take back' };
}

function statusOf(outcomes: readonly StepOutcome[], { sight }: Progress): HostStatus {
  if (outcomes.some(({ status }) => status === 'failed')) return 'failed';
  if (endingStep(sight) !== undefined) return 'blocked';
  if (outcomes.some(({ status }) => status === 'drift' || status === 'unknown')) return 'drift';
  // What was changed bakes and is asked by gates, whatever else was declined.
  if (outcomes.some(({ status }) => status === 'changed')) return 'changed';
  return outcomes.some(({ status }) => status === 'declined' || status === 'not reached') ? 'drift' : 'steady';
}
