import { DroverError } from '../../core/errors.ts';
import type { Become, Connection } from '../../core/host.ts';
import type { Json } from '../../core/json.ts';
import type { Mistake } from '../../core/mistake.ts';
import { type BaseSettings, type ConnectionSettings, type Jump, layConnection } from './connection.ts';

/** One place that sets values: the inventory as a whole, a group, or a host. */
export interface Layer {
  /** `inventory`, `group compute`, `host kvm01`. */
  readonly place: string;
  /** 0 for the inventory as a whole; groups from 1, children deeper than their parents; hosts below all groups. */
  readonly depth: number;
  readonly vars: Readonly<Record<string, Json>>;
  readonly settings: ConnectionSettings;
  /** The connection keys as they were written. */
  readonly keys: Readonly<Record<string, Json>>;
  /** file:line:col of a variable or connection key. */
  readonly sourceOf: (kind: 'var' | 'key', name: string) => string;
}

/** A host as the inventory has it. */
export interface InventoryHost {
  readonly name: string;
  /** All groups that it is in, parents before children. */
  readonly groups: readonly string[];
  readonly vars: Readonly<Record<string, Json>>;
  readonly settings: ConnectionSettings;
  /** What `vars` and `settings` come from; later ones win. */
  readonly layers: readonly Layer[];
  readonly source: string;
}

/** A named set of hosts. */
export interface InventoryGroup {
  readonly name: string;
  /** All hosts in it, those of its children too, in the inventory's order. */
  readonly hosts: readonly string[];
  readonly children: readonly string[];
  readonly parents: readonly string[];
  readonly source: string;
}

/** All hosts and groups, in the order written. */
export interface Inventory {
  readonly hosts: ReadonlyMap<string, InventoryHost>;
  readonly groups: ReadonlyMap<string, InventoryGroup>;
  readonly warnings: readonly Mistake[];
}

/** One place that sets a variable or connection key of a host; of a chain the last one holds. */
export interface Reason {
  readonly place: string;
  readonly source: string;
  readonly value: Json;
}

/** Where a value of a host comes from: every place that sets it, the one that holds last. Empty where none does. */
export function why(inventory: Inventory, host: string, name: string): readonly Reason[] {
  const layers = inventory.hosts.get(host)?.layers ?? [];
  return layers.flatMap(({ place, vars, keys, sourceOf }) => {
    const reasons: Reason[] = [];
    for (const [kind, values] of [['var', vars] as const, ['key', keys] as const]) {
      if (Object.hasOwn(values, name)) reasons.push({ place, source: sourceOf(kind, name), value: values[name] ?? null });
    }
    return reasons;
  });
}

/** What stands above and below the inventory when a host is dialled. */
export interface ConnectionLayers {
  /** Of the command line; wins over all. */
  readonly over?: ConnectionSettings;
  /** Of the playbook; wins over the inventory, not over the command line. */
  readonly become?: Become | false | undefined;
  /** ssh_config and defaults for an alias (a host's name, or a jump's address). `agent` is the environment's socket. */
  readonly base: (alias: string) => BaseSettings;
}

/** How a host is reached, all layers laid over each other; its hops too. Throws INVENTORY_INVALID where hops lead in a circle. */
export function completeConnection(inventory: Inventory, host: string, layers: ConnectionLayers): Connection {
  const become = layers.become === undefined ? {} : { become: layers.become };
  const settings = inventory.hosts.get(host)?.settings ?? {};
  const over = layers.over ?? {};
  const base = layers.base(host);
  const jumps = over.jump ?? settings.jump ?? base.jump ?? [];
  const jump = jumps.flatMap((hop) => hopsOf(hop, { inventory, base: layers.base, trail: [host] }));
  return { ...layConnection(host, [over, become, settings], base), jump };
}

interface Way {
  readonly inventory: Inventory;
  readonly base: ConnectionLayers['base'];
  readonly trail: readonly string[];
}

/** A hop that is itself reached over hops stands behind them. */
function hopsOf(jump: Jump, { inventory, base, trail }: Way): readonly Connection[] {
  const alias = jump.kind === 'host' ? jump.name : jump.address;
  if (trail.includes(alias)) throw new DroverError('INVENTORY_INVALID', `jumps lead in a circle: ${[...trail, alias].join(' → ')}`);
  const own = jump.kind === 'host' ? (inventory.hosts.get(alias)?.settings ?? {}) : jumpSettings(jump);
  const below = base(alias);
  const before = (own.jump ?? below.jump ?? []).flatMap((hop) => hopsOf(hop, { inventory, base, trail: [...trail, alias] }));
  return [...before, { ...layConnection(alias, [{ become: false }, own], below), jump: [] }];
}

function jumpSettings({ user, port }: Jump & { readonly kind: 'address' }): ConnectionSettings {
  return { ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}
