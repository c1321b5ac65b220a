import * as z from 'zod';
import type { Json } from '../../core/json.ts';
import type { Mistake } from '../../core/mistake.ts';
import { steady } from '../../core/plan.ts';
import { constant } from '../../core/probe.ts';
import { type AnyTask, defineTask } from '../../core/task.ts';
import { findDataMistakes } from '../source/data-traps.ts';
import { unfitAt } from '../source/issues.ts';
import type { JsonSchema } from '../source/json-words.ts';
import { showSpan } from '../source/text-source.ts';
import { keySpan, type YamlDocument } from '../source/yaml-source.ts';
import type { IncludeFile, InputFile } from './playbook-schema.ts';
import { placesOf, type Standing } from './read-steps.ts';
import { sensitiveSchema } from './sensitive.ts';
import { paramsSchema, type StepSource } from './step-source.ts';

type Inputs = Readonly<Record<string, InputFile>>;

/** An include as a step of a task whose params are its inputs. */
export interface IncludeSource {
  readonly plain: StepSource;
  /** The same, where no value of it may be shown. */
  readonly secret: StepSource;
  /** Defaults that do not fit. */
  readonly mistakes: readonly Mistake[];
}

/** Makes a step of an include. */
export function includeSource(
  { name = '', with: values = {}, when, tags = [] }: IncludeFile,
  inputs: Inputs,
  { standing, inputsIn }: { readonly standing: Standing; readonly inputsIn: YamlDocument },
): IncludeSource {
  const task = inputsTask(inputs, inputsIn);
  const plain: StepSource = {
    name,
    task,
    schema: paramsSchema(task),
    file: {
      with: values as Readonly<Record<string, Json>>,
      when,
      register: undefined,
      once: undefined,
      loop: undefined,
      tags: [...new Set([...standing.includes.flatMap(({ file }) => file.tags), ...[tags].flat()])],
      optional: false,
      sensitive: false,
      vars: undefined,
    },
    ...placesOf(standing),
    declaredAt: (input) => showSpan(keySpan(inputsIn, ['inputs', input])),
  };
  const secret = { ...plain, schema: sensitiveSchema(plain.schema), file: { ...plain.file, sensitive: true } };
  return { plain, secret, mistakes: findDefaultMistakes(inputs, inputsIn) };
}

const TYPES = {
  string: z.string(),
  integer: z.int(),
  number: z.number(),
  boolean: z.boolean(),
  list: z.array(z.json()),
  mapping: z.record(z.string(), z.json()),
} as const satisfies Readonly<Record<InputFile['type'], z.ZodType>>;

/** Never looked with: its params are what the included steps know. */
function inputsTask(inputs: Inputs, document: YamlDocument): AnyTask {
  const params = Object.entries(inputs).map(([name, input]): readonly [string, z.ZodType] => {
    const type: z.ZodType = TYPES[input.type].describe(input.description ?? name);
    const isOptional = Object.hasOwn(input, 'default');
    return [name, isOptional ? type.default(input.default) : type];
  });
  return defineTask({
    name: 'include.inputs',
    summary: `The inputs of ${document.source.name}.`,
    params: z.strictObject(Object.fromEntries(params)),
    inspect: () => constant(null),
    plan: () => steady('its steps are steps of their own'),
    effects: 'None.',
    examples: [],
  });
}

function findDefaultMistakes(inputs: Inputs, document: YamlDocument): readonly Mistake[] {
  return Object.entries(inputs).flatMap(([name, input]) => {
    if (!Object.hasOwn(input, 'default')) return [];
    const path = ['inputs', name, 'default'];
    const value = input.default as Json;
    const checked = TYPES[input.type].safeParse(value);
    const schema = () => z.toJSONSchema(TYPES[input.type], { io: 'input', target: 'draft-7' }) as JsonSchema;
    const unfit = unfitAt(document, path, checked, () => ({ value, schema: schema() }));
    return [...unfit, ...findDataMistakes(document, path, value)];
  });
}
