import { type Change, describe, inverse, type Settle } from '../core/change.ts';
import { settlingName } from '../core/settling.ts';
import { diffOf, diffSummary } from './diff-text.ts';
import type { TextStyle } from './paint.ts';
import { printable } from './printable.ts';

/** The lines of one change: what, why, whether it can be taken back, and with -D the difference. */
export function changeLines(change: Change, style: TextStyle): readonly string[] {
  const { paint } = style;
  const why = paint.dim(`: ${printable(change.because)}`);
  const noWayBack = inverse(change) === 'impossible' ? [paint.yellow('  cannot be taken back')] : [];
  if (change.kind !== 'write') return [`${printable(describe(change))}${why}`, ...noWayBack];
  const diff = diffOf(change);
  const summary = diffSummary(diff);
  const head = `${printable(describe(change))}${summary === '' ? '' : ` (${summary})`}${why}`;
  return [head, ...(style.diff ? diff.lines.map((line) => `  ${diffLine(line, style)}`) : [])];
}

/** Settlings of many steps, each once, with every reason for it. */
export function settlingLines(
  wanted: readonly { readonly step: number; readonly settle: Settle }[],
  { paint }: TextStyle,
): readonly string[] {
  const byName = new Map<string, string[]>();
  for (const { step, settle } of wanted) {
    const name = settlingName(settle.settling);
    const reasons = byName.get(name) ?? [];
    byName.set(name, [...reasons, `step ${step}: ${settle.because}`]);
  }
  return [...byName].flatMap(([name, reasons]) => [printable(name), ...reasons.map((reason) => paint.dim(`  for ${printable(reason)}`))]);
}

function diffLine(line: string, { paint }: TextStyle): string {
  if (line.startsWith('@@')) return paint.cyan(line);
  if (line.startsWith('+')) return paint.green(line);
  return line.startsWith('-') ? paint.red(line) : line;
}
