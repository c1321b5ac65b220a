import type { Inventory, InventoryHost } from '../config/load.ts';
import type { Json } from '../core/json.ts';
import { foldEntries, hostsLabel } from '../report/fold.ts';
import { printable } from '../report/printable.ts';
import { tableLines } from '../report/table.ts';
import type { Args } from './command-flags.ts';
import { loadInventoryFor, selectFor } from './inventory.ts';
import type { Io } from './io.ts';
import { type Output, outputFor, refuse, warn } from './output.ts';

/** `drover hosts [PATTERN]`: names alone, one a line, or more where it is asked for. */
export async function hostsCommand(args: Args<'hosts'> & { readonly pattern?: string | undefined }, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const inventory = loadInventoryFor(args, io);
  if (!inventory.ok) return refuse(output, inventory.mistakes);
  warn(output, inventory.value.warnings);
  const hosts = selectFor(args, io, { inventory: inventory.value, pattern: args.pattern ?? 'all' });
  if (!hosts.ok) return refuse(output, hosts.mistakes);
  if (output.format !== 'human') output.json(hosts.value.map(hostJson));
  else output.data(args.tree === true ? treeLines(inventory.value, hosts.value) : listLines(hosts.value, args, output));
  return 0;
}

function listLines(hosts: readonly InventoryHost[], args: Args<'hosts'>, { style }: Output): readonly string[] {
  if (args.vars === true) return varLines(hosts);
  if (style.verbose === 0) return hosts.map(({ name }) => printable(name));
  const rows = hosts.map(({ name, settings, groups, source }) => [name, settings.address ?? name, groups.join(' '), source]);
  return tableLines(['host', 'address', 'groups', 'source'], rows, style.paint);
}

/** Hosts with the same values are one entry, the odd ones first. */
function varLines(hosts: readonly InventoryHost[]): readonly string[] {
  const entries = hosts.map(({ name, vars }) => ({
    name,
    rank: 0,
    lines: Object.entries(vars).map(([key, value]) => printable(`  ${key}: ${JSON.stringify(value)}`)),
  }));
  return foldEntries(entries).flatMap(({ names, lines }) => [`${printable(hostsLabel(names))}:`, ...lines]);
}

/** Groups below their parents; a group without parents stands at the margin. */
function treeLines({ groups }: Inventory, hosts: readonly InventoryHost[]): readonly string[] {
  const wanted = new Set(hosts.map(({ name }) => name));
  const branch = (name: string, indent: string): readonly string[] => {
    const group = groups.get(name);
    if (group === undefined) return [];
    const ofChildren = new Set(group.children.flatMap((child) => groups.get(child)?.hosts ?? []));
    const own = group.hosts.filter((host) => wanted.has(host) && !ofChildren.has(host));
    return [
      printable(`${indent}@${name}`),
      ...group.children.flatMap((child) => branch(child, `${indent}  `)),
      ...(own.length === 0 ? [] : [printable(`${indent}  ${hostsLabel(own)}`)]),
    ];
  };
  return [...groups.values()].filter(({ parents }) => parents.length === 0).flatMap(({ name }) => branch(name, ''));
}

function hostJson({ name, groups, vars, settings, source }: InventoryHost): Json {
  return { name, groups, vars, address: settings.address ?? name, source };
}
