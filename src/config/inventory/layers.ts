import type { Json } from '../../core/json.ts';
import type { ConnectionSettings } from './connection.ts';
import type { Layer } from './inventory.ts';

/** Two layers of equal depth that set a value differently, and no deeper one that settles it. */
export interface Conflict {
  readonly kind: 'var' | 'key';
  readonly name: string;
  readonly one: Layer;
  readonly other: Layer;
}

/** Layers as one: the deeper ones win. */
export interface Laid {
  readonly layers: readonly Layer[];
  readonly vars: Readonly<Record<string, Json>>;
  readonly settings: ConnectionSettings;
  readonly conflicts: readonly Conflict[];
}

/** Lays layers over each other, from the least deep to the deepest. */
export function layTogether(given: readonly Layer[]): Laid {
  const layers = given.toSorted((a, b) => (a.depth === b.depth ? 0 : a.depth - b.depth));
  return {
    layers,
    vars: Object.assign({}, ...layers.map(({ vars }) => vars)),
    settings: Object.assign({}, ...layers.map(({ settings }) => settings)),
    conflicts: [...conflictsOf(layers, 'var'), ...conflictsOf(layers, 'key')],
  };
}

function conflictsOf(layers: readonly Layer[], kind: 'var' | 'key'): readonly Conflict[] {
  const held = new Map<string, { readonly layer: Layer; readonly conflict: Conflict | undefined }>();
  for (const layer of layers) {
    const values = kind === 'var' ? layer.vars : layer.keys;
    for (const [name, value] of Object.entries(values)) {
      const before = held.get(name);
      const isRival = before !== undefined && before.layer.depth === layer.depth;
      const known = kind === 'var' ? before?.layer.vars[name] : before?.layer.keys[name];
      const disagrees = isRival && JSON.stringify(known) !== JSON.stringify(value);
      const conflict = disagrees ? { kind, name, one: before.layer, other: layer } : isRival ? before.conflict : undefined;
      held.set(name, { layer, conflict });
    }
  }
  return [...held.values()].flatMap(({ conflict }) => conflict ?? []);
}
