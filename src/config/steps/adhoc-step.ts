import type { Json } from '../../core/json.ts';
import type { Checked } from '../../core/mistake.ts';
import type { AnyTask } from '../../core/task.ts';
import { type Given, parseValue, splitPair } from '../playbook/extra-vars.ts';
import { holdsSensitive } from '../playbook/sensitive.ts';
import { paramsSchema, type StepSource } from '../playbook/step-source.ts';
import { type JsonSchema, schemaAt } from '../source/json-words.ts';
import { didYouMean } from '../source/nearest.ts';
import { flagSource, mistakeOf, type Span, type TextSource, wholeSpan, within, withoutExcerpts } from '../source/text-source.ts';

interface Word {
  readonly name: string;
  readonly value: Json;
  readonly span: Span;
}

/** A step of a task and `key=value` words. A param that stands twice is a mistake. */
export function adhocStep(
  { task: name, params }: { readonly task: string; readonly params: readonly string[] },
  tasks: readonly AnyTask[],
): Checked<StepSource> {
  const task = tasks.find((one) => one.name === name);
  if (task === undefined)
    return {
      ok: false,
      mistakes: [
        mistakeOf(
          'TASK',
          `there is no task \`${name}\``,
          didYouMean(
            name,
            tasks.map((one) => one.name),
          ),
        ),
      ],
    };
  const schema = paramsSchema(task);
  const words = params.map((param) => wordOf(param, schema));
  const mistakes = words.flatMap((word) => (word.ok ? [] : word.mistakes));
  const given = words.flatMap((word) => (word.ok ? [word.value] : []));
  const twice = given.filter((word, i) => given.findIndex((other) => other.name === word.name) < i);
  mistakes.push(...twice.map((word) => mistakeOf('PARAMS', `\`${word.name}\` stands here a second time`, 'Remove one.')));
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value: stepOf(task, given) };
}

function wordOf(param: string, schema: JsonSchema): Checked<Word> {
  const source = paramsSource([param], schema);
  const pair = splitPair(source, param, 0);
  if (!pair.ok) return pair;
  const [name, text] = pair.value;
  const span = wholeSpan(source);
  const wanted = schemaAt(schema, [name]);
  // Where text is meant, what looks like a number is text too; braces are for templates. What is not known is told as such.
  const isText = wanted === undefined || wanted.type === 'string' || wanted['local'] !== undefined || text.includes('{{');
  if (isText) return { ok: true, value: { name, value: text, span } };
  const document = parseValue('PARAMS', text);
  if (!document.ok) return holdsSensitive(wanted) ? withoutExcerpts(document) : document;
  return { ok: true, value: { name, value: document.value?.value ?? text, span } };
}

function paramsSource(params: readonly string[], schema: JsonSchema): TextSource {
  const source = flagSource('PARAMS', params.join(' '));
  const isSecret = params.some((param) => holdsSensitive(schemaAt(schema, param.split('=', 1))));
  return isSecret ? { ...source, hidden: [{ from: 0, to: source.text.length }] } : source;
}

function stepOf(task: AnyTask, words: readonly Word[]): StepSource {
  const schema = paramsSchema(task);
  const all = wholeSpan(
    paramsSource(
      words.map(({ span }) => span.source.text),
      schema,
    ),
  );
  const params: Given = Object.fromEntries(words.map(({ name, value }) => [name, value]));
  const spanOf: StepSource['spanOf'] = ([, name]) => words.find((word) => word.name === name)?.span ?? all;
  return {
    name: task.name,
    task,
    schema,
    file: {
      with: params,
      when: undefined,
      register: undefined,
      once: undefined,
      loop: undefined,
      tags: [],
      optional: false,
      sensitive: false,
      vars: undefined,
    },
    includes: [],
    source: 'PARAMS',
    spanOf,
    textSpan: (path, { from, to }) => {
      const span = spanOf(path);
      const value = params[String(path[1])];
      const at = typeof value === 'string' ? span.source.text.indexOf(value) : -1;
      return at < 0 ? span : within(span, at + from, at + Math.max(to, from + 1));
    },
  };
}
