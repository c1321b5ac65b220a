import type { Mistake } from '../core/mistake.ts';
import type { TextStyle } from './paint.ts';
import { printable, printableLines } from './printable.ts';
import { countOf } from './summary.ts';

/** Everything that is wrong with what the operator wrote: the place, the line with a caret, the hint; then how many. */
export function mistakeLines(mistakes: readonly Mistake[], style: TextStyle): readonly string[] {
  const each = mistakes.flatMap((mistake) => placedLines(mistake, style.paint.red('error'), style));
  return [...each, `${countOf(mistakes.length, 'mistake')}; nothing was sent to any host`];
}

/** As `mistakeLines`, for what is let through. */
export function warningLines(warnings: readonly Mistake[], style: TextStyle): readonly string[] {
  return warnings.flatMap((warning) => placedLines(warning, style.paint.yellow('warning'), style));
}

function placedLines({ source, message, hint, excerpt, includedAt = [] }: Mistake, kind: string, { paint }: TextStyle): readonly string[] {
  return [
    `${paint.bold(printable(source))}: ${kind}: ${printable(message)}`,
    ...(excerpt === undefined ? [] : printableLines(excerpt).map((line) => `    ${line}`)),
    ...includedAt.map((place) => paint.dim(`  included at ${printable(place)}`)),
    ...(hint === undefined ? [] : [paint.dim(`  → ${printable(hint)}`)]),
  ];
}
