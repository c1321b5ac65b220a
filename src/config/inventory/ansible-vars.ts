import type { Json } from '../../core/json.ts';
import type { Mistake } from '../../core/mistake.ts';
import { mistakeAt, type Span, showSpan } from '../source/text-source.ts';
import { ConnectionKeys, type Surroundings, toSettings } from './connection.ts';
import type { Layer } from './inventory.ts';
import { isVarName } from './read-inventory.ts';

/** A variable where an Ansible inventory sets it. */
export interface AnsibleVar {
  readonly name: string;
  readonly value: Json;
  readonly span: Span;
}

/** What is told of an inventory while it is read. */
export interface Notes {
  readonly mistakes: Mistake[];
  readonly warnings: Mistake[];
}

/** Ansible's variables that say how a host is reached, and our keys for them. */
const KEYS: Readonly<Record<string, keyof ConnectionKeys>> = {
  ansible_host: 'address',
  ansible_ssh_host: 'address',
  ansible_port: 'port',
  ansible_ssh_port: 'port',
  ansible_user: 'user',
  ansible_ssh_user: 'user',
  ansible_private_key_file: 'private_key',
  ansible_ssh_private_key_file: 'private_key',
};

const BECOME = ['ansible_become', 'ansible_become_user', 'ansible_become_method'];

/** Variables as a layer. What means nothing here is left out, and told. */
export function ansibleLayer(
  place: string,
  vars: readonly AnsibleVar[],
  { notes, around }: { readonly notes: Notes; readonly around: Surroundings },
): Layer {
  const kept = vars.filter((one) => isKept(one, notes));
  const plain = kept.filter(({ name }) => !name.startsWith('ansible_'));
  const keys: Record<string, Json> = Object.fromEntries(
    kept.flatMap(({ name, value }) => (KEYS[name] === undefined ? [] : [[KEYS[name], keyValue(name, value)]])),
  );
  const become = becomeOf(kept, notes);
  if (become !== undefined) keys['become'] = become;
  const checked = ConnectionKeys.safeParse(keys);
  const spanOf = (key: string) => kept.find(({ name }) => KEYS[name] === key || (key === 'become' && BECOME.includes(name)))?.span;
  for (const issue of checked.error?.issues ?? []) {
    const span = spanOf(String(issue.path[0]));
    if (span !== undefined) notes.mistakes.push(mistakeAt(span, `cannot be the ${String(issue.path[0])} of a host`, 'Correct the value.'));
  }
  return {
    place,
    depth: 0,
    vars: Object.fromEntries(plain.map(({ name, value }) => [name, value])),
    settings: checked.success ? toSettings(checked.data, around) : {},
    keys,
    sourceOf: (kind, name) => {
      const span = kind === 'var' ? plain.find((one) => one.name === name)?.span : spanOf(name);
      return span === undefined ? place : showSpan(span);
    },
  };
}

/** INI files write numbers without saying so. */
function keyValue(name: string, value: Json): Json {
  return name.endsWith('port') && typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

function isKept({ name, value, span }: AnsibleVar, { warnings }: Notes): boolean {
  const ignored = (hint: string): boolean => {
    warnings.push(mistakeAt(span, `\`${name}\` is ignored`, hint));
    return false;
  };
  if (/\{\{|\{%/.test(JSON.stringify(value))) return ignored('Its value is a Jinja template; set the value itself.');
  if (KEYS[name] !== undefined || BECOME.includes(name)) return true;
  if (/^ansible_.*pass(word)?$/.test(name)) return ignored('Passwords are asked for, with -k and -K.');
  if (name.startsWith('ansible_')) return ignored('It has no meaning here.');
  return isVarName(name) || ignored('A name has letters, digits and `_` only; `host` and `item` have a meaning of their own.');
}

function becomeOf(vars: readonly AnsibleVar[], { warnings }: Notes): Json | undefined {
  const find = (name: string) => vars.find((one) => one.name === name);
  const [become, user, method] = BECOME.map(find);
  if (become === undefined) {
    for (const one of [user, method])
      if (one !== undefined) warnings.push(mistakeAt(one.span, `\`${one.name}\` is ignored`, 'It needs `ansible_become` beside it.'));
    return undefined;
  }
  if (!/^(true|yes|on|1)$/i.test(String(become.value))) return false;
  return { method: String(method?.value ?? 'sudo'), user: String(user?.value ?? 'root') };
}
