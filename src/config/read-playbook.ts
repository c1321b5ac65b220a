import type { Json } from '../core/json.ts';
import type { Checked, Mistake } from '../core/mistake.ts';
import type { AnyTask } from '../core/task.ts';
import { findDataMistakes } from './data-traps.ts';
import { explainIssues, placeProblem } from './issues.ts';
import { didYouMean, nearest } from './nearest.ts';
import type { PatternText } from './pattern.ts';
import { FOREIGN_PLAYBOOK_KEYS, LooseStep, PLAYBOOK_SCHEMA, PlaybookFile, type StepFile } from './playbook-schema.ts';
import { isSensitive, sensitiveSchema } from './sensitive.ts';
import { paramsSchema, type StepSource } from './step-source.ts';
import { mistakeAt, showSpan, type TextSource } from './text-source.ts';
import { keySpan, nodeAt, type Path, textSpan, valueSpan, type YamlDocument } from './yaml-source.ts';

/** A playbook with its tasks found, before it meets an inventory. */
export interface Playbook {
  readonly file: PlaybookFile;
  readonly document: YamlDocument;
  readonly steps: readonly StepSource[];
  /** The tasks of its gate. */
  readonly gate: readonly StepSource[];
  /** What is wrong in the parts that are left out of `file` and `steps`. */
  readonly mistakes: readonly Mistake[];
  /** Names that steps register which are left out. */
  readonly lostNames: readonly string[];
}

/** Checks all of a playbook that needs no inventory. What is sound is kept, so that it can be checked further. */
export function readPlaybook(parsed: YamlDocument, tasks: readonly AnyTask[]): Checked<Playbook> {
  const document = { ...parsed, source: { ...parsed.source, hidden: sensitiveParts(parsed, tasks) } };
  const { value } = document;
  if (Array.isArray(value)) {
    const hint = 'A playbook is one mapping with `hosts:` and `steps:`; a list of plays becomes several files.';
    return { ok: false, mistakes: [mistakeAt(valueSpan(document, []), 'a playbook is no list', hint)] };
  }
  const checked = PlaybookFile.safeParse(value);
  const foreignKeys = { ...FOREIGN_PLAYBOOK_KEYS, ...taskKeys(tasks) };
  const subject = { value, schema: PLAYBOOK_SCHEMA, foreignKeys };
  const mistakes = checked.success
    ? []
    : explainIssues(checked.error.issues, subject).map((problem) => placeProblem(document, [], problem));
  mistakes.push(...findTaskMistakes(document, tasks), ...findVarMistakes(document));
  const sound = checked.success ? checked : PlaybookFile.safeParse(soundPart(value));
  if (!sound.success) return { ok: false, mistakes };
  const byName = new Map(tasks.map((task) => [task.name as string, task]));
  const sourcesAt = (base: Path) =>
    stepsOf(document, base).flatMap(([raw, path]) => {
      const step = LooseStep.safeParse(raw);
      const task = step.success ? byName.get(step.data.task) : undefined;
      return step.success && task !== undefined ? [stepSource(document, path, { step: step.data, task })] : [];
    });
  const steps = sourcesAt(STEPS);
  const registered = stepsOf(document).flatMap(([{ register }]) => (typeof register === 'string' ? [register] : []));
  const lostNames = registered.filter((name) => !steps.some(({ file }) => file.register === name));
  return { ok: true, value: { file: sound.data, document, steps, gate: sourcesAt(GATE), mistakes, lostNames } };
}

/** Where sensitive steps stand. What is not plainly `false` was meant to hide them. */
function sensitiveParts(document: YamlDocument, tasks: readonly AnyTask[]): NonNullable<TextSource['hidden']> {
  return stepsOf(document).flatMap(([step, path]) => {
    const task = tasks.find(({ name }) => name === step['task']);
    const given = typeof step['with'] === 'object' && step['with'] !== null ? (step['with'] as Readonly<Record<string, Json>>) : {};
    const isFlagged = Object.hasOwn(step, 'sensitive') && step['sensitive'] !== false;
    if (!isFlagged && (task === undefined || !isSensitive({ sensitive: false, with: given }, task))) return [];
    const [from = 0, to = 0] = nodeAt(document, path)?.range ?? [];
    return [{ from, to }];
  });
}

/** The playbook without what the schema refuses in its steps and beside them; hosts and variables are needed whole. */
function soundPart(value: Json): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { hosts = null, vars, steps } = value as Readonly<Record<string, Json>>;
  const sound = Array.isArray(steps) ? steps.flatMap((step: Json) => LooseStep.safeParse(step).data ?? []) : [];
  return { hosts, steps: sound, ...(vars === undefined ? {} : { vars }) };
}

/** As Ansible writes a task: its name is the key. */
function taskKeys(tasks: readonly AnyTask[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tasks.map(({ name }) => [name, `Write \`task: ${name}\`, and its params under \`with:\`.`]));
}

const STEPS: Path = ['steps'];
const GATE: Path = ['rollout', 'gate'];

function stepsOf(document: YamlDocument, base: Path = STEPS): readonly (readonly [Readonly<Record<string, Json>>, Path])[] {
  const steps = valueAt(document.value, base);
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: Json, i) =>
    typeof step === 'object' && step !== null && !Array.isArray(step)
      ? [[step as Readonly<Record<string, Json>>, [...base, i]] as const]
      : [],
  );
}

function findTaskMistakes(document: YamlDocument, tasks: readonly AnyTask[]): readonly Mistake[] {
  const names: readonly string[] = tasks.map(({ name }) => name);
  return [...stepsOf(document), ...stepsOf(document, GATE)].flatMap(([step, path]) => {
    const { task } = step;
    if (typeof task !== 'string' || names.includes(task)) return [];
    return [mistakeAt(valueSpan(document, [...path, 'task']), `there is no task \`${task}\``, taskHint(task, names))];
  });
}

function taskHint(task: string, names: readonly string[]): string {
  const near = nearest(task, names) ?? names.find((name) => name.endsWith(`.${task}`) || name.replace('.', '_') === task);
  return near === undefined ? didYouMean(task, names) : `Did you mean \`${near}\`?`;
}

function findVarMistakes(document: YamlDocument): readonly Mistake[] {
  const places: Path[] = [
    ['vars'],
    ...stepsOf(document).flatMap(([, path]) => [
      [...path, 'vars'],
      [...path, 'loop'],
    ]),
  ];
  return places.flatMap((path) => {
    const value = valueAt(document.value, path);
    return value === undefined || typeof value === 'string' ? [] : findDataMistakes(document, path, value);
  });
}

function valueAt(value: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((found, step) => {
    return typeof found === 'object' && found !== null ? (found as Readonly<Record<string | number, Json>>)[step] : undefined;
  }, value);
}

function stepSource(document: YamlDocument, base: Path, { step, task }: { readonly step: StepFile; readonly task: AnyTask }): StepSource {
  const { with: params = {}, loop, tags = [], name = task.name, when, register, once, optional = false, sensitive = false, vars } = step;
  return {
    position: Number(base.at(-1)) + 1,
    name,
    task,
    schema: sensitive ? sensitiveSchema(paramsSchema(task)) : paramsSchema(task),
    file: {
      ...{ when, register, once, optional, sensitive },
      with: params as Readonly<Record<string, Json>>,
      loop: loop as Json | undefined,
      tags: [tags].flat(),
      vars: vars as Readonly<Record<string, Json>> | undefined,
    },
    source: showSpan({ ...valueSpan(document, base), start: nodeAt(document, base)?.range?.[0] ?? 0 }),
    spanOf: (path, part = 'value') => (part === 'key' ? keySpan(document, [...base, ...path]) : valueSpan(document, [...base, ...path])),
    textSpan: (path, part) => textSpan(document, [...base, ...path], part),
  };
}

/** A pattern at a path of the playbook; the entries of a list are joined. */
export function patternAt(document: YamlDocument, path: Path): PatternText {
  const value = valueAt(document.value, path);
  if (!Array.isArray(value)) return { text: String(value), spanOf: (from, to) => textSpan(document, path, { from, to }) };
  const texts = value.map(String);
  return {
    text: texts.join(','),
    spanOf: (from, to) => {
      const before = texts.map((_, i) => texts.slice(0, i).reduce((sum, text) => sum + text.length + 1, 0));
      const index = before.findLastIndex((start) => start <= from);
      if (from === 0 && to === texts.join(',').length) return valueSpan(document, path);
      const start = before[index] ?? 0;
      return textSpan(document, [...path, index], { from: from - start, to: to - start });
    },
  };
}
