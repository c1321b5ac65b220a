import type { Json } from '../../core/json.ts';
import { at, show } from '../source/json-words.ts';
import { nearest } from '../source/nearest.ts';
import type { Data } from './host-data.ts';
import type { PlacedProblem, PlacedReference } from './placed.ts';

/** What a text is filled in with: values that are known, and names whose values come later. */
export interface Supply {
  readonly data: Data;
  readonly open: { readonly has: (name: string) => boolean };
}

/** References that are not set, or hold what cannot be printed. */
export function missingIn(references: readonly PlacedReference[], { data, open }: Supply): readonly PlacedProblem[] {
  return references.flatMap((reference) => {
    const { path, place, from, to } = reference;
    const [root = ''] = path;
    if (open.has(root) && !Object.hasOwn(data, root)) return [];
    const value = at(data, path);
    const name = path.join('.');
    if (value === undefined) return [{ place, from, to, message: `\`${name}\` is not set`, hint: hintFor(path, data) }];
    if (!reference.isPrinted || reference.isWhole || typeof value !== 'object') return [];
    const message = `\`${name}\` is ${value === null ? 'null' : show(value)}: it cannot stand inside a text`;
    return [{ place, from, to, message, hint: printHint(name, value) }];
  });
}

function printHint(name: string, value: Json): string {
  if (value === null) return `Set it, or write {{#if ${name}}}…{{/if}}.`;
  return Array.isArray(value)
    ? `Write {{join ${name} ", "}}, or {{#each ${name}}}…{{/each}}.`
    : `Name one of its values, or write {{json ${name}}}.`;
}

function hintFor(path: readonly string[], data: Data): string {
  const unknown = path.findIndex((_, i) => at(data, path.slice(0, i + 1)) === undefined);
  const above = at(data, path.slice(0, unknown));
  const names = typeof above === 'object' && above !== null ? Object.keys(above) : [];
  const near = nearest(path[unknown] ?? '', names);
  if (near !== undefined) return `Did you mean \`${[...path.slice(0, unknown), near].join('.')}\`?`;
  if (path[0] === 'host')
    return `There are ${names.map((field) => `host.${field}`).join(', ')}; what only a look can tell is for \`when:\`.`;
  if (path[0] === 'item') return 'There is an item only in steps with `loop:`.';
  return 'Set it under `vars:` of the inventory, a group, the host or the playbook, or with -e.';
}
