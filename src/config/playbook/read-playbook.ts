import { dirname } from 'node:path';
import type { Json } from '../../core/json.ts';
import type { Checked, Mistake } from '../../core/mistake.ts';
import type { AnyTask } from '../../core/task.ts';
import { absolutePath, type Surroundings } from '../inventory/connection.ts';
import type { PatternText } from '../inventory/pattern.ts';
import { unfitAt } from '../source/issues.ts';
import { at } from '../source/json-words.ts';
import { mistakeAt } from '../source/text-source.ts';
import { type Path, textSpan, valueSpan, type YamlDocument } from '../source/yaml-source.ts';
import { FOREIGN_PLAYBOOK_KEYS, LooseInclude, LooseStep, PlaybookFile, playbookFileSchema } from './playbook-schema.ts';
import { gatherSteps } from './read-include.ts';
import { dataPlaces, findTaskMistakes, findVarMistakes, sensitiveParts, stepAt, stepsOf, taskKeyHint } from './read-steps.ts';
import type { StepSource } from './step-source.ts';

/** A playbook with its tasks found and its includes taken in, before it meets an inventory. */
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
  /** Its own text, and those of the files that it includes. */
  readonly texts: readonly string[];
}

const GATE: Path = ['rollout', 'gate'];

/** Checks all of a playbook that needs no inventory. What is sound is kept, so that it can be checked further. */
export function readPlaybook(parsed: YamlDocument, tasks: readonly AnyTask[], around: Surroundings): Checked<Playbook> {
  const hidden = [...sensitiveParts(parsed, tasks)];
  const document = { ...parsed, source: { ...parsed.source, hidden } };
  const { value, source } = document;
  if (Array.isArray(value)) {
    const hint = 'A playbook is one mapping with `hosts:` and `steps:`; a list of plays becomes several files.';
    return { ok: false, mistakes: [mistakeAt(valueSpan(document, []), 'a playbook is no list', hint)] };
  }
  const path = absolutePath(source.name, around);
  const taking = { tasks, home: around.home, texts: new Map([[path, source.text]]), told: new Set<string>(), left: { includes: 1_000 } };
  const gathered = gatherSteps({ document, hidden, includes: [], folder: dirname(path), chain: [{ path, name: source.name }] }, taking);
  const checked = PlaybookFile.safeParse(value);
  const subject = () => ({ value, schema: playbookFileSchema(), foreignKeys: FOREIGN_PLAYBOOK_KEYS, foreignKey: taskKeyHint(tasks) });
  const mistakes = [
    ...unfitAt(document, [], checked, subject),
    ...findTaskMistakes(document, stepsOf(document, GATE), tasks),
    ...findVarMistakes(document, [['vars'], ...dataPlaces(document)]),
    ...gathered.mistakes,
  ];
  const sound = checked.success ? checked : PlaybookFile.safeParse(soundPart(value));
  if (!sound.success || !gathered.isWhole) return { ok: false, mistakes };
  const byName = new Map(tasks.map((task) => [task.name as string, task]));
  const gate = stepsOf(document, GATE).flatMap((raw) => stepAt(raw, { document, includes: [], folder: dirname(path) }, byName) ?? []);
  const { steps, lostNames } = gathered;
  return { ok: true, value: { file: sound.data, document, steps, gate, mistakes, lostNames, texts: [...taking.texts.values()] } };
}

/** The playbook without what the schema refuses in its steps and beside them; hosts and variables are needed whole. */
function soundPart(value: Json): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { hosts = null, vars, steps } = value as Readonly<Record<string, Json>>;
  const soundStep = (step: Json) => LooseStep.safeParse(step).data ?? LooseInclude.safeParse(step).data ?? [];
  const sound = Array.isArray(steps) ? steps.flatMap(soundStep) : [];
  return { hosts, steps: sound, ...(vars === undefined ? {} : { vars }) };
}

/** A pattern at a path of the playbook; the entries of a list are joined. */
export function patternAt(document: YamlDocument, path: Path): PatternText {
  const value = at(document.value, path);
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
