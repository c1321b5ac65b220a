import type { Json } from '../../core/json.ts';
import { mistakeAt } from '../source/text-source.ts';
import { keySpan, type Path, valueSpan, type YamlDocument } from '../source/yaml-source.ts';
import { type AnsibleGroup, type Assembling, ansibleNames, finish } from './ansible-groups.ts';
import { type AnsibleVar, ansibleLayer, type Notes } from './ansible-vars.ts';
import type { Surroundings } from './connection.ts';
import type { RawInventory } from './raw-inventory.ts';

type Mapping = Readonly<Record<string, Json>>;

function isMapping(value: Json | undefined): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const OWN_KEYS = ['defaults', 'vars', 'hosts', 'groups'];
const GROUP_KEYS = ['hosts', 'children', 'vars'];

/** Whether a document is Ansible's: groups at the top, and none of drover's keys. */
export function isAnsible(value: Json): boolean {
  if (!isMapping(value)) return false;
  const entries = Object.entries(value);
  if (entries.some(([key]) => OWN_KEYS.includes(key))) return false;
  return 'all' in value || '_meta' in value || (entries.length > 0 && entries.every(([, group]) => isGroup(group)));
}

function isGroup(value: Json): boolean {
  const keys = isMapping(value) ? Object.keys(value) : [];
  return keys.some((key) => key === 'hosts' || key === 'children') && keys.every((key) => GROUP_KEYS.includes(key));
}

interface Reading {
  readonly document: YamlDocument;
  readonly around: Surroundings;
  readonly made: Assembling;
}

/** An inventory in Ansible's YAML format, or what `ansible-inventory --list` prints. */
export function readAnsibleYaml(document: YamlDocument, around: Surroundings): RawInventory {
  const notes: Notes = { mistakes: [], warnings: [] };
  const made: Assembling = { groups: new Map(), hosts: [], notes };
  const reading: Reading = { document, around, made };
  const groups = isMapping(document.value) ? document.value : {};
  if (!isMapping(document.value))
    notes.mistakes.push(mistakeAt(valueSpan(document, []), 'expected a mapping of groups', 'See `ansible-inventory --list`.'));
  for (const [name, group] of Object.entries(groups)) {
    if (name !== '_meta') readGroup(reading, name, { group, path: [name] });
  }
  readMeta(reading);
  return finish(made, around);
}

interface Place {
  readonly group: Json | undefined;
  readonly path: Path;
}

function readGroup(reading: Reading, name: string, { group, path }: Place): void {
  const { document, made } = reading;
  const span = keySpan(document, path);
  const known = made.groups.get(name) ?? { span, children: [], vars: [] };
  made.groups.set(name, known);
  if (Array.isArray(group)) readHosts(reading, name, { group, path });
  if (isMapping(group)) readGroupKeys(reading, name, { group, path, known });
}

interface GroupPlace {
  readonly group: Mapping;
  readonly path: Path;
  readonly known: AnsibleGroup;
}

function readGroupKeys(reading: Reading, name: string, { group, path, known }: GroupPlace): void {
  const { document, made } = reading;
  known.vars.push(...varsAt(document, group['vars'], [...path, 'vars']));
  readHosts(reading, name, { group: group['hosts'], path: [...path, 'hosts'] });
  const { children } = group;
  const names = Array.isArray(children) ? children.map(String) : isMapping(children) ? Object.keys(children) : [];
  names.forEach((child, i) => {
    const at = [...path, 'children', Array.isArray(children) ? i : child];
    known.children.push({ name: child, span: Array.isArray(children) ? valueSpan(document, at) : keySpan(document, at) });
    if (isMapping(children)) readGroup(reading, child, { group: children[child], path: at });
  });
  for (const key of Object.keys(group).filter((one) => !GROUP_KEYS.includes(one))) {
    made.notes.warnings.push(
      mistakeAt(keySpan(document, [...path, key]), `\`${key}\` is ignored`, 'A group has hosts, children and vars.'),
    );
  }
}

function varsAt(document: YamlDocument, value: Json | undefined, path: Path): readonly AnsibleVar[] {
  return isMapping(value)
    ? Object.entries(value).map(([name, item]) => ({ name, value: item, span: keySpan(document, [...path, name]) }))
    : [];
}

function readHosts({ document, around, made }: Reading, name: string, { group, path }: Place): void {
  const inGroup = name === 'all' || name === 'ungrouped' ? undefined : name;
  const isList = Array.isArray(group);
  const ranges = isList ? group.map(String) : isMapping(group) ? Object.keys(group) : typeof group === 'string' ? [group] : [];
  ranges.forEach((range, i) => {
    const at = isList ? [...path, i] : [...path, range];
    const span = isMapping(group) ? keySpan(document, at) : valueSpan(document, at);
    const vars = isMapping(group) ? varsAt(document, group[range], at) : [];
    const layer = vars.length === 0 ? undefined : ansibleLayer(`host ${range}`, vars, { notes: made.notes, around });
    for (const host of ansibleNames(range, span, made.notes)) made.hosts.push({ name: host, span, group: inGroup, layer });
  });
}

/** `_meta.hostvars` holds the variables of all hosts. */
function readMeta({ document, around, made }: Reading): void {
  const meta = isMapping(document.value) ? document.value['_meta'] : undefined;
  const hostvars = isMapping(meta) ? meta['hostvars'] : undefined;
  if (!isMapping(hostvars)) return;
  for (const [name, vars] of Object.entries(hostvars)) {
    const path = ['_meta', 'hostvars', name];
    const entries = varsAt(document, vars, path);
    const layer = ansibleLayer(`host ${name}`, entries, { notes: made.notes, around });
    made.hosts.push({ name, span: keySpan(document, path), group: undefined, layer });
  }
}
