import { describe } from '../../core/change.ts';
import { DroverError } from '../../core/errors.ts';
import type { Output } from '../../core/session.ts';
import { type Claim, claimOf } from '../lease/lease-answer.ts';
import { lastLine, toText } from '../script/text.ts';
import { type Job, wantedBy } from './act-jobs.ts';
import { outputTail } from './output-tail.ts';
import { STALE } from './write-script.ts';

/** What became of one job. */
interface JobEnd {
  readonly job: Job;
  readonly status: number;
  /** stdout and stderr, as they came. */
  readonly output: string;
}

/** Told while an act runs. */
export interface ActListener {
  readonly started: (job: Job) => void;
  readonly ended: (end: JobEnd) => void;
}

/** What an act has reported so far. */
export interface ActReport {
  readonly begun: boolean;
  /** The script came to its end. */
  readonly complete: boolean;
  readonly ends: readonly JobEnd[];
  /** Begun, and not known to have ended. */
  readonly underWay?: Job;
  /** How the host took the claim to it, as it was told last. */
  readonly claim?: Claim;
}

/** Understands the report of an act while it comes, chunk by chunk. */
export function actReader(jobs: readonly Job[], nonce: string, listener: ActListener) {
  let report: ActReport = { begun: false, complete: false, ends: [] };
  const prefix = `\n${nonce} `;
  const pending = outputTail(prefix);

  const take = ([word, number, status]: readonly string[], output: Buffer): void => {
    if (word === 'begin') report = { ...report, begun: true };
    if (word === 'end') report = { ...report, complete: true };
    if (word === 'lease') report = { ...report, ...claimOf([number, status], toText(output).text) };
    const job = jobs[Number(number)];
    if (job === undefined) return;
    if (word === 'started') {
      report = { ...report, underWay: job };
      listener.started(job);
    }
    if (word === 'ended') {
      const end = { job, status: Number(status), output: shown(job, pending.told(output)) };
      const { underWay: _, ...known } = report;
      report = { ...known, ends: [...report.ends, end] };
      listener.ended(end);
    }
  };

  return {
    push(chunk: Buffer): void {
      if (!pending.push(chunk)) return;
      let rest = pending.bytes();
      for (;;) {
        const from = rest.indexOf(prefix);
        const end = from < 0 ? -1 : rest.indexOf('\n', from + 1);
        if (end < 0) break;
        const payload = rest.subarray(0, from);
        const words = rest
          .subarray(from + prefix.length, end)
          .toString()
          .split(' ');
        rest = rest.subarray(end + 1);
        take(words, payload);
        pending.restart(rest);
      }
    },
    report: (): ActReport => report,
  };
}

/** Nobody knows which old secrets a sensitive command prints. */
function shown(job: Job, output: string): string {
  const isSensitive = job.kind === 'change' && job.change.kind === 'run' && job.change.sensitive === true;
  return isSensitive && output !== '' ? 'its output is not shown' : output;
}

/** Why a job failed; undefined where it did not. */
export function failureOf({ job, status, output }: JobEnd): DroverError | undefined {
  if (status === 0) return undefined;
  const change = wantedBy(job)[0]?.change;
  if (change === undefined) return undefined;
  const said = output.trim().split('\n').at(-1) ?? '';
  const words = said === '' ? '' : `: ${said}`;
  const more = { cause: output };
  if (change.kind === 'write') {
    return new DroverError(status === STALE ? 'PLAN_STALE' : 'CHANGE_FAILED', `${describe(change)}${words}`, more);
  }
  if (status === 124) return new DroverError('CHANGE_TIMEOUT', `${describe(change)}: did not end in time${words}`, more);
  return new DroverError('CHANGE_FAILED', `${describe(change)}: status ${status}${words}`, more);
}

/** The error of an act whose script did not come to its end. */
export function cutShort({ underWay }: ActReport, { status, signal, stderr }: Output): DroverError {
  const how = status === undefined ? (signal ?? 'a signal') : `status ${status}`;
  const change = underWay === undefined ? undefined : wantedBy(underWay)[0]?.change;
  const where = change === undefined ? '' : ` at: ${describe(change)}`;
  const said = lastLine(stderr);
  return new DroverError('LOOK_TRUNCATED', `the act ended with ${how}${where}${said === '' ? '' : `: ${said}`}`);
}
