import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Inventory, type InventoryHost, loadInventory, selectHosts } from '../config/load.ts';
import type { Checked } from '../core/mistake.ts';
import type { SelectArgs } from './command-flags.ts';
import type { Io } from './io.ts';
import { usageError } from './usage.ts';

const DEFAULT_INVENTORY = 'inventory.yaml';

/** Loads the inventory that -i, DROVER_INVENTORY or the folder name, in this order. */
export function loadInventoryFor(args: Pick<SelectArgs, 'inventory'>, io: Io): Checked<Inventory> {
  return loadInventory(inventoryPaths(args, io), { folder: io.cwd, home: io.home });
}

/** The hosts of a pattern, within --limit and without --exclude. */
export function selectFor(
  args: Pick<SelectArgs, 'limit' | 'exclude'>,
  io: Io,
  from: { readonly inventory: Inventory; readonly pattern: string },
): Checked<readonly InventoryHost[]> {
  return selectHosts(from.inventory, { pattern: from.pattern, ...within(args) }, { folder: io.cwd, home: io.home });
}

/** --limit and --exclude as config takes them. */
export function within({ limit, exclude }: Pick<SelectArgs, 'limit' | 'exclude'>): { readonly limit?: string; readonly exclude?: string } {
  return { ...(limit === undefined ? {} : { limit }), ...(exclude === undefined ? {} : { exclude }) };
}

function inventoryPaths(args: Pick<SelectArgs, 'inventory'>, { env, cwd }: Io): readonly string[] {
  if (args.inventory !== undefined && args.inventory.length > 0) return args.inventory;
  const fromEnv = env['DROVER_INVENTORY'];
  if (fromEnv !== undefined && fromEnv !== '') return [fromEnv];
  if (existsSync(join(cwd, DEFAULT_INVENTORY))) return [DEFAULT_INVENTORY];
  throw usageError('no inventory was given', `Use -i FILE, set DROVER_INVENTORY, or put ${DEFAULT_INVENTORY} into this folder.`);
}
