import type { DroverError } from '../core/errors.ts';
import { errorLines } from './error-text.ts';
import { type Kept, linesOf } from './exec-output.ts';
import { foldEntries, hostsLabel } from './fold.ts';
import type { TextStyle } from './paint.ts';
import { printable } from './printable.ts';
import { countOf } from './summary.ts';

/** How a command ended on a host. */
export type CommandEnd =
  | { readonly status: 'exited'; readonly code: number }
  | { readonly status: 'killed'; readonly signal: string }
  | { readonly status: 'failed'; readonly error: DroverError }
  | { readonly status: 'not started' };

/** One host's part of an ad hoc command. */
export interface ExecResult {
  readonly host: string;
  readonly address: string;
  readonly end: CommandEnd;
  readonly kept: Kept;
  readonly durationMs: number;
  /** The folder that has all of its output, in files. */
  readonly saved?: string;
}

/** Hosts with equal output and equal end as one entry, those that went wrong first. */
export function execLines(results: readonly ExecResult[], style: TextStyle): readonly string[] {
  const entries = results.map((result) => {
    const { host, address, end, kept } = result;
    // What a host printed is shown as it is; our own words about it may be taken together.
    const own = end.status === 'failed' && kept.stdout.length + kept.stderr.length === 0 ? { own: [host, address] } : {};
    return { name: host, rank: endRank(end), lines: resultLines(result, style), ...own };
  });
  return foldEntries(entries).flatMap(({ names, lines: [end = '', ...lines] }) => {
    const head = style.paint.bold(printable(hostsLabel(names)));
    return [end === '' ? `${head}:` : `${head}: ${end}`, ...lines.map((line) => `  ${line}`)];
  });
}

/** `kvm01: exit 0: first line\nsecond line`, for tools that want a line a host. */
export function oneLine(result: ExecResult, style: TextStyle): string {
  const output = [...linesOf(result.kept.stdout), ...linesOf(result.kept.stderr), ...droppedLines(result, style)].join('\\n');
  return `${endLine(result, style)}${output === '' ? '' : `: ${output}`}`;
}

/** How a command ended, in a line: `kvm01: exit 3`. */
export function endLine({ host, end }: ExecResult, { paint }: TextStyle): string {
  const why = end.status === 'failed' ? `: ${printable(end.error.message)}` : '';
  return `${printable(host)}: ${endWords(end, paint)}${why}`;
}

/** How often each end came: `40 hosts: 38 exit 0, 1 exit 1, 1 HOST_UNREACHABLE`. */
export function execSummary(results: readonly ExecResult[], { paint }: TextStyle): string {
  const counts = new Map<string, { rank: number; count: number; word: string }>();
  for (const { end } of results) {
    const word = endWords(end, paint);
    const known = counts.get(word);
    counts.set(word, { rank: endRank(end), count: (known?.count ?? 0) + 1, word });
  }
  const parts = [...counts.values()].sort((a, b) => a.rank - b.rank).map(({ count, word }) => `${count} ${word}`);
  return `${paint.bold(countOf(results.length, 'host'))}: ${parts.join(', ')}`;
}

/** The first line is the end, empty where it is plain success; then what was printed. */
function resultLines(result: ExecResult, style: TextStyle): readonly string[] {
  const { host, end, kept } = result;
  const { paint } = style;
  const success = end.status === 'exited' && end.code === 0;
  const error = end.status === 'failed' ? errorLines(end.error, { host }, style) : [];
  const stderr = linesOf(kept.stderr).map((line) => paint.red(`2> ${line}`));
  return [success ? '' : endWords(end, paint), ...error, ...linesOf(kept.stdout), ...stderr, ...droppedLines(result, style)];
}

function droppedLines({ kept: { dropped }, saved }: ExecResult, { paint }: TextStyle): readonly string[] {
  if (dropped === 0) return [];
  const where = saved === undefined ? 'not kept: --no-fold gives all as it comes' : `all of it is in ${printable(saved)}`;
  return [paint.yellow(`… ${countOf(dropped, 'byte')} more, ${where}`)];
}

function endWords(end: CommandEnd, paint: TextStyle['paint']): string {
  switch (end.status) {
    case 'exited':
      return end.code === 0 ? 'exit 0' : paint.red(`exit ${end.code}`);
    case 'killed':
      return paint.red(`killed by ${printable(end.signal)}`);
    case 'failed':
      return paint.red(end.error.code);
    case 'not started':
      return paint.yellow('not started');
    default:
      return end satisfies never;
  }
}

function endRank(end: CommandEnd): number {
  if (end.status === 'exited') return end.code === 0 ? 4 : 3;
  return ['failed', 'killed', 'not started'].indexOf(end.status);
}
