import type { Json } from '../../core/json.ts';

/** The part of JSON Schema (draft-7) that zod writes. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

/** The value at a path; undefined where there is none. */
export function at(value: Json, path: readonly (string | number)[]): Json | undefined {
  let found: Json | undefined = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Readonly<Record<string | number, Json>>)[step];
  }
  return found;
}

/** The schema of what stands at a path; undefined where the schema does not tell. */
export function schemaAt(schema: JsonSchema | undefined, path: readonly (string | number)[]): JsonSchema | undefined {
  const [step, ...rest] = path;
  if (schema === undefined || step === undefined) return schema;
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    return branches.map((branch) => schemaAt(branch, path)).find((found) => found !== undefined);
  }
  return schemaAt(childSchema(schema, step), rest);
}

function childSchema(schema: JsonSchema, step: string | number): JsonSchema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, step)) return schema.properties[step];
  if (typeof step === 'number' && schema.items !== undefined && !Array.isArray(schema.items)) return schema.items as JsonSchema;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** The keys that a mapping may have, in whatever form the schema allows one. */
export function keysOf(schema: JsonSchema | undefined): readonly string[] {
  const branches = schema?.anyOf ?? schema?.oneOf ?? [];
  return [...Object.keys(schema?.properties ?? {}), ...branches.flatMap(keysOf)];
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'null',
};

/** What a schema expects. */
export function inWords(schema: JsonSchema): string {
  if (schema['local'] !== undefined) return 'the name of a file';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.length === 1 ? String(schema.enum[0]) : `one of ${schema.enum.join(', ')}`;
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return [...new Set(branches.map(inWords))].join(' or ');
  const types = [schema.type ?? []].flat();
  return types.map((type) => WORDS[type] ?? type).join(' or ') || 'a value';
}

/** A value in a message; nothing of it where it is sensitive. */
export function show(value: Json, schema?: JsonSchema): string {
  if (schema?.['sensitive'] === true) return 'this';
  if (typeof value === 'string') return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}…` : JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'a mapping' : String(value);
}
