import type { Checked, Mistake } from '../../core/mistake.ts';
import { fold } from '../../core/nodeset.ts';
import { sortMistakes } from '../source/sort-mistakes.ts';
import { mistakeAt, mistakeOf, showSpan } from '../source/text-source.ts';
import type { ConnectionSettings } from './connection.ts';
import { type GroupGraph, joinGroups } from './groups.ts';
import type { Inventory, InventoryGroup, InventoryHost } from './inventory.ts';
import { type Conflict, layTogether } from './layers.ts';
import type { RawHost, RawInventory } from './raw-inventory.ts';

/** Joins what the files say, and lays it over the hosts. */
export function buildInventory(files: readonly RawInventory[]): Checked<Inventory> {
  const graph = joinGroups(files);
  const mistakes = [...files.flatMap((file) => file.mistakes), ...graph.mistakes];
  if (mistakes.length > 0) return { ok: false, mistakes: sortMistakes(mistakes) };
  const mentions = mentionsByHost(files);
  const roots = files.flatMap((file) => file.roots);
  const conflicts = new Map<string, { readonly conflict: Conflict; readonly hosts: string[] }>();
  const laid = new Map<string, ReturnType<typeof layTogether>>();
  const hosts = new Map<string, InventoryHost>();
  for (const [name, mentioned] of mentions) {
    const groups = graph.closure(mentioned.flatMap(({ group }) => (group === undefined ? [] : [group])));
    const own = mentioned.flatMap(({ layer }) => layer ?? []);
    const key = groups.join();
    const shared = laid.get(key) ?? layTogether([...roots, ...groups.flatMap((group) => graph.layersOf(group))]);
    laid.set(key, shared);
    const all =
      own.length === 0 ? shared : layTogether([...shared.layers, ...own.map((layer) => ({ ...layer, depth: Number.POSITIVE_INFINITY }))]);
    for (const conflict of all.conflicts) note(conflicts, conflict, name);
    const { vars, settings, layers } = all;
    const [first] = mentioned;
    hosts.set(name, {
      name,
      groups,
      vars,
      settings: withJumps(settings, mentions),
      layers,
      source: first === undefined ? '' : showSpan(first.span),
    });
  }
  const all = [...[...conflicts.values()].map(describeConflict), ...sameNames(mentions, graph)];
  if (all.length > 0) return { ok: false, mistakes: sortMistakes(all) };
  return { ok: true, value: { hosts, groups: membersOf(hosts, graph), warnings: files.flatMap((file) => file.warnings) } };
}

function mentionsByHost(files: readonly RawInventory[]): ReadonlyMap<string, readonly RawHost[]> {
  const mentions = new Map<string, RawHost[]>();
  for (const host of files.flatMap((file) => file.hosts)) {
    const known = mentions.get(host.name);
    if (known === undefined) mentions.set(host.name, [host]);
    else known.push(host);
  }
  return mentions;
}

/** A jump's address that is a host of the inventory is that host, with its settings. */
function withJumps(settings: ConnectionSettings, hosts: ReadonlyMap<string, unknown>): ConnectionSettings {
  if (settings.jump === undefined) return settings;
  const jump = settings.jump.map((hop) => {
    const isHost = hop.kind === 'address' && hop.user === undefined && hop.port === undefined && hosts.has(hop.address);
    return isHost ? { kind: 'host' as const, name: hop.address } : hop;
  });
  return { ...settings, jump };
}

function note(conflicts: Map<string, { readonly conflict: Conflict; readonly hosts: string[] }>, conflict: Conflict, host: string): void {
  const { name, one, other } = conflict;
  const key = [name, one.sourceOf(conflict.kind, name), other.sourceOf(conflict.kind, name)].join('\0');
  const known = conflicts.get(key);
  if (known === undefined) conflicts.set(key, { conflict, hosts: [host] });
  else known.hosts.push(host);
}

function describeConflict({ conflict, hosts }: { readonly conflict: Conflict; readonly hosts: readonly string[] }): Mistake {
  const { kind, name, one, other } = conflict;
  const places = one.place === other.place ? `two places of ${one.place}` : `${one.place} and ${other.place}`;
  const message = `${places} disagree about \`${name}\` of ${fold(hosts)}`;
  const hint = `The other place is ${one.sourceOf(kind, name)}; set it in one of them, or in a child group or the host.`;
  return mistakeOf(other.sourceOf(kind, name), message, hint);
}

function sameNames(mentions: ReadonlyMap<string, readonly RawHost[]>, graph: GroupGraph): readonly Mistake[] {
  return [...mentions].flatMap(([name, [first]]) => {
    if (first === undefined || !graph.names.includes(name)) return [];
    return [mistakeAt(first.span, `\`${name}\` is the name of a host and of a group`, 'Patterns could not tell them apart; rename one.')];
  });
}

function membersOf(hosts: ReadonlyMap<string, InventoryHost>, graph: GroupGraph): ReadonlyMap<string, InventoryGroup> {
  const members = new Map<string, string[]>(graph.names.map((name) => [name, []]));
  for (const { name, groups } of hosts.values()) {
    for (const group of groups) members.get(group)?.push(name);
  }
  return new Map(graph.names.map((name) => [name, { ...graph.describe(name), hosts: members.get(name) ?? [] }]));
}
