import { type Change, inverse, run, type Settle } from '../../core/change.ts';
import { DroverError } from '../../core/errors.ts';
import type { Failed } from '../../core/outcome.ts';
import type { Session } from '../../core/session.ts';
import { settledBack, settlingName } from '../../core/settling.ts';
import { type Acted, type ActedStep, type Acting, act } from '../act/act.ts';
import type { ActStep } from '../act/act-jobs.ts';

/** A step that failed, and why. */
export interface Failure extends ActedStep {
  readonly error: DroverError;
  /** All changes of the step, made or not. */
  readonly changes: readonly Change[];
}

/** How the steps stand after it; `lost` where the connection ended meanwhile. */
interface TakenBack {
  readonly failed: ReadonlyMap<number, Failed>;
  readonly lost?: DroverError;
  /** Exchanges it took. */
  readonly acts: number;
}

/**
 * Takes back what steps that failed had made, last first: a step wholly, or not at all where one of its changes cannot be.
 * What had settled meanwhile settles again.
 */
export async function takeBack(session: Session, failures: readonly Failure[], options: Acting): Promise<TakenBack> {
  const orders = failures.toReversed().flatMap(undoOf);
  if (orders.length === 0) return { failed: new Map(failures.map((failure) => [failure.number, outcome(failure, undefined)])), acts: 0 };
  const undone = await act(session, orders, options);
  const steps = new Map(undone.steps.map((step) => [step.number, step]));
  const failed = new Map(
    failures.map((failure) => {
      const order = orders.find(({ number }) => number === failure.number);
      const step = steps.get(failure.number);
      const whole = order !== undefined && step !== undefined && step.made.length === order.changes.length;
      return [failure.number, outcome(failure, order && { whole, error: step?.error ?? undone.error })] as const;
    }),
  );
  return { failed, acts: 1, ...(undone.error === undefined || isDenied(undone) ? {} : { lost: undone.error }) };
}

/** The host is not this run's any more: nothing is in doubt. */
function isDenied({ refused, error }: Acted): boolean {
  return refused === true || error?.code === 'LEASE_LOST';
}

/** The inverses of a step's made changes, last first, then its settlings; nothing where it cannot be taken back or needs not. */
function undoOf({ number, made, settled, changes }: Failure): readonly ActStep[] {
  const inverses = made
    .filter(({ kind }) => kind !== 'settle')
    .toReversed()
    .map(inverse);
  if (inverses.includes('impossible')) return [];
  const back = inverses.filter((one) => typeof one !== 'string');
  if (back.length === 0) return [];
  const settlings = changes.filter((one) => one.kind === 'settle').filter(({ settling }) => settled.includes(settlingName(settling)));
  return [{ number, changes: [...back, ...settlings.flatMap((one) => settleAgain(one, made))] }];
}

/**
 * A module whose reload failed is unloaded, or still loaded because it is in use: loading it is right for both, unloading is not.
 * A guest that was not restarted is off, or would not go off: starting it is right for both.
 */
function settleAgain(change: Settle, made: readonly Change[]): readonly Change[] {
  const { settling, because, touches } = change;
  const isMade = made.some((one) => one.kind === 'settle' && settlingName(one.settling) === settlingName(settling));
  const again = settledBack(settling);
  // A menu that was refused was not swapped in.
  if (again === undefined || (again.what === 'grub' && !isMade)) return [];
  if (again.what === 'domain-restart' && !isMade) return [{ ...change, settling: { ...again, only: 'start' } }];
  if (settling.what !== 'module-reload' || isMade) return [{ ...change, settling: again }];
  return [run(['modprobe', settling.module], { undo: 'not needed', because, touches })];
}

function outcome({ made, error }: Failure, undo: { whole: boolean; error: DroverError | undefined } | undefined): Failed {
  const own = made.filter(({ kind }) => kind !== 'settle');
  if (undo === undefined) {
    const stands = own.some((change) => inverse(change) === 'impossible');
    return { status: 'failed', error, made, takenBack: stands ? 'stands' : 'nothing to take back' };
  }
  if (undo.whole) return { status: 'failed', error, made, takenBack: 'taken back' };
  const why = undo.error?.message ?? 'another step could not be taken back before it';
  const worse = new DroverError('UNDO_FAILED', `${error.message}; not taken back: ${why}`, { where: error.where, cause: error });
  return { status: 'failed', error: worse, made, takenBack: 'stands' };
}
