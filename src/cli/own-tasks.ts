import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { register } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readTextFile, type TextSource, textMistake } from '../config/load.ts';
import type { Checked, Mistake } from '../core/mistake.ts';
import { type AnyTask, isTask } from '../core/task.ts';
import { tasks as ownTasks } from '../tasks/index.ts';

/** Every task that a playbook may name, and the texts of those that are not drover's. */
export interface Catalogue {
  readonly tasks: readonly AnyTask[];
  readonly texts: readonly string[];
}

interface Loaded {
  readonly source: TextSource;
  readonly tasks: readonly AnyTask[];
  readonly mistakes: readonly Mistake[];
}

/** drover's tasks, and those of the files in `tasks/` of a folder. `shown` is what messages call that folder. */
export async function catalogueOf(folder: string, shown: string): Promise<Checked<Catalogue>> {
  const beside = resolve(folder, 'tasks');
  const files = existsSync(beside) ? readdirSync(beside).filter(isTaskFile).sort() : [];
  if (files.length === 0) return { ok: true, value: { tasks: ownTasks, texts: [] } };
  offerVocabulary(beside);
  const read = files.map((name) => ({ path: join(beside, name), source: readTextFile(join(beside, name), join(shown, 'tasks', name)) }));
  const loaded: Loaded[] = [];
  for (const { path, source } of read) if (source.ok) loaded.push(await loadFile(path, source.value));
  const unread = read.flatMap(({ source }) => (source.ok ? [] : source.mistakes));
  const mistakes = [...unread, ...loaded.flatMap((one) => one.mistakes), ...clashes(loaded)];
  if (mistakes.length > 0) return { ok: false, mistakes };
  return {
    ok: true,
    value: { tasks: [...ownTasks, ...loaded.flatMap(({ tasks }) => tasks)], texts: loaded.map(({ source }) => source.text) },
  };
}

/** Tests, declarations, and what only helps are no tasks. */
function isTaskFile(name: string): boolean {
  return /^[^._].*\.m?[jt]s$/.test(name) && !/\.(test|spec|d)\.m?[jt]s$/.test(name);
}

const offered = new Set<string>();

/** Files of this folder find `drover/task` in the drover that runs, and are modules whatever package.json stands around them. */
function offerVocabulary(folder: string): void {
  if (offered.has(folder)) return;
  offered.add(folder);
  const vocabulary = new URL(import.meta.url.endsWith('.ts') ? '../task.ts' : './task.js', import.meta.url).href;
  const hooks = `
    const [vocabulary, folder] = ${JSON.stringify([vocabulary, `${pathToFileURL(folder).href}/`])};
    export async function resolve(name, context, next) {
      if (name === 'drover/task') return { url: vocabulary, shortCircuit: true };
      const found = await next(name, context);
      return found.url.startsWith(folder) && found.url.endsWith('.js') ? { ...found, format: 'module' } : found;
    }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

async function loadFile(path: string, source: TextSource): Promise<Loaded> {
  const refused = (...mistakes: readonly Mistake[]): Loaded => ({ source, tasks: [], mistakes });
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (error) {
    return refused(loadMistake(error, path, source));
  }
  const values = Object.entries(exported);
  const found = values.flatMap(([, value]) => (isTask(value) ? [value] : []));
  if (found.length > 0) return { source, tasks: found, mistakes: found.flatMap((task) => taskMistakes(task, source)) };
  const nearly = values.find(([, value]) => typeof value === 'object' && value !== null && 'plan' in value && 'inspect' in value);
  const hint =
    nearly === undefined
      ? 'Export what `defineTask` of `drover/task` gives; a file that only helps has a name that begins with `_`.'
      : `Write \`export const ${nearly[0]} = defineTask({ … })\`, with \`defineTask\` of \`drover/task\`.`;
  return refused(textMistake(source, nearly?.[0] ?? '', { message: 'exports no task', hint }));
}

function loadMistake(error: unknown, path: string, source: TextSource): Mistake {
  const { code, message = String(error), stack = '' } = error as NodeJS.ErrnoException;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    const hint = 'Node.js reads it by itself from 22.18 on; else write JavaScript, in a file that ends in .mjs.';
    return textMistake(source, { from: 0 }, { message: `Node.js ${process.version} reads no TypeScript`, hint });
  }
  const file = pathToFileURL(path).href.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const [, line = '1', column = '1'] =
    (error instanceof SyntaxError ? syntaxPlace(source) : undefined) ?? new RegExp(`${file}:(\\d+)(?::(\\d+))?`).exec(stack) ?? [];
  const from = (source.lineStarts[Number(line) - 1] ?? 0) + Number(column) - 1;
  const [first = ''] = message.split('\n');
  return textMistake(source, { from }, { message: `cannot be loaded: ${first}`, hint: 'Correct it; nothing of it was used.' });
}

/** The loader keeps the place of a syntax error to itself; Node.js tells it when it only checks a text. */
function syntaxPlace({ text }: TextSource): readonly string[] | undefined {
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--check'], { input: text, encoding: 'utf8', timeout: 20_000 });
  const [, line, before] = /^\[stdin\]:(\d+)\n.*\n( *)\^/.exec(stderr) ?? [];
  return line === undefined ? undefined : ['', line, String((before ?? '').length + 1)];
}

function taskMistakes(task: AnyTask, source: TextSource): readonly Mistake[] {
  const { name, summary, effects } = task;
  const told: [boolean, string, string][] = [
    [
      !/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(name),
      `\`${name}\` cannot be the name of a task`,
      'Write two words with a dot: `subject.state`.',
    ],
    [
      typeof summary !== 'string' || typeof effects !== 'string',
      `\`${name}\` has no summary or no effects`,
      'Both are shown by `drover tasks`.',
    ],
    [!isSchema(task), `the params of \`${name}\` are no z.object`, 'Import `z` from `drover/task`: another zod makes other values.'],
  ];
  return told.flatMap(([isWrong, message, hint]) => (isWrong ? [textMistake(source, name, { message, hint })] : []));
}

function isSchema({ params }: { readonly params: unknown }): boolean {
  return typeof params === 'object' && params !== null && 'safeParse' in params && 'shape' in params && '_zod' in params;
}

function clashes(loaded: readonly Loaded[]): readonly Mistake[] {
  const places = new Map<string, string>(ownTasks.map(({ name }) => [name, 'comes with drover']));
  return loaded.flatMap(({ source, tasks }) =>
    tasks.flatMap(({ name }) => {
      const first = places.get(name);
      places.set(name, first ?? `is in ${source.name} already`);
      const hint = 'Give it a name of its own.';
      return first === undefined ? [] : [textMistake(source, name, { message: `a task \`${name}\` ${first}`, hint })];
    }),
  );
}
