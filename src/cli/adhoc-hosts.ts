import type { Host } from '../core/host.ts';
import type { Checked } from '../core/mistake.ts';
import type { FleetArgs } from './command-flags.ts';
import { connectWith } from './connection.ts';
import { loadInventoryFor, selectFor } from './inventory.ts';
import type { Io } from './io.ts';

/** The hosts of a pattern, ready to be connected to. */
export function hostsFor(pattern: string, args: FleetArgs, io: Io): Checked<readonly Host[]> {
  const inventory = loadInventoryFor(args, io);
  if (!inventory.ok) return inventory;
  const hosts = selectFor(args, io, { inventory: inventory.value, pattern });
  if (!hosts.ok) return hosts;
  const connect = connectWith(args, io, inventory.value);
  return { ok: true, value: hosts.value.map(({ name, groups, vars }) => ({ name, groups, vars, connection: connect(name, undefined) })) };
}
