import stringWidth from 'string-width';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

/** A table with a bold head; each column as wide as its widest cell, two blanks between, nothing behind the last. */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): readonly string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => printable(cell).replaceAll('\t', ' ')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => stringWidth(row[column] ?? ''))));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line, at) => (at === 0 ? paint.bold(line) : line));
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - stringWidth(cell)));
}
