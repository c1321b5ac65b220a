import * as z from 'zod';
import { DroverError } from './errors.ts';
import type { Json } from './json.ts';
import { blocked, type Plan } from './plan.ts';
import { map, type Probe, recover } from './probe.ts';

/**
 * A kind of state that a host can be brought to. Five fields make one; the rest is for people and for later steps.
 * `plan` is pure: no clock, no random, no environment, no await.
 */
export interface Task<Schema extends z.ZodObject, State> {
  readonly name: `${string}.${string}`;
  /** One sentence that says which state it is. */
  readonly summary: string;
  readonly params: Schema;
  /** Everything that `plan` may want to know: depends on params only. */
  readonly inspect: (params: z.output<Schema>) => Probe<State>;
  readonly plan: (state: State, params: z.output<Schema>) => Plan;
  /** What `register` keeps for later steps; without it, null. Seen before the changes of this step, and again after them. */
  readonly result?: (state: State, params: z.output<Schema>) => Json;
  /** The type of `result`, for checking expressions before the first dial. */
  readonly resultSchema?: z.ZodType;
  /** What an operator wants to know before using it: what it restarts, what it refuses. */
  readonly effects: string;
  /** Steps as they would stand in a playbook, without `task:`. Each is checked by a test. */
  readonly examples: readonly { readonly name: string; readonly with: Readonly<Record<string, Json>> }[];
}

/** What a task says of a host. */
export interface Finding {
  readonly plan: Plan;
  readonly result: Json;
  /** The params that it was found with, so that a record of the step can ask again. Absent where they are secret. */
  readonly params?: Json;
}

/** A task with its types folded away: a name, a schema, and a way from checked params to a probe. */
export interface AnyTask extends Pick<Task<z.ZodObject, never>, 'name' | 'summary' | 'params' | 'effects' | 'examples' | 'resultSchema'> {
  /** Parses the params (throws ZodError) and prepares the look. What cannot be read becomes a `blocked` plan. */
  readonly prepare: (params: Json) => Probe<Finding>;
}

const declared = new WeakSet<object>();

/** Whether a value was made by `defineTask`. */
export function isTask(value: unknown): value is AnyTask {
  return typeof value === 'object' && value !== null && declared.has(value);
}

/** Declares a task. */
export function defineTask<Schema extends z.ZodObject, State>(task: Task<Schema, State>): AnyTask {
  const { name, summary, params, effects, examples, resultSchema } = task;
  const made: AnyTask = {
    name,
    summary,
    params,
    effects,
    examples,
    ...(resultSchema === undefined ? {} : { resultSchema }),
    prepare: (raw) => {
      const checked = params.parse(raw);
      const probe = map(
        task.inspect(checked),
        (state): Finding => ({
          plan: task.plan(state, checked),
          result: task.result?.(state, checked) ?? null,
          params: raw,
        }),
      );
      return recover(probe, unreadable);
    },
  };
  declared.add(made);
  return made;
}

/** What we cannot read we do not change. Any other exception is a bug and goes on. */
function unreadable(error: unknown): Finding {
  if (!(error instanceof DroverError)) throw error;
  return { plan: blocked(error.message, error.hint), result: null };
}

/** What a param's schema may say about it beyond its type. */
export interface ParamMeta {
  /** The value names a file on the controller: config puts a LocalText in its place, rendered for the host if it is a template. */
  readonly local?: 'text' | 'template';
  /** The value must not be shown anywhere. */
  readonly sensitive?: true;
}

/** A file on the controller, loaded (and rendered) before the first dial. In YAML it is written as its name. */
export const LocalText = z.strictObject({ name: z.string(), text: z.string() });
export type LocalText = z.output<typeof LocalText>;

/** A param that names a text file, relative to the playbook's folder (or its `files/`). */
export function localText(description: string) {
  return LocalText.meta({ local: 'text' satisfies ParamMeta['local'], description });
}

/** A param that names a Handlebars template, relative to the playbook's folder (or its `templates/`). */
export function localTemplate(description: string) {
  return LocalText.meta({ local: 'template' satisfies ParamMeta['local'], description });
}
