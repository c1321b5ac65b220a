/** The names that a range such as `kvm[01-40].example.net` stands for, or what is wrong with it and where (from 0). */
export type Expansion = { readonly ok: true; readonly names: readonly string[] } | Refused;

interface Refused {
  readonly ok: false;
  readonly problem: string;
  readonly at: number;
}

/** A slip such as `[1-10000000]` must not fill the memory. */
const MOST_NAMES = 100_000;

/** Expands ranges as clush writes them: `web[01-20,30]`, `db[1-9/2]`, several brackets, and comma lists of these. In the order written. */
export function expand(text: string): Expansion {
  const names: string[] = [];
  for (const { word, at } of splitList(text)) {
    const expansion = expandWord(word, at);
    if (!expansion.ok) return expansion;
    if (names.length + expansion.names.length > MOST_NAMES) return refused(`more than ${MOST_NAMES} names`, at);
    for (const name of expansion.names) names.push(name);
  }
  return { ok: true, names };
}

function refused(problem: string, at: number): Refused {
  return { ok: false, problem, at };
}

/** The words between the commas that stand outside brackets. */
function splitList(text: string): readonly { readonly word: string; readonly at: number }[] {
  const words: { word: string; at: number }[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const sign = text[at];
    if (sign === '[') depth += 1;
    if (sign === ']') depth -= 1;
    if (at === text.length || (sign === ',' && depth <= 0)) {
      words.push({ word: text.slice(from, at), at: from });
      from = at + 1;
    }
  }
  return words;
}

function expandWord(word: string, at: number): Expansion {
  if (word === '') return refused('an empty name', at);
  let names: readonly string[] = [''];
  let from = 0;
  while (from < word.length) {
    const open = word.indexOf('[', from);
    const text = open < 0 ? word.slice(from) : word.slice(from, open);
    if (text.includes(']')) return refused('a `]` without its `[`', at + from + text.indexOf(']'));
    if (text !== '') names = names.map((name) => name + text);
    if (open < 0) break;
    const close = word.indexOf(']', open);
    if (close < 0) return refused('a `[` without its `]`', at + open);
    const indexes = expandIndexes(word.slice(open + 1, close), at + open + 1);
    if (!indexes.ok) return indexes;
    if (names.length * indexes.names.length > MOST_NAMES) return refused(`more than ${MOST_NAMES} names`, at + open);
    names = names.flatMap((name) => indexes.names.map((index) => name + index));
    from = close + 1;
  }
  return { ok: true, names };
}

/** What stands between brackets: `01-20,30` or `1-9/2`. */
function expandIndexes(text: string, at: number): Expansion {
  const indexes: string[] = [];
  let from = at;
  for (const part of text.split(',')) {
    const [, first = '', last = first, step = '1'] = /^(\d{1,15})(?:-(\d{1,15})(?:\/(\d{1,9}))?)?$/.exec(part) ?? [];
    if (first === '') return refused(part === '' ? 'an empty range' : `\`${part}\` is no range: write 5, 1-9 or 1-9/2`, from);
    const width = isPadded(first) || isPadded(last) ? first.length : 0;
    if (width > 0 && last.length !== width) return refused(`\`${part}\` is padded to different widths`, from);
    if (Number(last) < Number(first)) return refused(`\`${part}\` runs backwards`, from);
    if (Number(step) === 0) return refused(`\`${part}\` has a step of 0`, from);
    if ((Number(last) - Number(first)) / Number(step) + indexes.length >= MOST_NAMES) return refused(`more than ${MOST_NAMES} names`, from);
    for (let index = Number(first); index <= Number(last); index += Number(step)) indexes.push(String(index).padStart(width, '0'));
    from += part.length + 1;
  }
  return { ok: true, names: indexes };
}

function isPadded(index: string): boolean {
  return index.length > 1 && index.startsWith('0');
}

/** Names of one shape: the same text around the same number of indexes. Each vector holds sets of indexes, one a position. */
interface Shape {
  readonly texts: readonly string[];
  readonly points: string[][];
}

/** Folds names into ranges as ClusterShell's `nodeset -f` prints them: sorted, each name once. `expand` gives the names back. */
export function fold(names: readonly string[]): string {
  const shapes = new Map<string, Shape>();
  for (const name of new Set(names)) {
    // More digits than a number can hold exactly stay text.
    const parts = name.split(/((?<!\d)\d{1,15}(?!\d))/);
    const texts = parts.filter((_, i) => i % 2 === 0);
    const key = texts.join('%s');
    const shape = shapes.get(key) ?? { texts, points: [] };
    shape.points.push(parts.filter((_, i) => i % 2 === 1));
    shapes.set(key, shape);
  }
  const keys = [...shapes.keys()].sort(byCodeUnits);
  return keys.flatMap((key) => foldShape(shapes.get(key) as Shape)).join(',');
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function foldShape({ texts, points }: Shape): readonly string[] {
  let vectors = points.map((point) => point.map((index) => [index]));
  for (;;) {
    const best = texts
      .slice(1)
      .map((_, position) => merged(vectors, position))
      .reduce((a, b) => (b.length < a.length ? b : a), vectors);
    if (best.length === vectors.length) break;
    vectors = best;
  }
  return vectors
    .sort(byVector)
    .map((vector) => texts.map((text, i) => (i === 0 ? text : showIndexes(vector[i - 1] ?? []) + text)).join(''));
}

/** Vectors that differ at one position only become one there. */
function merged(vectors: readonly string[][][], position: number): string[][][] {
  const groups = new Map<string, { vector: string[][]; indexes: string[] }>();
  for (const vector of vectors) {
    const key = vector.map((indexes, i) => (i === position ? '' : indexes.join())).join(' ');
    const group = groups.get(key) ?? { vector, indexes: [] };
    for (const index of vector[position] ?? []) group.indexes.push(index);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ vector, indexes }) => vector.with(position, indexes.sort(byIndex)));
}

/** Shorter first, so that 9 and 10 are neighbours and 010 is not between them. */
function byIndex(a: string, b: string): number {
  return a.length - b.length || Number(a) - Number(b);
}

/** As nodeset does: those that hold most names first, then by their first index. */
function byVector(a: readonly string[][], b: readonly string[][]): number {
  const size = (vector: readonly string[][]) => vector.reduce((product, indexes) => product * indexes.length, 1);
  const differing = a.findIndex((indexes, i) => indexes[0] !== b[i]?.[0]);
  return size(b) - size(a) || byIndex(a[differing]?.[0] ?? '', b[differing]?.[0] ?? '');
}

function showIndexes(indexes: readonly string[]): string {
  if (indexes.length === 1) return indexes[0] ?? '';
  const ranges: string[] = [];
  let from = 0;
  for (let at = 1; at <= indexes.length; at += 1) {
    if (at < indexes.length && isNext(indexes[from] ?? '', indexes[at - 1] ?? '', indexes[at] ?? '')) continue;
    ranges.push(from === at - 1 ? `${indexes[from]}` : `${indexes[from]}-${indexes[at - 1]}`);
    from = at;
  }
  return `[${ranges.join()}]`;
}

/** Whether a range that begins with `first` and has come to `last` goes on with `next`. */
function isNext(first: string, last: string, next: string): boolean {
  if (Number(next) !== Number(last) + 1) return false;
  return isPadded(first) || isPadded(next) ? next.length === first.length : true;
}
