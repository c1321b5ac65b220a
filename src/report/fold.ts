import { fold } from '../core/nodeset.ts';

/** One host with what is to be shown of it. */
export interface Entry {
  readonly name: string;
  /** Groups of a lower rank come first: 0 is the worst. */
  readonly rank: number;
  readonly lines: readonly string[];
  /** Words that name this host alone (its name, its address): hosts whose lines differ in nothing else are one group. */
  readonly own?: readonly string[];
}

/** Hosts of which the same is to be shown. */
export interface Group {
  readonly names: readonly string[];
  readonly rank: number;
  readonly lines: readonly string[];
}

/** Every host stands in one group; the worst groups first, and of those the smallest, for the odd one out is what people look for. */
export function foldEntries(entries: readonly Entry[]): readonly Group[] {
  const groups = new Map<string, { names: string[]; rank: number; lines: readonly string[]; first: Entry }>();
  for (const entry of entries) {
    const lines = withoutOwn(entry);
    const key = JSON.stringify([entry.rank, lines]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { names: [entry.name], rank: entry.rank, lines, first: entry });
    else group.names.push(entry.name);
  }
  return [...groups.values()]
    .map(({ names, rank, lines, first }) => ({ names, rank, lines: names.length === 1 ? first.lines : lines }))
    .sort((a, b) => a.rank - b.rank || a.names.length - b.names.length);
}

/** Every host for itself, in the same order. */
export function eachAlone(entries: readonly Entry[]): readonly Group[] {
  return entries.map(({ name, rank, lines }) => ({ names: [name], rank, lines })).sort((a, b) => a.rank - b.rank);
}

/** A set of hosts as people write it: `kvm[01-40] (40 hosts)`. */
export function hostsLabel(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? '') : `${fold(names)} (${names.length} hosts)`;
}

const OWN = '<host>';

function withoutOwn({ lines, own = [] }: Entry): readonly string[] {
  const words = own.filter((word) => word !== '').sort((a, b) => b.length - a.length);
  if (words.length === 0) return lines;
  const pattern = new RegExp(`(?<![\\w.-])(?:${words.map(escapeRegExp).join('|')})(?![\\w-]|\\.\\w)`, 'g');
  return lines.map((line) => line.replace(pattern, OWN));
}

function escapeRegExp(word: string): string {
  return word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
