import { readFileSync } from 'node:fs';
import { paramsOf } from '../../src/cli/task-params.ts';
import { type Change, describe, inverse } from '../../src/core/change.ts';
import type { Plan } from '../../src/core/plan.ts';
import { type Read, readKey } from '../../src/core/probe.ts';
import type { AnyTask } from '../../src/core/task.ts';
import { tasks } from '../../src/tasks/index.ts';
import { recordedHost, replay } from './replay.ts';
import { casesOf } from './task-cases.ts';

/** Where a task was proved: its row in docs/tested-on.md. */
export interface Proof {
  readonly tasks: readonly string[];
  readonly debian: string;
  readonly others: string;
}

/** The rows of docs/tested-on.md, the one place that says where a task was proved. */
export function proofs(): readonly Proof[] {
  return readFileSync('docs/tested-on.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [names = '', debian = '', others = ''] = line.split('|').slice(1, -1);
      return { tasks: [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name), debian: debian.trim(), others: others.trim() };
    });
}

const HEAD = `# The catalogue

Every task: its params, what it reads, what it finds and does, and how that is taken back. \`npm run generate\` makes this page: params
and effects are from the code; what it finds, changes and refuses is what it made of the recorded hosts of its tests, so names and numbers
there are examples; where it was proved is from [tested-on.md](tested-on.md). \`drover tasks NAME\` shows the params of the version at hand.
`;

/** docs/catalogue.md */
export function catalogue(): string {
  const links = tasks.map(({ name, summary }) => `- [\`${name}\`](#${name.replaceAll('.', '')}): ${text(summary)}`).join('\n');
  return `${[HEAD, links, ...tasks.map(section)]
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function section(task: AnyTask): string {
  const plans = casesOf(task.name).map((one): Plan => replay(task.prepare(one.with), recordedHost(one.host)).plan);
  const proof = proofs().find((row) => row.tasks.includes(task.name));
  return [
    `\n## ${task.name}\n`,
    `${text(task.summary)} ${text(task.effects)}\n`,
    table(
      ['param', 'type', 'default', 'meaning'],
      paramsOf(task).map(({ name, type, byDefault, description }) => [`\`${name}\``, text(type), text(byDefault), text(description)]),
    ),
    ...readLines(task),
    ...steadyLines(plans),
    table(['changes', 'taken back by'], distinct(plans.flatMap(changesOf).map((change) => [text(describe(change)), text(backOf(change))]))),
    table(
      ['refuses', 'what to do'],
      distinct(plans.flatMap((plan) => (plan.status === 'blocked' ? [[text(plan.because), text(plan.hint)]] : []))),
    ),
    ...registerLines(task),
    `**Proved** on Debian 12: ${proof?.debian || 'not yet'}. Elsewhere: ${proof?.others || 'nothing'}.\n`,
  ].join('\n');
}

function changesOf(plan: Plan): readonly Change[] {
  return plan.status === 'drift' ? plan.changes : [];
}

function backOf(change: Change): string {
  if (change.kind === 'settle') return change.settling.what === 'reboot' ? 'the next boot' : 'the same again, once its files are back';
  const back = inverse(change);
  if (typeof back === 'string') return back;
  return change.kind === 'write' && change.before !== undefined ? 'its bytes, mode and owner of before' : describe(back);
}

const KINDS: readonly (readonly [Read['kind'], string])[] = [
  ['file', 'Files'],
  ['stat', 'Types, modes and owners'],
  ['dir', 'Folders'],
  ['glob', 'Patterns'],
  ['command', 'Commands'],
];

/** What the examples have a look ask for. */
function readLines(task: AnyTask): readonly string[] {
  const reads = task.examples.flatMap((example) => task.prepare(withTexts(task, example.with)).reads);
  const kinds = KINDS.flatMap(([kind, title]) => {
    const keys = [...new Set(reads.filter((read) => read.kind === kind).map(readKey))].sort();
    return keys.length === 0 ? [] : [`- ${title}: ${keys.map((key) => `\`${key.slice(kind.length + 1)}\``).join(', ')}`];
  });
  return kinds.length === 0 ? [] : ['**Reads**\n', ...kinds, ''];
}

/** Params as config hands them over: where a playbook names a local file, its text is there. */
function withTexts(task: AnyTask, params: AnyTask['examples'][number]['with']): AnyTask['examples'][number]['with'] {
  const local = new Set(
    paramsOf(task)
      .filter(({ type }) => type.endsWith('file'))
      .map(({ name }) => name),
  );
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, local.has(name) ? { name: value, text: '' } : value]));
}

function steadyLines(plans: readonly Plan[]): readonly string[] {
  const reasons = [...new Set(plans.flatMap((plan) => (plan.status === 'steady' ? [text(plan.because)] : [])))];
  return reasons.length === 0 ? [] : ['**Steady** where:\n', ...reasons.map((reason) => `- ${reason}`), ''];
}

function registerLines({ resultSchema }: AnyTask): readonly string[] {
  const { properties } = resultSchema?.toJSONSchema({ io: 'output', unrepresentable: 'any' }) ?? {};
  const rows = Object.entries(properties ?? {}).map(([name, property]) => [
    `\`${name}\``,
    text(typeof property === 'boolean' ? '' : (property.description ?? '')),
  ]);
  return [table(['registers', 'meaning'], rows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}

function distinct(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(rows.map((row) => [row.join('\n'), row])).values()];
}

/** Plain text as Markdown that shows the same, also in a cell; text between backticks stays as it is. */
function text(plain: string): string {
  return plain
    .replaceAll(/\s*\n\s*/g, ' ')
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[\\<*]/g, '\\$&')).replaceAll('|', '\\|'))
    .join('');
}
