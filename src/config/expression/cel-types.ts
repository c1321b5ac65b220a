import type { ObjectSchema } from '@marcbachmann/cel-js';
import type { Json } from '../../core/json.ts';
import type { JsonSchema } from '../source/json-words.ts';

/** A type as CEL's checker has it: a name, or the fields of a mapping. */
export type CelType = string | ObjectSchema;

/** The type that all values have; `dyn` where they differ. */
export function typeOfValues(values: readonly (Json | undefined)[]): CelType {
  const types = new Set(values.map(typeOfValue));
  const [only = 'dyn'] = types;
  return types.size === 1 ? only : 'dyn';
}

function typeOfValue(value: Json | undefined): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
  if (Array.isArray(value)) return typeOfList(value);
  return value === null || value === undefined ? 'dyn' : 'map';
}

function typeOfList(values: readonly Json[]): string {
  const types = new Set(values.map(typeOfValue));
  const [only = 'dyn'] = types;
  return types.size === 1 && /^(string|bool|int|double)$/.test(only) ? `list<${only}>` : 'list';
}

/** The type of what a schema describes; `dyn` where it leaves a choice. */
export function typeOfSchema(schema: JsonSchema | undefined): CelType {
  switch (schema?.type) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'integer':
      return 'int';
    case 'array': {
      const item = typeOfSchema(schema.items as JsonSchema | undefined);
      return typeof item === 'string' && /^(string|bool|int)$/.test(item) ? `list<${item}>` : 'list';
    }
    case 'object':
      return typeOfObject(schema.properties ?? {});
    default:
      return 'dyn';
  }
}

function typeOfObject(properties: Readonly<Record<string, JsonSchema>>): CelType {
  const names = Object.keys(properties);
  if (names.length === 0 || names.some((name) => !/^[A-Za-z_]\w*$/.test(name))) return 'map';
  return Object.fromEntries(names.map((name) => [name, typeOfSchema(properties[name])]));
}

/** CEL's whole numbers are of another kind than its fractions. */
export function celValue(value: Json | undefined): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, celValue(item)]));
}
