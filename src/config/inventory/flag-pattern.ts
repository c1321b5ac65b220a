import type { Checked } from '../../core/mistake.ts';
import { tryReadTextFile } from '../source/read-file.ts';
import { flagSource, wholeSpan, within } from '../source/text-source.ts';
import { absolutePath, type Surroundings } from './connection.ts';
import type { Inventory, InventoryHost } from './inventory.ts';
import { type Narrowing, type PatternText, selectNames } from './pattern.ts';

/** Which hosts the command line means. */
export interface Selection {
  readonly pattern: string;
  readonly limit?: string;
  readonly exclude?: string;
}

/** The hosts that the command line means, in the inventory's order. Never none. */
export function selectHosts(inventory: Inventory, selection: Selection, around: Surroundings): Checked<readonly InventoryHost[]> {
  const names = selectNames(inventory, flagPattern('PATTERN', selection.pattern), narrowing({ ...selection, ...around }));
  return names.ok ? { ok: true, value: names.value.flatMap((name) => inventory.hosts.get(name) ?? []) } : names;
}

/** A pattern of the command line. */
export function flagPattern(flag: string, text: string): PatternText {
  const source = flagSource(flag, text);
  return { text, spanOf: (from, to) => within(wholeSpan(source), from, to) };
}

/** -l and -x. A limit may name a file of hosts, as Ansible's. */
export function narrowing({ limit, exclude, ...around }: Surroundings & Omit<Selection, 'pattern'>): Narrowing {
  const readFile = (name: string) => tryReadTextFile(absolutePath(name, around), name)?.text;
  return {
    ...(limit === undefined ? {} : { limit: { ...flagPattern('--limit', limit), readFile } }),
    ...(exclude === undefined ? {} : { exclude: { ...flagPattern('--exclude', exclude), readFile } }),
  };
}
