import { didYouMean } from '../config/source/nearest.ts';
import type { AnyTask } from '../core/task.ts';
import { printable, printableLines } from '../report/printable.ts';
import { tableLines } from '../report/table.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { type Output, outputFor, refuse } from './output.ts';
import { catalogueOf } from './own-tasks.ts';
import { paramsOf } from './task-params.ts';
import { usageError } from './usage.ts';

/** `drover tasks [NAME]`: everything is from the code that does it. */
export async function tasksCommand(args: Args<'tasks'> & { readonly name?: string | undefined }, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const catalogue = await catalogueOf(io.cwd, '');
  if (!catalogue.ok) return refuse(output, catalogue.mistakes);
  const { tasks } = catalogue.value;
  const found = args.name === undefined ? tasks : tasks.filter(({ name }) => name === args.name);
  if (found.length === 0 && args.name !== undefined) {
    throw usageError(
      `there is no task ${args.name}`,
      didYouMean(
        args.name,
        tasks.map(({ name }) => name),
      ),
    );
  }
  if (output.format !== 'human') output.json(found.map(taskJson));
  else if (args.name === undefined)
    output.data(
      tableLines(
        ['task', 'state'],
        found.map(({ name, summary }) => [name, summary]),
        output.style.paint,
      ),
    );
  else output.data(found.flatMap((task) => taskLines(task, output)));
  return 0;
}

function taskLines(task: AnyTask, { style: { paint } }: Output): readonly string[] {
  const params = paramsOf(task);
  const rows = params.map(({ name, type, byDefault, description }) => [name, type, byDefault, description]);
  return [
    `${paint.bold(task.name)}: ${printable(task.summary)}`,
    '',
    ...printableLines(task.effects),
    ...(rows.length === 0 ? ['', 'It takes no params.'] : ['', ...tableLines(['param', 'type', 'default', 'meaning'], rows, paint)]),
    ...task.examples.flatMap(({ name, with: given }) => ['', `- name: ${printable(name)}`, `  task: ${task.name}`, ...withLines(given)]),
  ];
}

/** JSON is YAML too. */
function withLines(given: AnyTask['examples'][number]['with']): readonly string[] {
  const entries = Object.entries(given);
  return entries.length === 0 ? [] : ['  with:', ...entries.map(([key, value]) => printable(`    ${key}: ${JSON.stringify(value)}`))];
}

function taskJson(task: AnyTask) {
  const { name, summary, effects, examples } = task;
  const params = paramsOf(task).map(({ byDefault, ...param }) => ({ ...param, ...(byDefault === '' ? {} : { default: byDefault }) }));
  return { name, summary, effects, params, examples: examples.map((example) => ({ name: example.name, with: example.with })) };
}
