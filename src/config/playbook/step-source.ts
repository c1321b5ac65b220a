import * as z from 'zod';
import type { Json } from '../../core/json.ts';
import type { AnyTask } from '../../core/task.ts';
import type { JsonSchema } from '../source/json-words.ts';
import type { Span } from '../source/text-source.ts';
import type { Path } from '../source/yaml-source.ts';

/** A step as it was written, its task found; an include is one of a task whose params are its inputs. */
export interface StepSource {
  readonly name: string;
  readonly task: AnyTask;
  /** Of its params; all marked as sensitive where the step is. */
  readonly schema: JsonSchema;
  readonly file: {
    readonly with: Readonly<Record<string, Json>>;
    readonly when: string | boolean | undefined;
    readonly register: string | undefined;
    readonly loop: Json | undefined;
    readonly tags: readonly string[];
    readonly once: 'run' | 'wave' | undefined;
    readonly optional: boolean;
    readonly sensitive: boolean;
    readonly vars: Readonly<Record<string, Json>> | undefined;
  };
  /** The includes that it stands in, the outermost first. */
  readonly includes: readonly StepSource[];
  /** Where the paths begin that it names; absent where that is the folder of the work. */
  readonly folder?: string;
  /** Of an include: where its file declares an input. */
  readonly declaredAt?: (input: string) => string;
  /** file:line:col of the step. */
  readonly source: string;
  /** Where the value or the key at a path of the step stands. */
  readonly spanOf: (path: Path, part?: 'key' | 'value') => Span;
  /** Where a part of a text at a path of the step stands. */
  readonly textSpan: (path: Path, part: { readonly from: number; readonly to: number }) => Span;
}

/** Fleets have many steps of few tasks. */
const known = new WeakMap<AnyTask, JsonSchema>();

/** The JSON schema of a task's params. */
export function paramsSchema(task: AnyTask): JsonSchema {
  const found = known.get(task);
  if (found !== undefined) return found;
  const schema = z.toJSONSchema(task.params, { io: 'input', target: 'draft-7', unrepresentable: 'any' }) as JsonSchema;
  known.set(task, schema);
  return schema;
}

/** What a task's result is like; undefined where it does not tell. */
export function resultSchema(task: AnyTask): JsonSchema | undefined {
  if (task.resultSchema === undefined) return undefined;
  return z.toJSONSchema(task.resultSchema, { target: 'draft-7', unrepresentable: 'any' }) as JsonSchema;
}
