import type { Change } from '../../core/change.ts';
import { DroverError } from '../../core/errors.ts';
import type { Session } from '../../core/session.ts';
import { settlingName } from '../../core/settling.ts';
import { type Claim, heldError } from '../lease/lease-answer.ts';
import type { LeaseOrder } from '../lease/lease-script.ts';
import type { Limits } from '../script/limits.ts';
import { newNonce } from '../script/marks.ts';
import { type ActListener, type ActReport, actReader, cutShort, failureOf } from './act-answer.ts';
import { type ActStep, type Job, jobsOf, wantedBy } from './act-jobs.ts';
import { actTimeoutMs, encodeAct } from './act-script.ts';

/** The report is read as it comes; what else is kept is for the words of a shell that ends early. */
const KEPT_BYTES = 1 << 20;

/** What became of one step of an act. */
export interface ActedStep {
  readonly number: number;
  /** Changes that were made, in order. */
  readonly made: readonly Change[];
  /** Settlings of the step that were done or tried, by name: they may have taken up what the step had changed till then. */
  readonly settled: readonly string[];
  readonly error?: DroverError;
  /** Whether anything of it was begun. */
  readonly begun: boolean;
}

/** How an act ended. `error` says that the connection or the script ended before the act: what was under way is in doubt. */
export interface Acted {
  readonly steps: readonly ActedStep[];
  readonly error?: DroverError;
  /** Nothing was begun: the host is as it was. */
  readonly untouched: boolean;
  /** Another one has the host, or acted on it since the look: it is to be looked at again. */
  readonly refused?: true;
}

/** Limits and listeners of an act. */
export interface Acting {
  readonly limits: Limits;
  readonly listener: ActListener;
  /** Puts on record what is about to be done; the host hears of it only after that. Throws DroverError. */
  readonly begin: (steps: readonly ActStep[]) => Promise<void>;
  /** The host's lease, without which nothing is done. */
  readonly lease?: ActClaim;
}

/** What an act says to the host's lease, and who hears how that was taken. */
export interface ActClaim {
  readonly order: LeaseOrder;
  readonly claimed: (claim: Claim) => void;
}

/** Makes the changes of these steps in one exchange. Never throws for a host's trouble. */
export async function act(session: Session, steps: readonly ActStep[], { limits, listener, begin, lease }: Acting): Promise<Acted> {
  const jobs = jobsOf(steps);
  const orders = { steps, nonce: newNonce(), limits, ...(lease === undefined ? {} : { lease: lease.order }) };
  const reader = actReader(jobs, orders.nonce, listener);
  const exchange = { timeoutMs: actTimeoutMs(orders), maxBytes: KEPT_BYTES, onStdout: reader.push };
  try {
    await begin(steps);
    const output = await session.act(encodeAct(orders), exchange);
    const report = reader.report();
    const { claim } = report;
    if (claim !== undefined) lease?.claimed(claim);
    if (claim !== undefined && claim.kind !== 'mine')
      return { ...lost(steps, { report, ...denied(claim, report) }), ...('seen' in claim ? { refused: true } : {}) };
    if (report.complete) return { steps: steps.map((step) => summed(step, report)), untouched: false };
    // The shell ended by itself before its first mark: it never took the script.
    return lost(steps, { report, error: cutShort(report, output), untouched: !report.begun });
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return lost(steps, { report: reader.report(), error, untouched: error.code === 'SUDO_REFUSED' || error.code === 'JOURNAL_FAILED' });
  }
}

/** The claim to the host was refused, or came to nothing between two changes. */
function denied(claim: Exclude<Claim, { kind: 'mine' }>, { ends }: ActReport): Omit<Lost, 'report'> {
  if ('seen' in claim) return { error: heldError(claim.seen, 0), untouched: true };
  if (claim.kind === 'failed')
    return { error: new DroverError('CHANGE_FAILED', `no lease can be kept on the host: ${claim.because}`), untouched: true };
  return { error: new DroverError('LEASE_LOST', 'the lease of this run was broken while it acted'), untouched: ends.length === 0 };
}

interface Lost {
  readonly report: ActReport;
  readonly error: DroverError;
  readonly untouched: boolean;
}

function lost(steps: readonly ActStep[], { report, error, untouched }: Lost): Acted {
  return { steps: steps.map((step) => summed(step, report)), error, untouched };
}

function summed({ number }: ActStep, { ends, underWay }: ActReport): ActedStep {
  const own = ends.filter(({ job }) => isOf(job, number));
  const made = own.filter(({ status }) => status === 0).flatMap(({ job }) => changesOf(job, number));
  const tried = underWay === undefined ? own.map(({ job }) => job) : [...own.map(({ job }) => job), underWay];
  const settled = tried.flatMap((job) => (job.kind === 'settle' && isOf(job, number) ? [settlingName(job.asked[0].change.settling)] : []));
  const error = own.map(failureOf).find((failure) => failure !== undefined);
  const begun = own.length > 0 || (underWay !== undefined && isOf(underWay, number));
  return { number, made, settled, ...(error === undefined ? {} : { error }), begun };
}

function isOf(job: Job, number: number): boolean {
  return wantedBy(job).some(({ step }) => step === number);
}

function changesOf(job: Job, number: number): readonly Change[] {
  return wantedBy(job).flatMap(({ step, change }) => (step === number ? [change] : []));
}
