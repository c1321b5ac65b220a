import { basename, dirname } from 'node:path';
import type { Checked } from '../core/mistake.ts';
import { absolutePath, parseBecome, type Surroundings } from './inventory/connection.ts';
import { flagPattern, narrowing } from './inventory/flag-pattern.ts';
import type { Inventory } from './inventory/inventory.ts';
import { matchPattern, selectNames } from './inventory/pattern.ts';
import { type Extra, readExtra } from './playbook/extra-vars.ts';
import { readGate } from './playbook/gate.ts';
import { type Playbook, patternAt, readPlaybook } from './playbook/read-playbook.ts';
import { readRollout } from './playbook/rollout.ts';
import { readTextFile, tryReadTextFile } from './source/read-file.ts';
import { sortMistakes } from './source/sort-mistakes.ts';
import { withoutExcerpts } from './source/text-source.ts';
import { parseYaml } from './source/yaml-source.ts';
import { adhocStep } from './steps/adhoc-step.ts';
import { chooseSteps, tagsOf } from './steps/choose-steps.ts';
import { type LoadedWork, layWork, type WorkParts } from './steps/lay-work.ts';
import { unusedMistakes, unusedWarnings, usedNames } from './steps/used-names.ts';
import type { PlaybookOptions, WorkOptions } from './steps/work-options.ts';
import { type LocalFiles, localFiles } from './template/local-files.ts';

/** Loads a playbook and lays it over the inventory: everything is checked that can be known without a connection. */
export function loadPlaybook(path: string, inventory: Inventory, options: PlaybookOptions): Checked<LoadedWork> {
  const playbook = openPlaybook(path, options);
  return playbook.ok ? layPlaybook(playbook.value, inventory, options) : playbook;
}

/** Reads a playbook with all that it includes. */
export function openPlaybook(path: string, options: Surroundings & Pick<WorkOptions, 'tasks'>): Checked<Playbook> {
  const source = readTextFile(absolutePath(path, options), path);
  if (!source.ok) return source;
  const document = parseYaml(source.value);
  // What cannot be read cannot be told apart: no line of such a playbook is quoted if it speaks of secrets.
  if (!document.ok) return /\bsensitive\b/.test(source.value.text) ? withoutExcerpts(document) : document;
  const playbook = readPlaybook(document.value, options.tasks, options);
  return playbook.ok ? playbook : { ok: false, mistakes: sortMistakes(playbook.mistakes) };
}

function layPlaybook(playbook: Playbook, inventory: Inventory, options: PlaybookOptions): Checked<LoadedWork> {
  const { file, document, steps } = playbook;
  const files = filesIn(dirname(absolutePath(document.source.name, options)), options);
  const extra = readExtra(options.extraVars ?? [], (name) => tryReadTextFile(absolutePath(name, options), name));
  const pattern = patternAt(document, ['hosts']);
  const all = matchPattern(inventory, pattern);
  const names = selectNames(inventory, pattern, narrowing(options));
  const rollout = all.ok
    ? readRollout(playbook, inventory, { all: all.value, selected: names.ok ? names.value : [], seed: options.seed ?? '' })
    : undefined;
  const chosen = chooseSteps(steps, options);
  const gate = readGate(playbook, options.measures);
  const early = [
    ...playbook.mistakes,
    ...[extra, names, rollout, chosen, gate].flatMap((checked) => (checked === undefined || checked.ok ? [] : checked.mistakes)),
  ];
  if (!extra.ok || !names.ok || !chosen.ok) return { ok: false, mistakes: sortMistakes(early) };
  const used = usedNames([...steps, ...playbook.gate], files);
  const laid = layWork({
    ...common(inventory, { options, files, extra: extra.value }),
    warnings: unusedWarnings(playbook, used),
    lostNames: playbook.lostNames,
    leftOut: steps.filter((step) => !chosen.value.includes(step)).flatMap((step) => step.file.register ?? []),
    name: file.name ?? basename(document.source.name),
    names: names.value,
    steps: chosen.value,
    gateSteps: playbook.gate,
    gate: gate.ok ? gate.value : undefined,
    tags: tagsOf(steps),
    texts: playbook.texts,
    rollout: rollout?.ok ? rollout.value : { waves: [] },
    vars: (file.vars ?? {}) as WorkParts['vars'],
    become: file.become === undefined ? undefined : parseBecome(file.become),
  });
  return withMistakes(laid, [...early, ...unusedMistakes(extra.value.byName, used)]);
}

/** One task for the hosts of a pattern, as a playbook of one step; its params are `key=value` words, the values as YAML. */
export function adhocWork(adhoc: AdhocTask, inventory: Inventory, options: WorkOptions): Checked<LoadedWork> {
  const files = filesIn(options.folder, options);
  const extra = readExtra(options.extraVars ?? [], (name) => tryReadTextFile(absolutePath(name, options), name));
  const step = adhocStep(adhoc, options.tasks);
  const names = selectNames(inventory, flagPattern('PATTERN', adhoc.pattern), narrowing(options));
  const early = [extra, step, names].flatMap((checked) => (checked.ok ? [] : checked.mistakes));
  if (!extra.ok || !step.ok || !names.ok) return { ok: false, mistakes: sortMistakes(early) };
  const laid = layWork({
    ...common(inventory, { options, files, extra: extra.value }),
    warnings: [],
    lostNames: [],
    leftOut: [],
    name: adhoc.task,
    names: names.value,
    steps: [step.value],
    gateSteps: [],
    gate: undefined,
    tags: [],
    texts: [],
    rollout: { waves: [{ name: 'all', hosts: names.value }] },
    vars: {},
    become: undefined,
  });
  return withMistakes(laid, unusedMistakes(extra.value.byName, usedNames([step.value], files)));
}

/** What `drover task` is given. */
export interface AdhocTask {
  readonly task: string;
  readonly pattern: string;
  readonly params: readonly string[];
}

interface Common {
  readonly options: WorkOptions;
  readonly files: LocalFiles;
  readonly extra: Extra;
}

function common(
  inventory: Inventory,
  { options, files, extra }: Common,
): Pick<WorkParts, 'inventory' | 'connect' | 'facts' | 'files' | 'extra' | 'secrets'> {
  const { connect, facts, secrets = new Set() } = options;
  return { inventory, connect, facts, files, secrets, extra: { ...extra.fromFiles, ...extra.byName } };
}

function filesIn(folder: string, { home }: WorkOptions): LocalFiles {
  return localFiles({ folder, home }, (path) => tryReadTextFile(path, path));
}

function withMistakes(laid: Checked<LoadedWork>, more: Extract<Checked<never>, { ok: false }>['mistakes']): Checked<LoadedWork> {
  if (laid.ok && more.length === 0) return laid;
  return { ok: false, mistakes: sortMistakes([...more, ...(laid.ok ? [] : laid.mistakes)]) };
}
