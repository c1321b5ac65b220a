import type { Json } from '../../core/json.ts';
import type { Mistake } from '../../core/mistake.ts';
import type { AnyTask } from '../../core/task.ts';
import { findDataMistakes } from '../source/data-traps.ts';
import { at } from '../source/json-words.ts';
import { didYouMean, nearest } from '../source/nearest.ts';
import { mistakeAt, showSpan, type TextSource } from '../source/text-source.ts';
import { keySpan, nodeAt, type Path, textSpan, valueSpan, type YamlDocument } from '../source/yaml-source.ts';
import { taskOfModule } from './ansible-modules.ts';
import { LooseStep, type StepFile } from './playbook-schema.ts';
import { isSensitive, sensitiveSchema } from './sensitive.ts';
import { paramsSchema, type StepSource } from './step-source.ts';

/** A step as it stands in a document, whatever is wrong with it. */
export type RawStep = readonly [step: Readonly<Record<string, Json>>, path: Path];

/** Where a document has its steps. */
export const STEPS: Path = ['steps'];

/** The mappings of a list of steps. */
export function stepsOf(document: YamlDocument, base: Path): readonly RawStep[] {
  const steps = at(document.value, base);
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: Json, i) =>
    typeof step === 'object' && step !== null && !Array.isArray(step)
      ? [[step as Readonly<Record<string, Json>>, [...base, i]] as const]
      : [],
  );
}

/** Whether a step takes in those of a file. */
export function isInclude(step: RawStep[0]): boolean {
  return Object.hasOwn(step, 'include') && !Object.hasOwn(step, 'task');
}

/** Where sensitive steps stand. What is not plainly `false` was meant to hide them. */
export function sensitiveParts(document: YamlDocument, tasks: readonly AnyTask[]): NonNullable<TextSource['hidden']> {
  return stepsOf(document, STEPS).flatMap(([step, path]) => {
    const task = tasks.find(({ name }) => name === step['task']);
    const given = typeof step['with'] === 'object' && step['with'] !== null ? (step['with'] as Readonly<Record<string, Json>>) : {};
    const isFlagged = Object.hasOwn(step, 'sensitive') && step['sensitive'] !== false;
    if (!isFlagged && (task === undefined || !isSensitive({ sensitive: false, with: given }, task))) return [];
    return [rangeAt(document, path)];
  });
}

/** The stretch of the text in which the value at a path stands. */
export function rangeAt(document: YamlDocument, path: Path): NonNullable<TextSource['hidden']>[number] {
  const [from = 0, to = 0] = nodeAt(document, path)?.range ?? [];
  return { from, to };
}

/** Steps whose task there is not. */
export function findTaskMistakes(document: YamlDocument, steps: readonly RawStep[], tasks: readonly AnyTask[]): readonly Mistake[] {
  const names: readonly string[] = tasks.map(({ name }) => name);
  return steps.flatMap(([step, path]) => {
    const { task } = step;
    if (typeof task !== 'string' || names.includes(task)) return [];
    return [mistakeAt(valueSpan(document, [...path, 'task']), `there is no task \`${task}\``, taskHint(task, names))];
  });
}

function taskHint(task: string, names: readonly string[]): string {
  const module = names.find((name) => name === taskOfModule(task));
  if (module !== undefined) return `In this catalogue it is \`${module}\`.`;
  const near = nearest(task, names) ?? names.find((name) => name.endsWith(`.${task}`) || name.replace('.', '_') === task);
  return near === undefined ? didYouMean(task, names) : `Did you mean \`${near}\`?`;
}

/** What to write for a key that stands where Ansible has the module: a task of ours, or its like of Ansible. */
export function taskKeyHint(tasks: readonly AnyTask[]): (key: string) => string | undefined {
  return (key) => {
    const task = tasks.find(({ name }) => name === key || name === taskOfModule(key));
    return task && `Write \`task: ${task.name}\`, and its params under \`with:\`.`;
  };
}

/** Data in which templates stand, or booleans of YAML 1.1. */
export function findVarMistakes(document: YamlDocument, places: readonly Path[]): readonly Mistake[] {
  return places.flatMap((path) => {
    const value = at(document.value, path);
    return value === undefined || typeof value === 'string' ? [] : findDataMistakes(document, path, value);
  });
}

/** Where the steps of a document hold plain data. */
export function dataPlaces(document: YamlDocument): readonly Path[] {
  return stepsOf(document, STEPS).flatMap(([, path]) => [
    [...path, 'vars'],
    [...path, 'loop'],
  ]);
}

/** Where a step stands, and in what. */
export interface Standing {
  readonly document: YamlDocument;
  readonly base: Path;
  readonly includes: readonly StepSource[];
  readonly folder: string;
}

/** A step whose shape is right, and its task; undefined where one of them is not. */
export function stepAt(
  [raw, base]: RawStep,
  standing: Omit<Standing, 'base'>,
  byName: ReadonlyMap<string, AnyTask>,
): StepSource | undefined {
  const step = LooseStep.safeParse(raw);
  const task = step.success ? byName.get(step.data.task) : undefined;
  return step.success && task !== undefined ? stepSource({ ...standing, base }, step.data, task) : undefined;
}

function stepSource(standing: Standing, step: StepFile, task: AnyTask): StepSource {
  const { with: params = {}, loop, tags = [], name = task.name, when, register, once, optional = false, sensitive = false, vars } = step;
  const { includes } = standing;
  return {
    name: [...includes.flatMap((one) => one.name || []), name].join(': '),
    task,
    schema: sensitive ? sensitiveSchema(paramsSchema(task)) : paramsSchema(task),
    file: {
      ...{ when, register, once, optional, sensitive },
      with: params as Readonly<Record<string, Json>>,
      loop: loop as Json | undefined,
      tags: [...new Set([...includes.flatMap(({ file }) => file.tags), ...[tags].flat()])],
      vars: vars as Readonly<Record<string, Json>> | undefined,
    },
    ...placesOf(standing),
  };
}

/** Where a step, and all in it, stands. */
export function placesOf({
  document,
  base,
  includes,
  folder,
}: Standing): Pick<StepSource, 'includes' | 'folder' | 'source' | 'spanOf' | 'textSpan'> {
  return {
    includes,
    folder,
    source: showSpan({ ...valueSpan(document, base), start: nodeAt(document, base)?.range?.[0] ?? 0 }),
    spanOf: (path, part = 'value') => (part === 'key' ? keySpan(document, [...base, ...path]) : valueSpan(document, [...base, ...path])),
    textSpan: (path, part) => textSpan(document, [...base, ...path], part),
  };
}
