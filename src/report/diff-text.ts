import { type StructuredPatch, structuredPatch } from 'diff';
import type { Write } from '../core/change.ts';
import type { FileImage } from '../core/file.ts';
import { printable } from './printable.ts';

/** Past so many changed lines texts are too different to be read. A count and no time limit, so that equal changes look equal. */
const MOST_EDITS = 1000;

/** What a write changes: line by line, or the reason why that is not shown. Plain text, printable. */
export interface WriteDiff {
  readonly added: number;
  readonly removed: number;
  /** The hunks as `diff -u` prints them, without the two lines of file names. */
  readonly lines: readonly string[];
  /** Mode and owner where they change, e.g. `mode 644 → 600`. */
  readonly meta: readonly string[];
}

/** Compares the two sides of a write. */
export function diffOf({ before, after, sensitive }: Write): WriteDiff {
  const meta = metaChanges(before, after);
  const [from, to] = [before?.content ?? '', after?.content ?? ''];
  if (from === to) return { added: 0, removed: 0, lines: [], meta };
  if (sensitive === true) return { added: 0, removed: 0, lines: ['content is not shown'], meta };
  const encoding = before?.encoding ?? after?.encoding;
  if (encoding !== undefined || from.includes('\0') || to.includes('\0')) return tooDifferent(from, to, meta);
  const patch = patchOf(from, to);
  if (patch === undefined) return tooDifferent(from, to, meta);
  const lines = patch.hunks.flatMap((hunk) => [
    `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
    ...hunk.lines.map(printable),
  ]);
  const signs = patch.hunks.flatMap((hunk) => hunk.lines.map((line) => line[0]));
  return { added: signs.filter((sign) => sign === '+').length, removed: signs.filter((sign) => sign === '-').length, lines, meta };
}

/** Most hosts of a fleet are given the same change: a thousand of them are compared once. */
const known = new Map<string, StructuredPatch | undefined>();
const MOST_KNOWN = 256;
const LONGEST_KNOWN = 64 * 1024;

function patchOf(from: string, to: string): StructuredPatch | undefined {
  const key = `${from.length} ${from}${to}`;
  if (known.has(key)) return known.get(key);
  if (known.size >= MOST_KNOWN) known.clear();
  const patch = structuredPatch('', '', from, to, undefined, undefined, { context: 2, maxEditLength: MOST_EDITS });
  if (key.length <= LONGEST_KNOWN) known.set(key, patch);
  return patch;
}

/** Of no lines, the number is that of the line before them: so `diff -u` has it. */
function range(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

/** The numbers of a difference in a few words: `+3 -1 lines, mode 644 → 600`. */
export function diffSummary({ added, removed, meta }: WriteDiff): string {
  const parts = [...(added > 0 ? [`+${added}`] : []), ...(removed > 0 ? [`-${removed}`] : [])];
  const lines = parts.length === 0 ? [] : [`${parts.join(' ')} line${added + removed === 1 ? '' : 's'}`];
  return [...lines, ...meta].join(', ');
}

function tooDifferent(from: string, to: string, meta: readonly string[]): WriteDiff {
  return {
    added: countLines(to),
    removed: countLines(from),
    lines: [`too different to show, or no text: ${from.length} → ${to.length} characters`],
    meta,
  };
}

function countLines(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}

function metaChanges(before: FileImage | undefined, after: FileImage | undefined): readonly string[] {
  if (after === undefined) return [];
  if (before === undefined) return [`mode ${octal(after.mode)}, owner ${printable(owners(after))}`];
  return [
    ...(before.mode === after.mode ? [] : [`mode ${octal(before.mode)} → ${octal(after.mode)}`]),
    ...(owners(before) === owners(after) ? [] : [`owner ${printable(owners(before))} → ${printable(owners(after))}`]),
  ];
}

function owners({ owner, group }: FileImage): string {
  return `${owner}:${group}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
