import type { Json } from '../../core/json.ts';
import { SHORTEST_SECRET } from '../../core/secret.ts';
import type { AnyTask } from '../../core/task.ts';
import type { Finding } from '../source/findings.ts';
import { type JsonSchema, schemaAt } from '../source/json-words.ts';
import type { Path } from '../source/yaml-source.ts';
import { paramsSchema, type StepSource } from './step-source.ts';

/** Whether a step is sensitive, by its own word or because it has a param that is. */
export function isSensitive({ sensitive, with: params }: Pick<StepSource['file'], 'sensitive' | 'with'>, task: AnyTask): boolean {
  const schema = paramsSchema(task);
  return sensitive || Object.keys(params).some((name) => holdsSensitive(schemaAt(schema, [name])));
}

/** Whether a schema describes anything sensitive. */
export function holdsSensitive(schema: JsonSchema | undefined): boolean {
  return JSON.stringify(schema ?? {}).includes('"sensitive":true');
}

/** The schema, with all that it describes marked as sensitive. */
export function sensitiveSchema(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, anyOf, oneOf } = schema;
  const marked = Object.entries(properties ?? {}).map(([name, property]) => [name, sensitiveSchema(property)]);
  return {
    ...schema,
    sensitive: true,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(marked) }),
    ...(items === undefined || Array.isArray(items) ? {} : { items: sensitiveSchema(items as JsonSchema) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: sensitiveSchema(additionalProperties) } : {}),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(sensitiveSchema) }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map(sensitiveSchema) }),
  };
}

/** A single value below another one. */
export interface Leaf {
  readonly path: Path;
  readonly text: string;
}

/** All texts and numbers below a value. */
export function leavesOf(value: Json | undefined, path: Path = []): readonly Leaf[] {
  if (typeof value === 'string' || typeof value === 'number') return [{ path, text: String(value) }];
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, Json][] = Array.isArray(value) ? value.map((item: Json, i) => [i, item]) : Object.entries(value);
  return entries.flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

/** Whether what stands at a path of the params is sensitive, whatever the step says. */
export function isSensitiveAt({ task }: StepSource, path: Path): boolean {
  const schema = paramsSchema(task);
  return path.some((_, i) => schemaAt(schema, path.slice(0, i + 1))?.['sensitive'] === true);
}

/** Sensitive params that are too short to be masked. */
export function shortSecrets(step: StepSource, params: Json): readonly Finding[] {
  const short = leavesOf(params).filter(({ path, text }) => isSensitiveAt(step, path) && isShort(text.trim()));
  return short.map(({ path }) => ({
    span: step.spanOf(['with', ...path]),
    message: `\`${path.join('.')}\` is too short for a secret: the least is ${SHORTEST_SECRET} characters`,
    hint: 'What is shorter cannot be masked: it stands in every other word.',
  }));
}

function isShort(text: string): boolean {
  return text !== '' && text.length < SHORTEST_SECRET;
}
