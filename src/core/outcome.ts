import type { Change } from './change.ts';
import type { DroverError } from './errors.ts';
import type { Holder } from './lease.ts';
import type { Blocked, Drift, Skipped, Steady, Unknown } from './plan.ts';

/** The changes were made and the step was found steady after them (or `repeats`, and then it was not verified). */
export interface Changed {
  readonly status: 'changed';
  readonly changes: readonly Change[];
  readonly repeats?: true;
}

/** What is left to do, or a part of it, is a reboot that was not allowed. `made`: what a run has made before it. */
export interface Waiting extends Drift {
  readonly waitsFor: 'reboot';
  readonly made: readonly Change[];
}

/** A change failed, or the host still drifts. `takenBack` says whether the step's made changes were undone. */
export interface Failed {
  readonly status: 'failed';
  readonly error: DroverError;
  readonly made: readonly Change[];
  readonly takenBack: 'nothing to take back' | 'taken back' | 'stands';
}

/** A person was asked, and said no. `changes`: what it would take. */
export interface Declined {
  readonly status: 'declined';
  readonly changes: readonly Change[];
}

/** The host ended before this step was reached. */
export interface NotReached {
  readonly status: 'not reached';
  readonly because: string;
}

/** How a step ended on a host. `unknown` stands at the end only of a plan, never of a run; `drift` of a run only where it waits. */
export type StepOutcome = Steady | Changed | Drift | Waiting | Blocked | Unknown | Skipped | Failed | Declined | NotReached;

/**
 * How a host ended. `changed`, too, where other steps were declined; `drift` where nothing else was done. `unknown`: the connection was lost while something was being changed.
 * `blocked` counts as failed in every sum. `not started`: the run stopped before its turn.
 */
export type HostStatus = 'steady' | 'changed' | 'drift' | 'blocked' | 'failed' | 'unreachable' | 'unknown' | 'not started';

/** A reboot that was made, or tried: for what, and what proves it. */
export interface RebootReceipt {
  readonly because: readonly string[];
  /** By their numbers, the steps that asked for it. */
  readonly steps: readonly number[];
  /** The id of the boot before it, and of the one after it; absent where none was seen. */
  readonly before: string;
  readonly after?: string;
  /** From when it was told to until it answered, or nobody waited any more. */
  readonly ms: number;
}

/** One host's part of a run or a plan. */
export interface HostOutcome {
  readonly host: string;
  readonly status: HostStatus;
  /** One for each step, by the step's number. */
  readonly steps: readonly { readonly number: number; readonly name: string; readonly task: string; readonly outcome: StepOutcome }[];
  /** Why the host as a whole ended early: unreachable, lost, failed. */
  readonly error?: DroverError;
  /** Of a plan: the run that has the host in hand. */
  readonly holder?: Holder;
  /** A host is rebooted once in a run, at most. */
  readonly reboot?: RebootReceipt;
  /** Exchanges with the host after the handshake. */
  readonly looks: number;
  readonly acts: number;
  readonly durationMs: number;
}

/** Whether this host counts against the budget: failed, blocked, unreachable or unknown. */
export function isBad(status: HostStatus): boolean {
  return status === 'failed' || status === 'blocked' || status === 'unreachable' || status === 'unknown';
}

/** Why a step ended as it did, in words, and what to do about it; of changes the reasons stand with them. */
export function reasonOf(outcome: StepOutcome): { readonly because?: string; readonly hint?: string } {
  switch (outcome.status) {
    case 'blocked':
      return { because: outcome.because, hint: outcome.hint };
    case 'failed':
      return { because: outcome.error.message, hint: outcome.error.hint };
    case 'drift':
      return 'waitsFor' in outcome ? { because: 'waits for a reboot' } : {};
    case 'changed':
      return outcome.repeats === undefined ? {} : { because: 'not verified, for nothing on the host tells whether it was done' };
    case 'declined':
      return { because: 'the answer was no' };
    case 'steady':
    case 'unknown':
    case 'skipped':
    case 'not reached':
      return { because: outcome.because };
    default:
      return outcome satisfies never;
  }
}
