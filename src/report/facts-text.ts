import type { Json } from '../core/json.ts';
import { foldEntries, hostsLabel } from './fold.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { tableLines } from './table.ts';

/** Hosts that are equal in all that is known of them are one entry, the odd ones first. */
export function factsLines(facts: ReadonlyMap<string, Json>, paint: Paint): readonly string[] {
  const entries = [...facts].map(([name, known]) => ({
    name,
    rank: 0,
    lines: tableLines(['fact', 'value'], rowsOf('', known), paint).slice(1),
  }));
  return foldEntries(entries).flatMap(({ names, lines }) => [
    `${paint.bold(printable(hostsLabel(names)))}:`,
    ...lines.map((line) => `  ${line}`),
    '',
  ]);
}

/** `{ os: { id: debian } }` is the row `os.id  debian`; lists of plain values are one row. */
function rowsOf(path: string, value: Json): readonly (readonly [string, string])[] {
  if (Array.isArray(value)) return [[path, value.length === 0 ? 'none' : value.map((item: Json) => plainText(item)).join(', ')]];
  if (typeof value !== 'object' || value === null) return [[path, plainText(value)]];
  return Object.entries(value).flatMap(([key, inner]) => rowsOf(path === '' ? key : `${path}.${key}`, inner as Json));
}

function plainText(value: Json): string {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (value === null) return 'unknown';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
