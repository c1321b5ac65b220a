import { dirname } from 'node:path';
import * as z from 'zod';
import type { Json } from '../../core/json.ts';
import type { Mistake } from '../../core/mistake.ts';
import { expand } from '../../core/nodeset.ts';
import { findDataMistakes } from '../source/data-traps.ts';
import { unfitAt } from '../source/issues.ts';
import type { JsonSchema } from '../source/json-words.ts';
import { mistakeAt, showSpan } from '../source/text-source.ts';
import { keySpan, type Path, valueSpan, type YamlDocument } from '../source/yaml-source.ts';
import { absolutePath, ConnectionKeys, type Surroundings, toSettings } from './connection.ts';
import type { Layer } from './inventory.ts';
import type { RawGroup, RawHost, RawInventory } from './raw-inventory.ts';

const VAR_NAME = 'the name of a variable has letters, digits and `_` only; `host` and `item` have a meaning of their own';

const VAR_PATTERN = /^(?!(?:host|item)$)[A-Za-z_]\w*$/;

/** Whether templates and expressions can say the name. */
export function isVarName(name: string): boolean {
  return VAR_PATTERN.test(name);
}

/** Variables, by names that templates and expressions can say. */
export const Vars = z.record(z.string().regex(VAR_PATTERN, VAR_NAME), z.unknown()).describe('Variables: plain data.');

const HostEntry = z.strictObject({ ...ConnectionKeys.shape, vars: Vars.optional() }).nullable();
const Hosts = z
  .union([z.array(z.string().min(1)), z.record(z.string(), HostEntry)])
  .describe('Hosts: a list of names and ranges, or a mapping from them to their settings.');
const Group = z
  .strictObject({
    hosts: Hosts.optional(),
    groups: z.array(z.string().min(1)).optional().describe('Groups whose hosts are in this one too.'),
    vars: Vars.optional(),
    ...ConnectionKeys.shape,
  })
  .nullable();

/** An inventory as it stands in YAML. */
const InventoryFile = z.strictObject({
  defaults: ConnectionKeys.optional().describe('How hosts are reached where neither group nor host says otherwise.'),
  vars: Vars.optional(),
  hosts: Hosts.optional(),
  groups: z.record(z.string(), Group).optional().describe('Named sets of hosts.'),
});
type InventoryFile = z.output<typeof InventoryFile>;

/** The JSON schema of InventoryFile, for messages and editors: made when it is wanted, for most inventories have no mistake to explain. */
export function inventoryFileSchema(): JsonSchema {
  return z.toJSONSchema(InventoryFile, { io: 'input', target: 'draft-7' }) as JsonSchema;
}

const FOREIGN_KEYS = {
  children: 'In this format it is `groups:`, a list.',
  ansible_host: 'In this format it is `address:`.',
  ansible_port: 'In this format it is `port:`.',
  ansible_user: 'In this format it is `user:`.',
  ansible_ssh_private_key_file: 'In this format it is `private_key:`.',
  all: 'Variables for all hosts stand under `vars:`, hosts under `hosts:` or `groups:`.',
};

interface Reader {
  readonly document: YamlDocument;
  readonly around: Surroundings;
  readonly mistakes: Mistake[];
}

/** An inventory in drover's own format. */
export function readInventory(document: YamlDocument, around: Surroundings): RawInventory {
  const checked = InventoryFile.safeParse(document.value);
  if (!checked.success) {
    const subject = () => ({ value: document.value, schema: inventoryFileSchema(), foreignKeys: FOREIGN_KEYS });
    const mistakes = unfitAt(document, [], checked, subject);
    return { roots: [], groups: [], hosts: [], mistakes, warnings: [] };
  }
  const folder = dirname(absolutePath(document.source.name, around));
  const reader: Reader = { document, around: { ...around, folder }, mistakes: [] };
  const file = checked.data;
  const root = layerOf(reader, { place: 'inventory', entry: { vars: file.vars, ...file.defaults }, path: [], keysAt: ['defaults'] });
  const hosts: RawHost[] = [...readHosts(reader, file.hosts, { path: ['hosts'], group: undefined })];
  const groups = Object.entries(file.groups ?? {}).map(([name, group]) => {
    hosts.push(...readHosts(reader, group?.hosts, { path: ['groups', name, 'hosts'], group: name }));
    return readGroup(reader, name, group);
  });
  return { roots: [root], groups, hosts, mistakes: reader.mistakes, warnings: [] };
}

type GroupEntry = NonNullable<InventoryFile['groups']>[string];

function readGroup(reader: Reader, name: string, group: GroupEntry): RawGroup {
  const path = ['groups', name];
  const span = keySpan(reader.document, path);
  if (!isName(name)) reader.mistakes.push(mistakeAt(span, `\`${name}\` cannot be a group's name`, NAME_HINT));
  const { hosts: _, groups = [], ...entry } = group ?? {};
  const children = groups.map((child, i) => ({ name: child, span: valueSpan(reader.document, [...path, 'groups', i]) }));
  return { name, span, children, layer: layerOf(reader, { place: `group ${name}`, entry, path, keysAt: path }) };
}

const NAME_HINT = 'Names have letters, digits, `.`, `-` and `_`; an address stands under `address:`.';

/** Whether a host or group may be called so: patterns and ranges give the other signs a meaning. */
export function isName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name);
}

interface HostsPlace {
  readonly path: Path;
  readonly group: string | undefined;
}

function readHosts(reader: Reader, hosts: InventoryFile['hosts'], { path, group }: HostsPlace): readonly RawHost[] {
  if (hosts === undefined) return [];
  const isList = Array.isArray(hosts);
  const entries: [string, z.output<typeof HostEntry>, Path][] = isList
    ? hosts.map((range, i) => [range, null, [...path, i]])
    : Object.entries(hosts).map(([range, entry]) => [range, entry, [...path, range]]);
  return entries.flatMap(([range, entry, at]) => {
    const span = isList ? valueSpan(reader.document, at) : keySpan(reader.document, at);
    const layer =
      entry === null || Object.keys(entry).length === 0
        ? undefined
        : layerOf(reader, { place: `host ${range}`, entry, path: at, keysAt: at });
    return namesOf(reader, range, span).map((name) => ({
      name,
      span,
      group,
      layer,
    }));
  });
}

function namesOf(reader: Reader, range: string, span: ReturnType<typeof keySpan>): readonly string[] {
  const expansion = expand(range);
  if (!expansion.ok) {
    const quote = Number(/["']/.test(span.source.text[span.start] ?? ''));
    const at = { ...span, start: Math.min(span.end - 1, span.start + quote + expansion.at), end: span.end - quote };
    reader.mistakes.push(mistakeAt(at, expansion.problem, 'Ranges are written kvm[01-40], [1,3,7-9] or [0-30/10].'));
    return [];
  }
  const bad = expansion.names.find((name) => !isName(name));
  if (bad !== undefined) reader.mistakes.push(mistakeAt(span, `\`${bad}\` cannot be a host's name`, NAME_HINT));
  return bad === undefined ? expansion.names : [];
}

interface LayerEntry {
  readonly place: string;
  readonly entry: ConnectionKeys & { readonly vars?: Readonly<Record<string, unknown>> | undefined };
  readonly path: Path;
  /** Where the connection keys stand: beside `vars` but for `defaults`. */
  readonly keysAt: Path;
}

function layerOf(reader: Reader, { place, entry, path, keysAt }: LayerEntry): Layer {
  const { document, around } = reader;
  const { vars = {}, ...keys } = entry;
  reader.mistakes.push(...findDataMistakes(document, [...path, 'vars'], vars as Json));
  return {
    place,
    depth: 0,
    vars: vars as Readonly<Record<string, Json>>,
    settings: toSettings(keys, around),
    keys: keys as Readonly<Record<string, Json>>,
    sourceOf: (kind, name) => showSpan(keySpan(document, kind === 'var' ? [...path, 'vars', name] : [...keysAt, name])),
  };
}
