import type { AnyTask } from '../core/task.ts';
import { inventoryFileSchema } from './inventory/read-inventory.ts';
import { playbookFileSchema, stepsFileSchema } from './playbook/playbook-schema.ts';
import { paramsSchema } from './playbook/step-source.ts';
import type { JsonSchema } from './source/json-words.ts';

/** JSON Schema (draft-7) of inventories, for editors. */
export function inventorySchema(): JsonSchema {
  return { ...inventoryFileSchema(), title: 'drover inventory' };
}

/** JSON Schema (draft-7) of playbooks, with the params of every task, for editors. */
export function playbookSchema(tasks: readonly AnyTask[]): JsonSchema {
  return { ...withParams(playbookFileSchema(), tasks), title: 'drover playbook' };
}

/** JSON Schema (draft-7) of the files that `include:` takes in, with the params of every task, for editors. */
export function stepsSchema(tasks: readonly AnyTask[]): JsonSchema {
  return { ...withParams(stepsFileSchema(), tasks), title: 'drover steps' };
}

function withParams(schema: JsonSchema, tasks: readonly AnyTask[]): JsonSchema {
  const { steps, ...properties } = schema.properties ?? {};
  const { anyOf: [step = {}, include = {}] = [] } = (steps?.items ?? {}) as JsonSchema;
  const task = { ...step.properties?.['task'], enum: tasks.map(({ name }) => name) };
  const own = { ...step, properties: { ...step.properties, task }, allOf: tasks.map(paramsRule) };
  return { ...schema, properties: { ...properties, steps: { ...steps, items: { anyOf: [own, include] } } } };
}

function paramsRule(task: AnyTask): JsonSchema {
  const { $schema: _, ...params } = paramsSchema(task);
  const fillable = templated({ ...params, description: `${task.summary} ${task.effects}` });
  const needsParams = (params.required ?? []).length > 0 ? { required: ['with'] } : {};
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word
  return { if: { properties: { task: { const: task.name } } }, then: { properties: { with: fillable }, ...needsParams } };
}

const TEMPLATE: JsonSchema = { type: 'string', pattern: '\\{\\{' };

/** Every value below may be a text with a template in it; a file of the controller is its name. */
function templated(schema: JsonSchema): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [name, orTemplate(property)]);
  const { items, additionalProperties } = schema;
  return {
    ...schema,
    ...(schema.properties === undefined ? {} : { properties: Object.fromEntries(properties) }),
    ...(items === undefined || Array.isArray(items) ? {} : { items: orTemplate(items as JsonSchema) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: orTemplate(additionalProperties) } : {}),
    ...(schema.anyOf === undefined ? {} : { anyOf: schema.anyOf.map(templated) }),
    ...(schema.oneOf === undefined ? {} : { oneOf: schema.oneOf.map(templated) }),
  };
}

function orTemplate(schema: JsonSchema): JsonSchema {
  const { description, default: preset } = schema;
  const about = { ...(description === undefined ? {} : { description }), ...(preset === undefined ? {} : { default: preset }) };
  if (schema['local'] !== undefined) return { type: 'string', ...about };
  const isPlainText =
    schema.type === 'string' && ['pattern', 'enum', 'const', 'format', 'maxLength'].every((key) => schema[key] === undefined);
  return isPlainText ? schema : { ...about, anyOf: [templated(schema), TEMPLATE] };
}
