import { expand, fold } from '../../core/nodeset.ts';
import { didYouMean } from '../source/nearest.ts';
import type { Inventory } from './inventory.ts';

/** The hosts that a part of a pattern names: at least one. */
export type PartMatch = { readonly ok: true; readonly names: readonly string[] } | Unmatched;

interface Unmatched {
  readonly ok: false;
  readonly problem: string;
  readonly hint: string;
}

/** Matches one part, without its sign. */
export function matchPart(inventory: Inventory, part: string, readFile: ((name: string) => string | undefined) | undefined): PartMatch {
  if (part.startsWith('~')) return matchRegex(inventory, part.slice(1));
  const slice = sliceOf(part);
  const base = slice === undefined ? undefined : matchBase(inventory, slice.base);
  if (slice !== undefined && base !== undefined) {
    const host = expand(part);
    const isHost = host.ok && host.names.every((name) => inventory.hosts.has(name));
    const hint = `Write @${part} for the slice, or the host's name without brackets.`;
    if (isHost && !part.startsWith('@')) return unmatched(`\`${part}\` is a slice of \`${slice.base}\`, and a host too`, hint);
    return applySlice(slice, base);
  }
  if (part.startsWith('@')) return matchAt(inventory, part.slice(1), readFile);
  return matchRange(inventory, part);
}

function unmatched(problem: string, hint: string): Unmatched {
  return { ok: false, problem, hint };
}

function hintOf(inventory: Inventory, name: string): string {
  return didYouMean(name, [...inventory.groups.keys(), ...inventory.hosts.keys()]);
}

interface Slice {
  readonly base: string;
  readonly from: number;
  /** The last one, included, as Ansible has it; undefined: to the end. */
  readonly to: number | undefined;
}

function sliceOf(part: string): Slice | undefined {
  const [, base, index, from, to] = /^(.+)\[(?:(-?\d+)|(\d+):(\d*))\]$/.exec(part) ?? [];
  if (base === undefined) return undefined;
  if (index !== undefined) return { base, from: Number(index), to: Number(index) };
  return { base, from: Number(from), to: to === '' ? undefined : Number(to) };
}

function applySlice({ base, from, to }: Slice, hosts: readonly string[]): PartMatch {
  const end = to === undefined || to === -1 ? hosts.length : to + 1;
  const names = hosts.slice(from, end);
  if (names.length > 0 && (from >= 0 || -from <= hosts.length)) return { ok: true, names };
  return unmatched(
    `\`${base}\` has ${hosts.length} host${hosts.length === 1 ? '' : 's'}: the slice is empty`,
    'Slices count from 0, and take in their end.',
  );
}

/** What can be sliced: a group, `all`, and wildcards. */
function matchBase(inventory: Inventory, base: string): readonly string[] | undefined {
  const group = groupHosts(inventory, base.replace(/^@/, ''));
  if (group !== undefined) return group;
  const found = base.startsWith('~') || /[*?]/.test(base) ? matchPart(inventory, base, undefined) : undefined;
  return found?.ok ? found.names : undefined;
}

function groupHosts(inventory: Inventory, name: string): readonly string[] | undefined {
  if (name === 'all' || name === '*') return [...inventory.hosts.keys()];
  if (name === 'ungrouped') return [...inventory.hosts.values()].filter(({ groups }) => groups.length === 0).map((host) => host.name);
  return inventory.groups.get(name)?.hosts;
}

function matchAt(inventory: Inventory, name: string, readFile: ((name: string) => string | undefined) | undefined): PartMatch {
  const hosts = groupHosts(inventory, name);
  if (hosts !== undefined) return orEmpty(hosts, `group \`${name}\` has no hosts`);
  const text = readFile?.(name);
  if (text === undefined) {
    const what = readFile === undefined ? 'group' : 'group or file';
    return unmatched(`there is no ${what} \`${name}\``, didYouMean(name, [...inventory.groups.keys()]));
  }
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const found = lines.filter((line) => line !== '').map((line) => matchRange(inventory, line));
  const bad = found.find((match) => !match.ok);
  if (bad !== undefined) return { ...bad, problem: `in ${name}: ${bad.problem}` };
  return orEmpty(
    found.flatMap((match) => (match.ok ? match.names : [])),
    `file \`${name}\` names no host`,
  );
}

function orEmpty(names: readonly string[], problem: string): PartMatch {
  return names.length > 0 ? { ok: true, names } : unmatched(problem, 'Add hosts to it, or leave it out.');
}

function matchRegex(inventory: Inventory, text: string): PartMatch {
  // From the start of the name, as Ansible's.
  const regex = regexOf(`^(?:${text})`);
  if (regex === undefined)
    return unmatched(`\`~${text}\` is no regular expression`, 'Parentheses and brackets are closed; a backslash stands before a sign.');
  return orNothing(inventory, `~${text}`, matching(inventory, regex));
}

function regexOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function matching(inventory: Inventory, regex: RegExp | undefined): readonly string[] {
  if (regex === undefined) return [];
  const groups = [...inventory.groups.values()].filter(({ name }) => regex.test(name)).flatMap(({ hosts }) => hosts);
  return [...groups, ...[...inventory.hosts.keys()].filter((name) => regex.test(name))];
}

function orNothing(inventory: Inventory, part: string, names: readonly string[]): PartMatch {
  if (names.length > 0) return { ok: true, names };
  return unmatched(`no host or group matches \`${part}\``, hintOf(inventory, part.replace(/[~*?^$]/g, '')));
}

/** A name, a range of names, or a wildcard. */
function matchRange(inventory: Inventory, part: string): PartMatch {
  const isClass = /\[[^\]]*[^\d,/\]-][^\]]*\]/.test(part);
  if (isClass && /\[\d*:\d*\]/.test(part))
    return unmatched(`\`${part.slice(0, part.indexOf('['))}\` is no group to slice`, 'Ranges are written kvm[01-40].');
  if (isClass) return orNothing(inventory, part, matching(inventory, wildcard(part)));
  const expansion = expand(part);
  if (!expansion.ok) return unmatched(`\`${part}\`: ${expansion.problem}`, 'Ranges are written kvm[01-40], [1,3,7-9] or [0-30/10].');
  const found = expansion.names.map((name) => ({ name, hosts: matchName(inventory, name) }));
  const missing = found.filter(({ hosts }) => hosts.length === 0).map(({ name }) => name);
  if (missing.length === 0) return { ok: true, names: found.flatMap(({ hosts }) => hosts) };
  const [first = ''] = missing;
  if (/[*?]/.test(first)) return orNothing(inventory, first, []);
  if (inventory.groups.has(first) || first === 'ungrouped')
    return unmatched(`group \`${first}\` has no hosts`, 'Add hosts to it, or leave it out.');
  return unmatched(`there is no host or group \`${fold(missing)}\``, hintOf(inventory, first));
}

function matchName(inventory: Inventory, name: string): readonly string[] {
  const group = groupHosts(inventory, name);
  if (group !== undefined) return group;
  if (inventory.hosts.has(name)) return [name];
  return /[*?]/.test(name) ? matching(inventory, wildcard(name)) : [];
}

/** A shell pattern over the whole name; `*` takes in dots. */
function wildcard(text: string): RegExp | undefined {
  const source = text.replace(/\[!?[^\]]+\]|[\s\S]/g, (piece) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (piece.length > 1) return `[${piece.slice(1, -1).replace(/^!/, '^').replace(/\\/g, '\\\\')}]`;
    return piece.replace(/[.+^${}()|[\]\\/]/g, '\\$&');
  });
  return regexOf(`^${source}$`);
}
