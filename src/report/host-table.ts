import stringWidth from 'string-width';
import { fold } from '../core/nodeset.ts';
import { foldEntries } from './fold.ts';
import { cut } from './live-view.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { tableLines } from './table.ts';

/** A column of a table of hosts. */
export interface Column<T> {
  readonly head: string;
  readonly cell: (host: T) => string;
}

/** The lines of a table, and the heads of those columns that found no room. */
export interface HostTable {
  readonly lines: readonly string[];
  readonly leftOut: readonly string[];
}

/** Names of hosts take no more room than this, or nothing is left for what is told of them. */
const NAMES_WIDTH = 40;

/**
 * Hosts of which the table says the same are one row, the odd ones first. What is so on all of them stands once, below, so that
 * the columns are those in which hosts differ. Columns that do not fit into `width` are left out, from the last one.
 */
export function hostTable<T>(
  hosts: ReadonlyMap<string, T>,
  columns: readonly Column<T>[],
  look: { paint: Paint; width: number },
): HostTable {
  const { paint, width } = look;
  const entries = [...hosts].map(([name, host]) => ({ name, rank: 0, lines: columns.map(({ cell }) => cell(host)) }));
  const groups = foldEntries(entries);
  const differ = columns.flatMap((_, at) =>
    groups.length < 2 || groups.some(({ lines }) => lines[at] !== groups[0]?.lines[at]) ? [at] : [],
  );
  const same = columns.flatMap(({ head }, at) => (differ.includes(at) ? [] : [`${head}: ${groups[0]?.lines[at]}`]));
  const table = (shown: readonly number[]) =>
    tableLines(
      ['hosts', '', ...shown.map((at) => columns[at]?.head ?? '')],
      groups.map(({ names, lines }) => [
        cut(printable(fold(names)), NAMES_WIDTH),
        names.length > 1 ? `${names.length}` : '',
        ...shown.map((at) => lines[at] ?? ''),
      ]),
      paint,
    );
  let shown = differ;
  while (shown.length > 1 && table(shown).some((line) => stringWidth(line) > width)) shown = shown.slice(0, -1);
  return {
    lines: [...(groups.length === 0 ? [] : table(shown)), ...(same.length === 0 ? [] : ['', ...wrapped('on all: ', same, width)])],
    leftOut: differ.filter((at) => !shown.includes(at)).map((at) => columns[at]?.head ?? ''),
  };
}

/** Words with commas between, broken into lines behind a comma; what follows the first line stands below its first word. */
function wrapped(lead: string, words: readonly string[], width: number): readonly string[] {
  const lines = [''];
  for (const [at, word] of words.entries()) {
    const text = `${printable(word)}${at < words.length - 1 ? ',' : ''}`;
    const last = lines.at(-1) ?? '';
    if (last !== '' && stringWidth(`${lead}${last} ${text}`) > width) lines.push(text);
    else lines.splice(-1, 1, last === '' ? text : `${last} ${text}`);
  }
  return lines.map((line, at) => `${at === 0 ? lead : ' '.repeat(lead.length)}${line}`);
}
