import type { Change } from '../core/change.ts';
import type { Where } from '../core/errors.ts';
import { describeHolder } from '../core/lease.ts';
import type { HostOutcome, StepOutcome, Waiting } from '../core/outcome.ts';
import type { Drift } from '../core/plan.ts';
import { isReboot } from '../core/reboot.ts';
import { changeLines, settlingLines } from './change-text.ts';
import { errorLines } from './error-text.ts';
import { type FailedOutput, TERMINAL_LINES } from './failed-output.ts';
import type { TextStyle } from './paint.ts';
import { printable, printableLines } from './printable.ts';
import { countOf, duration } from './summary.ts';

type Step = HostOutcome['steps'][number];

/** What is known of a host beside its outcome. */
export interface HostExtra {
  /** What the failed change printed. */
  readonly output?: FailedOutput;
}

const STATUS_WIDTH = 11;

/** A host's outcome as lines: each step that is not steady with its changes or its reason; the quiet ones only counted. */
export function hostLines(outcome: HostOutcome, extra: HostExtra, style: TextStyle): readonly string[] {
  const quiet = style.verbose > 0 ? [] : (['steady', 'skipped', 'not reached'] as const);
  const loud = outcome.steps.filter((step) => !quiet.some((status) => status === step.outcome.status));
  const counted = quiet.map((status) => ({ status, count: outcome.steps.filter((step) => step.outcome.status === status).length }));
  return [
    ...hostError(outcome, style),
    ...(outcome.holder === undefined ? [] : [style.paint.yellow(printable(describeHolder(outcome.holder)))]),
    ...loud.flatMap((step) => stepLines(step, outcome.host, style)),
    ...failureOutput(extra.output, style),
    ...counted.filter(({ count }) => count > 0).map(({ status, count }) => `${word(status, style)} ${countOf(count, 'step')}`),
    ...settlings(outcome, style),
    ...receiptLines(outcome, style),
  ];
}

/** The host's own error, unless a failed step tells the same. */
function hostError({ host, error, steps }: HostOutcome, style: TextStyle): readonly string[] {
  const told = steps.some(({ outcome }) => outcome.status === 'failed' && outcome.error.message === error?.message);
  return error === undefined || told ? [] : errorLines(error, { host }, style);
}

function stepLines({ number, name, task, outcome }: Step, host: string, style: TextStyle): readonly string[] {
  const title = printable(`${number} ${name}`);
  const after = outcome.status === 'unknown' ? `, after step ${outcome.after}` : '';
  const known = style.paint.dim(` (${printable(task)})${after}`);
  const detail = outcomeLines(outcome, { host, step: name }, style);
  return [`${word(outcome.status, style)} ${title}${known}`, ...detail.map((line) => `${' '.repeat(STATUS_WIDTH + 3)}${line}`)];
}

function outcomeLines(outcome: StepOutcome, known: Where, style: TextStyle): readonly string[] {
  const { paint } = style;
  switch (outcome.status) {
    case 'steady':
    case 'skipped':
    case 'not reached':
      return [paint.dim(printable(outcome.because))];
    case 'drift':
      return [...madeLines(outcome, style), ...changesLines(outcome.changes, style), ...waitLines(outcome, style)];
    case 'changed':
      return [
        ...changesLines(outcome.changes, style),
        ...(outcome.repeats ? [paint.dim('not verified, for nothing on the host tells whether it was done')] : []),
      ];
    case 'blocked':
      return [...printableLines(outcome.because), paint.dim(`→ ${printable(outcome.hint)}`)];
    case 'unknown':
      return [paint.dim(printable(outcome.because))];
    case 'declined':
      return ['not made:', ...outcome.changes.flatMap((change) => changeLines(change, style)).map((line) => `  ${line}`)];
    case 'failed':
      return [...errorLines(outcome.error, known, style), ...takenBack(outcome.takenBack, outcome.made, style)];
    default:
      return outcome satisfies never;
  }
}

/** What a run has made of a step that waits. */
function madeLines(outcome: Drift | Waiting, style: TextStyle): readonly string[] {
  if (!('made' in outcome) || outcome.made.length === 0) return [];
  return ['made:', ...outcome.made.flatMap((change) => changeLines(change, style)).map((line) => `  ${line}`)];
}

function waitLines(outcome: Drift | Waiting, { paint }: TextStyle): readonly string[] {
  if (!('waitsFor' in outcome)) return [];
  const reasons = outcome.changes.filter(isReboot).map(({ because }) => because);
  return [
    `waits for a reboot: ${printable(reasons.join('; '))}`,
    paint.dim('→ Allow it with --reboot, or reboot the host yourself and run again.'),
  ];
}

/** Boots and times differ from host to host: they are told with -v, for else no two hosts would be one entry. */
function receiptLines({ reboot }: HostOutcome, { verbose }: TextStyle): readonly string[] {
  if (reboot === undefined) return [];
  const { steps, before, after, ms } = reboot;
  const how = after === undefined ? 'told to reboot, and no other boot was seen' : 'rebooted once, and another boot answers';
  const proof = verbose === 0 ? '' : `: ${duration(ms)}, boot ${before}${after === undefined ? '' : ` to ${after}`}`;
  return [printable(`${how} (step ${steps.join(', ')})${proof}`)];
}

/** Settlings are told once for the host, so a step shows only that it asks for some. */
function changesLines(changes: readonly Change[], style: TextStyle): readonly string[] {
  return changes.filter((change) => change.kind !== 'settle').flatMap((change) => changeLines(change, style));
}

function takenBack(what: 'nothing to take back' | 'taken back' | 'stands', made: readonly Change[], style: TextStyle): readonly string[] {
  if (what === 'nothing to take back') return [];
  if (made.length === 0) return [style.paint.red('how far it went is not known')];
  const head = what === 'taken back' ? 'what was made of this step is taken back:' : style.paint.red('what was made of this step stands:');
  return [head, ...made.flatMap((change) => changeLines(change, { ...style, diff: false })).map((line) => `  ${line}`)];
}

function failureOutput(output: FailedOutput | undefined, { paint }: TextStyle): readonly string[] {
  if (output === undefined || output.lines.length === 0) return [];
  const shown = output.lines.slice(-TERMINAL_LINES);
  const before = output.before + output.lines.length - shown.length;
  const where = output.file === undefined ? '' : `: all of it is in ${printable(output.file)}`;
  const cut = before === 0 && where === '' ? [] : [paint.dim(`… ${countOf(before, 'line')} before${where}`)];
  return ['output:', ...[...cut, ...shown].map((line) => `  | ${line}`)];
}

function settlings({ steps }: HostOutcome, style: TextStyle): readonly string[] {
  const wanted = steps.flatMap(({ number, outcome }) =>
    outcome.status === 'drift' || outcome.status === 'changed'
      ? outcome.changes.flatMap((change) => (change.kind === 'settle' && !waits(outcome, change) ? [{ step: number, settle: change }] : []))
      : [],
  );
  if (wanted.length === 0) return [];
  const head = steps.some(({ outcome }) => outcome.status === 'changed') ? 'settled, once:' : 'then, once:';
  return [head, ...settlingLines(wanted, style).map((line) => `  ${line}`)];
}

/** A reboot that is not allowed will not be. */
function waits(outcome: StepOutcome, change: Change): boolean {
  return 'waitsFor' in outcome && isReboot(change);
}

function word(status: StepOutcome['status'], { paint }: TextStyle): string {
  const padded = status.padEnd(STATUS_WIDTH);
  switch (status) {
    case 'steady':
    case 'skipped':
      return paint.green(padded);
    case 'drift':
    case 'changed':
    case 'unknown':
    case 'declined':
    case 'not reached':
      return paint.yellow(padded);
    case 'blocked':
    case 'failed':
      return paint.red(padded);
    default:
      return status satisfies never;
  }
}
