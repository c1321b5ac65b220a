import { dirname, isAbsolute, join } from 'node:path';
import type { Checked, Mistake } from '../../core/mistake.ts';
import type { AnyTask } from '../../core/task.ts';
import { absolutePath } from '../inventory/connection.ts';
import { unfitAt } from '../source/issues.ts';
import { readTextFile } from '../source/read-file.ts';
import { mistakeAt, showSpan, type TextSource } from '../source/text-source.ts';
import { parseYaml, valueSpan, type YamlDocument } from '../source/yaml-source.ts';
import { includeSource } from './include-source.ts';
import { FOREIGN_PLAYBOOK_KEYS, type IncludeFile, LooseInclude, StepsFile, stepsFileSchema } from './playbook-schema.ts';
import {
  dataPlaces,
  findTaskMistakes,
  findVarMistakes,
  isInclude,
  type RawStep,
  rangeAt,
  STEPS,
  sensitiveParts,
  stepAt,
  stepsOf,
  taskKeyHint,
} from './read-steps.ts';
import { isSensitive } from './sensitive.ts';
import type { StepSource } from './step-source.ts';

/** What all files of a playbook have in common while they are read. */
export interface Taking {
  readonly tasks: readonly AnyTask[];
  readonly home: string;
  /** By path. */
  readonly texts: Map<string, string>;
  /** Paths of files whose mistakes have been told: they may be included again. */
  readonly told: Set<string>;
  /** How many more there may be: files that include each other twice grow beyond all measure. */
  readonly left: { includes: number };
}

/** A document with steps, and how one came to it. */
export interface StepsPlace {
  readonly document: YamlDocument;
  /** Of the document's source; grows where what is included turns out to be secret. */
  readonly hidden: { readonly from: number; readonly to: number }[];
  readonly includes: readonly StepSource[];
  readonly folder: string;
  /** The files that are being read, the playbook first. */
  readonly chain: readonly { readonly path: string; readonly name: string }[];
}

/** The steps of a document, those of its includes among them. */
export interface Gathered {
  readonly steps: readonly StepSource[];
  readonly mistakes: readonly Mistake[];
  readonly lostNames: readonly string[];
  /** Every file could be read as far as to know what its steps register. */
  readonly isWhole: boolean;
}

/** Gathers the steps of a document in order. */
export function gatherSteps(place: StepsPlace, taking: Taking): Gathered {
  const { document } = place;
  const raws = stepsOf(document, STEPS);
  const byName = new Map(taking.tasks.map((task) => [task.name as string, task]));
  const parts = raws.map((raw): Gathered => {
    if (isInclude(raw[0])) return takeIn(raw, place, taking);
    const step = stepAt(raw, place, byName);
    const { register } = raw[0];
    const lostNames = step?.file.register === undefined && typeof register === 'string' ? [register] : [];
    return { steps: step === undefined ? [] : [step], mistakes: [], lostNames, isWhole: true };
  });
  return {
    steps: parts.flatMap(({ steps }) => steps),
    mistakes: [...findTaskMistakes(document, raws, taking.tasks), ...parts.flatMap(({ mistakes }) => mistakes)],
    lostNames: parts.flatMap(({ lostNames }) => lostNames),
    isWhole: parts.every(({ isWhole }) => isWhole),
  };
}

function lost(...mistakes: readonly Mistake[]): Gathered {
  return { steps: [], mistakes, lostNames: [], isWhole: false };
}

function takeIn([raw, base]: RawStep, place: StepsPlace, taking: Taking): Gathered {
  const include = LooseInclude.safeParse(raw);
  // What is wrong with its shape is told with the shape of the whole document.
  if (!include.success) return lost();
  const opened = openFile(include.data, base, { place, taking });
  if (!opened.ok) return lost(...opened.mistakes);
  const { path, name, source } = opened.value;
  const parsed = parseYaml(source);
  if (!parsed.ok) return lost(...parsed.mistakes);
  const inside = readInside(parsed.value, taking);
  if (inside.file === undefined) return lost(...inside.mistakes);

  const standing = { document: place.document, base, includes: place.includes, folder: place.folder };
  const own = includeSource(include.data, inside.file.inputs ?? {}, { standing, inputsIn: inside.document });
  const within = { ...inside, folder: dirname(path), chain: [...place.chain, { path, name }] };
  const gathered = gatherSteps({ ...within, includes: [...place.includes, own.plain] }, taking);
  const isSecret = gathered.steps.some((step) => isSensitive(step.file, step.task));
  if (isSecret) place.hidden.push(rangeAt(place.document, base));
  const swapped = (one: StepSource) => (one === own.plain ? own.secret : one);
  const isNews = !taking.told.has(path);
  taking.told.add(path);
  return {
    ...gathered,
    steps: isSecret ? gathered.steps.map((step) => ({ ...step, includes: step.includes.map(swapped) })) : gathered.steps,
    mistakes: isNews ? [...inside.mistakes, ...own.mistakes, ...gathered.mistakes] : [],
  };
}

interface Opened {
  readonly path: string;
  readonly name: string;
  readonly source: TextSource;
}

/** The file that is meant, unless it is one of those that lead to it. */
function openFile(
  { include }: IncludeFile,
  base: RawStep[1],
  { place: { document, folder, chain }, taking }: { readonly place: StepsPlace; readonly taking: Taking },
): Checked<Opened> {
  const span = valueSpan(document, [...base, 'include']);
  const refuse = (message: string, hint: string): Checked<Opened> => ({ ok: false, mistakes: [mistakeAt(span, message, hint)] });
  if (include.includes('{{'))
    return refuse('the name of an included file is plain text', 'Give what differs from host to host as an input, or write `when:`.');
  const path = absolutePath(include, { folder, home: taking.home });
  const name = isAbsolute(include) || include.startsWith('~') ? include : join(dirname(document.source.name), include);
  const from = chain.findIndex((one) => one.path === path);
  if (from >= 0) {
    const circle = [...chain.slice(from).map((one) => one.name), name].join(' → ');
    return refuse(`\`${name}\` includes itself`, `The circle is ${circle}.`);
  }
  taking.left.includes -= 1;
  if (taking.left.includes < 0)
    return refuse('there are more than 1,000 includes', 'Include each list of steps once, and loop in its steps.');
  const read = readTextFile(path, name);
  if (!read.ok) return refuse(`${name}: ${read.mistakes[0]?.message ?? 'cannot be read'}`, `Looked for it as ${path}.`);
  taking.texts.set(path, read.value.text);
  const includedAt = [showSpan(span), ...(document.source.includedAt ?? [])];
  return { ok: true, value: { path, name, source: { ...read.value, includedAt } } };
}

interface Inside {
  readonly document: YamlDocument;
  readonly hidden: StepsPlace['hidden'];
  readonly file: StepsFile | undefined;
  readonly mistakes: readonly Mistake[];
}

const FOREIGN_STEPS_KEYS: Readonly<Record<string, string>> = {
  ...FOREIGN_PLAYBOOK_KEYS,
  ...Object.fromEntries(
    ['hosts', 'rollout', 'become', 'name'].map((key) => [key, 'A playbook cannot be included; this file has `inputs:` and `steps:`.']),
  ),
  vars: 'Write `inputs:`, each with its `type:` and a `default:`.',
};

/** Checks a file of steps by itself; `file` is absent where not even its inputs can be told. */
function readInside(parsed: YamlDocument, { tasks }: Taking): Inside {
  const hidden = [...sensitiveParts(parsed, tasks)];
  const document = { ...parsed, source: { ...parsed.source, hidden } };
  const checked = StepsFile.safeParse(document.value);
  const subject = () => ({
    value: document.value,
    schema: stepsFileSchema(),
    foreignKeys: FOREIGN_STEPS_KEYS,
    foreignKey: taskKeyHint(tasks),
  });
  const mistakes = [...unfitAt(document, [], checked, subject), ...findVarMistakes(document, dataPlaces(document))];
  return { document, hidden, file: checked.data ?? inputsAlone(document), mistakes };
}

/** The inputs of a file whose steps are not all sound. */
function inputsAlone({ value }: YamlDocument): StepsFile | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { inputs, steps } = value as { readonly inputs?: unknown; readonly steps?: unknown };
  const known = StepsFile.shape.inputs.safeParse(inputs);
  return known.success && Array.isArray(steps) ? { inputs: known.data, steps: [] } : undefined;
}
