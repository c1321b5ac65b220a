import type { AnyTask, ParamMeta } from '../core/task.ts';

/** A param of a task, in words for people. */
export interface Param {
  readonly name: string;
  readonly type: string;
  readonly byDefault: string;
  readonly description: string;
}

/** What a JSON Schema says of one property, as far as people want to know it. */
interface Property extends ParamMeta {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly items?: Property;
  readonly anyOf?: readonly Property[];
}

/** The params of a task as its schema has them. */
export function paramsOf({ params }: AnyTask): readonly Param[] {
  const schema = params.toJSONSchema({ io: 'input', unrepresentable: 'any' });
  const required = schema.required ?? [];
  return Object.entries((schema.properties ?? {}) as Readonly<Record<string, Property>>).map(([name, property]) => ({
    name,
    type: typeOf(property),
    byDefault: required.includes(name) ? '(required)' : property.default === undefined ? '' : JSON.stringify(property.default),
    description: property.description ?? '',
  }));
}

function typeOf(property: Property): string {
  if (property.local !== undefined) return property.local === 'template' ? 'template file' : 'file';
  if (property.const !== undefined) return JSON.stringify(property.const);
  if (property.enum !== undefined) return property.enum.map((value) => String(value)).join(' | ');
  if (property.anyOf !== undefined) return property.anyOf.map(typeOf).join(' | ');
  if (property.type === 'array') return `list of ${property.items === undefined ? 'anything' : typeOf(property.items)}`;
  return [property.type ?? 'anything'].flat().join(' | ');
}
