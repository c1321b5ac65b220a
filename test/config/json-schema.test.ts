import { expect, test } from 'vitest';
import { inventorySchema, playbookSchema, stepsSchema } from '../../src/config/load.ts';
import type { Json } from '../../src/core/json.ts';
import { LocalText } from '../../src/core/task.ts';
import { tasks } from '../../src/tasks/index.ts';
import { sampleTasks } from '../support/config-samples.ts';

/** The part of JSON Schema that the schemas use, so that a value can be put to them here. */
function accepts(schema: unknown, value: unknown): boolean {
  const rule = schema as Readonly<Record<string, unknown>>;
  const list = (key: string) => (rule[key] ?? []) as readonly unknown[];
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  const properties = (rule['properties'] ?? {}) as Readonly<Record<string, unknown>>;
  const extra = rule['additionalProperties'] ?? true;
  const hasType = (type: unknown) =>
    type === 'array'
      ? Array.isArray(value)
      : type === 'integer'
        ? Number.isInteger(value)
        : type === 'null'
          ? value === null
          : type === 'object'
            ? typeof value === 'object' && value !== null && !Array.isArray(value)
            : typeof value === type;
  return [
    rule['type'] === undefined || [rule['type']].flat().some(hasType),
    rule['const'] === undefined || rule['const'] === value,
    rule['enum'] === undefined || list('enum').includes(value),
    typeof value !== 'string' || rule['pattern'] === undefined || new RegExp(String(rule['pattern'])).test(value),
    typeof value !== 'number' || rule['maximum'] === undefined || value <= Number(rule['maximum']),
    rule['anyOf'] === undefined || list('anyOf').some((branch) => accepts(branch, value)),
    list('allOf').every((branch) => accepts(branch, value)),
    rule['if'] === undefined || !accepts(rule['if'], value) || accepts(rule['then'] ?? {}, value),
    entries.length === 0 || list('required').every((key) => entries.some(([name]) => name === key)),
    entries.every(([key, item]) =>
      Object.hasOwn(properties, key) ? accepts(properties[key], item) : typeof extra === 'boolean' ? extra : accepts(extra, item),
    ),
    !Array.isArray(value) || rule['items'] === undefined || value.every((item) => accepts(rule['items'], item)),
  ].every(Boolean);
}

/** Examples hold files as tasks get them; in a playbook their names stand. */
function written(params: Readonly<Record<string, Json>>): unknown {
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [key, LocalText.safeParse(value).data?.name ?? value]));
}

const play = (step: object) => ({ hosts: 'all', steps: [step] });

test.each([
  [true, { task: 'test.echo', with: { mtu: 1400, enabled: true } }],
  [true, { task: 'test.echo', with: { mtu: '{{ mtu }}', nested: { key: '{{ x }}' }, list: ['a'] } }],
  [true, { task: 'test.file', with: { path: '/x', source: 'name.txt' } }],
  [true, { task: 'test.count' }],
  [true, { include: 'net.yaml', with: { mtu: 1400 }, tags: ['net'] }],
  [false, { include: 'net.yaml', loop: [1] }],
  [false, { include: 'net.yaml', task: 'test.count' }],
  [false, { task: 'test.echo', with: { mtu: '1400' } }],
  [false, { task: 'test.echo', with: { mut: 1400 } }],
  [false, { task: 'test.echo', with: { mtu: 90000 } }],
  [false, { task: 'test.file' }],
  [false, { task: 'test.nope' }],
  [false, { task: 'test.count', bake: '5m' }],
])('playbooks: %s for %j', (isSound, step) => {
  expect(accepts(playbookSchema(sampleTasks), play(step))).toBe(isSound);
  expect(accepts(stepsSchema(sampleTasks), { inputs: { mtu: { type: 'integer' } }, steps: [step] })).toBe(isSound);
});

test.each([
  [true, { groups: { a: { hosts: ['x'], user: 'ops' }, b: null } }],
  [true, { hosts: { 'k[1-2]': { port: 22, vars: { a: [1] } } } }],
  [false, { grups: {} }],
  [false, { hosts: { k: { port: '22' } } }],
  [false, { defaults: { host_keys: 'loose' } }],
])('inventories: %s for %j', (isSound, value) => {
  expect(accepts(inventorySchema(), value)).toBe(isSound);
});

test('every task of the catalogue is in the schema, with each of its examples sound', () => {
  const schema = playbookSchema(tasks);
  for (const { name, examples } of tasks) {
    for (const example of examples)
      expect(accepts(schema, play({ task: name, name: example.name, with: written(example.with) })), `${name}: ${example.name}`).toBe(true);
  }
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});
