import type { Mistake } from '../../core/mistake.ts';
import { didYouMean } from '../source/nearest.ts';
import { mistakeAt, showSpan } from '../source/text-source.ts';
import type { InventoryGroup, Layer } from './inventory.ts';
import type { RawGroup, RawInventory } from './raw-inventory.ts';

/** The groups of all files, and how they hang together. */
export interface GroupGraph {
  readonly names: readonly string[];
  readonly mistakes: readonly Mistake[];
  /** The groups and all that they are in, parents before children. */
  readonly closure: (groups: readonly string[]) => readonly string[];
  /** What a group sets, at its depth. */
  readonly layersOf: (group: string) => readonly Layer[];
  readonly describe: (group: string) => Omit<InventoryGroup, 'hosts'>;
}

/** Every pattern that begins with no name of a group would be ambiguous with these. */
const RESERVED = ['all', 'ungrouped'];

/** Joins groups of one name, and finds those that are not there or lead in a circle. */
export function joinGroups(files: readonly RawInventory[]): GroupGraph {
  const groups = new Map<string, RawGroup[]>();
  for (const group of files.flatMap((file) => file.groups)) groups.set(group.name, [...(groups.get(group.name) ?? []), group]);
  const names = [...groups.keys()];
  const childrenOf = (name: string) => (groups.get(name) ?? []).flatMap(({ children }) => children);
  const mistakes = [...groups.values()].flat().flatMap((group) => mistakesOf(group, names));
  const circle = findCircle(names, (name) => childrenOf(name).map((child) => child.name));
  if (circle !== undefined) mistakes.push(circleMistake(circle, groups));
  const parents = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const name of names) for (const child of childrenOf(name)) parents.get(child.name)?.push(name);
  const depths = mistakes.length === 0 ? depthsOf(names, parents) : new Map<string, number>();
  const order = names.toSorted((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0));
  return {
    names,
    mistakes,
    closure: closureBy(order, parents),
    layersOf: (name) => (groups.get(name) ?? []).map(({ layer }) => ({ ...layer, depth: depths.get(name) ?? 1 })),
    describe: (name) => {
      const [first] = groups.get(name) ?? [];
      const children = [...new Set(childrenOf(name).map((child) => child.name))];
      return { name, children, parents: parents.get(name) ?? [], source: first === undefined ? '' : showSpan(first.span) };
    },
  };
}

function mistakesOf(group: RawGroup, names: readonly string[]): readonly Mistake[] {
  const reserved = RESERVED.includes(group.name)
    ? [
        mistakeAt(
          group.span,
          `\`${group.name}\` is there without being written`,
          'Choose another name; variables for all hosts stand under `vars:`.',
        ),
      ]
    : [];
  const unknown = group.children.filter(({ name }) => !names.includes(name));
  return [...reserved, ...unknown.map(({ name, span }) => mistakeAt(span, `there is no group \`${name}\``, didYouMean(name, names)))];
}

/** Names along a way that ends where it began. */
function findCircle(names: readonly string[], childrenOf: (name: string) => readonly string[]): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    if (done.has(name)) return undefined;
    done.add(name);
    return firstOf(childrenOf(name), (child) => visit(child, [...trail, name]));
  };
  return firstOf(names, (name) => visit(name, []));
}

function firstOf<A, B>(items: readonly A[], fn: (item: A) => B | undefined): B | undefined {
  for (const item of items) {
    const found = fn(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function circleMistake(circle: readonly string[], groups: ReadonlyMap<string, readonly RawGroup[]>): Mistake {
  const [first = '', second = ''] = circle;
  const link = (groups.get(first) ?? []).flatMap(({ children }) => children).find(({ name }) => name === second);
  const message = `groups lead in a circle: ${circle.join(' → ')}`;
  const hint = 'Take one of them out of the other.';
  return link === undefined ? { source: first, message, hint } : mistakeAt(link.span, message, hint);
}

/** As Ansible counts it: one more than the deepest parent. */
function depthsOf(names: readonly string[], parents: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const depth = 1 + Math.max(0, ...(parents.get(name) ?? []).map(depthOf));
    depths.set(name, depth);
    return depth;
  };
  for (const name of names) depthOf(name);
  return depths;
}

/** Hosts by the thousand are in the same few groups. */
function closureBy(order: readonly string[], parents: ReadonlyMap<string, readonly string[]>): GroupGraph['closure'] {
  const known = new Map<string, readonly string[]>();
  return (groups) => {
    const key = [...new Set(groups)].sort().join();
    const found = known.get(key);
    if (found !== undefined) return found;
    const all = new Set<string>();
    const add = (name: string): void => {
      if (all.has(name)) return;
      all.add(name);
      for (const parent of parents.get(name) ?? []) add(parent);
    };
    for (const group of groups) add(group);
    const closure = order.filter((name) => all.has(name));
    known.set(key, closure);
    return closure;
  };
}
