import type { HostFacts } from '../../core/facts.ts';
import type { Json } from '../../core/json.ts';
import type { JsonSchema } from '../source/json-words.ts';
import type { Data } from '../template/host-data.ts';
import { type CelType, typeOfSchema, typeOfValues } from './cel-types.ts';
import { checkExpression, type Expression, type ExpressionProblem, usesOf } from './expression.ts';

/** A step's `when`, checked. */
export interface Condition {
  readonly text: string;
  /** Variables, and `host`'s own fields, that it depends on. */
  readonly paths: readonly (readonly string[])[];
  /** Names that earlier steps register. */
  readonly needs: readonly string[];
  /** It asks what only a look can tell. */
  readonly usesFacts: boolean;
  readonly evaluate: Expression['evaluate'];
}

/** What an expression may use. */
export interface Scope {
  readonly hosts: readonly Data[];
  readonly registered: ReadonlyMap<string, JsonSchema | undefined>;
}

export type CheckedCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly problem: ExpressionProblem };

const FACTS = ['arch', 'kernel', 'os', 'init'] as const satisfies readonly (keyof HostFacts)[];

const HOST_TYPE: CelType = {
  name: 'string',
  groups: 'list<string>',
  address: 'string',
  arch: 'string',
  kernel: 'string',
  os: { id: 'string', version: 'string', family: 'string' },
  init: 'string',
};

/** Parses a `when`, and checks it against the types of what it uses on all hosts. */
export function checkCondition(text: string, { hosts, registered }: Scope): CheckedCondition {
  const used = usesOf(text);
  if (!used.ok) return used;
  const roots = [...new Set(used.uses.map(({ path }) => path[0] ?? ''))];
  const variables = roots.filter((name) => !registered.has(name) && hosts.some((data) => Object.hasOwn(data, name)));
  const types: Record<string, CelType> = {};
  for (const name of variables)
    types[name] = name === 'host' ? HOST_TYPE : typeOfValues(hosts.filter((data) => Object.hasOwn(data, name)).map((data) => data[name]));
  for (const name of roots.filter((root) => registered.has(root))) types[name] = typeOfSchema(registered.get(name));
  const names = [...new Set([...registered.keys(), ...hosts.slice(0, 1).flatMap(Object.keys)])];
  const checked = checkExpression(text, { types, names });
  if (!checked.ok) return checked;
  const paths = used.uses.map(({ path }) => path).filter(([root = '']) => variables.includes(root));
  return {
    ok: true,
    condition: {
      text,
      paths: paths.map(([root = '', field]) => (root === 'host' && field !== undefined ? [root, field] : [root])),
      needs: roots.filter((name) => registered.has(name)),
      usesFacts: used.uses.some(
        ({ path: [root, field] }) => root === 'host' && FACTS.some((fact) => field === undefined || field === fact),
      ),
      evaluate: checked.expression.evaluate,
    },
  };
}

/** A condition that is plain `true` or `false`. */
export function constantCondition(value: boolean): Condition {
  return { text: String(value), paths: [], needs: [], usesFacts: false, evaluate: () => ({ ok: true, value }) };
}

/** The data with what was looked up of the host. */
export function withFacts(data: Data, facts: HostFacts): Data {
  return { ...data, host: { ...(data['host'] as Readonly<Record<string, Json>>), ...facts, os: { ...facts.os } } };
}
