import type { Json } from '../../core/json.ts';
import type { Checked } from '../../core/mistake.ts';
import { Vars } from '../inventory/read-inventory.ts';
import { findDataMistakes } from '../source/data-traps.ts';
import { unfitAt } from '../source/issues.ts';
import { flagSource, mistakeAt, mistakeOf, type TextSource, wholeSpan, within, withoutExcerpts } from '../source/text-source.ts';
import { parseYaml, type YamlDocument } from '../source/yaml-source.ts';

/** Values given by name on the command line. */
export type Given = Readonly<Record<string, Json>>;

/** All that `-e` gives: later ones win over earlier ones, names over files. */
export interface Extra {
  readonly fromFiles: Given;
  readonly byName: Given;
}

/** Reads every `-e`: `name=value …`, a mapping in YAML or JSON, or `@file`. */
export function readExtra(texts: readonly string[], readFile: (name: string) => TextSource | undefined): Checked<Extra> {
  // Values come from the command line because they shall stand nowhere else: no line of them is quoted.
  const parsed = texts.map((text) => ({ isFile: text.startsWith('@'), given: withoutExcerpts(parseOne(text, readFile)) }));
  const mistakes = parsed.flatMap(({ given }) => (given.ok ? [] : given.mistakes));
  if (mistakes.length > 0) return { ok: false, mistakes };
  const of = (isFile: boolean): Given =>
    Object.assign({}, ...parsed.map((one) => (one.isFile === isFile && one.given.ok ? one.given.value : {})));
  return { ok: true, value: { fromFiles: of(true), byName: of(false) } };
}

function parseOne(text: string, readFile: (name: string) => TextSource | undefined): Checked<Given> {
  if (text.startsWith('@')) {
    const source = readFile(text.slice(1));
    if (source === undefined)
      return { ok: false, mistakes: [mistakeOf('-e', `cannot read \`${text.slice(1)}\``, 'After @ stands a YAML or JSON file.')] };
    return parseMapping(source);
  }
  return text.trimStart().startsWith('{') ? parseMapping(flagSource('-e', text)) : parsePairs(flagSource('-e', text));
}

/** `key=value` words, the values as YAML. Words are separated by spaces; quotes keep them together. */
function parsePairs(source: TextSource): Checked<Given> {
  const words = [...source.text.matchAll(/(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*'|["'])+/g)];
  const parsed = words.map((word) => parsePair(source, word[0], word.index));
  const mistakes = parsed.flatMap((pair) => (pair.ok ? [] : pair.mistakes));
  if (words.length === 0) mistakes.push(mistakeOf(source.name, 'expected name=value', PAIR_HINT));
  if (mistakes.length > 0) return { ok: false, mistakes };
  return { ok: true, value: Object.fromEntries(parsed.flatMap((pair) => (pair.ok ? [pair.value] : []))) };
}

const PAIR_HINT = 'Write name=value; a value with spaces stands in quotes: name="two words".';

/** One `name=value` word. */
export function splitPair(source: TextSource, word: string, at: number): Checked<readonly [name: string, text: string]> {
  const span = within(wholeSpan(source), at, at + word.length);
  const [, name, text = ''] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word) ?? [];
  if (name !== undefined) return { ok: true, value: [name, text] };
  return { ok: false, mistakes: [mistakeAt(span, 'expected name=value', PAIR_HINT)] };
}

/** A value as YAML has it: 1400 is a number, true a boolean, [a, b] a list. */
export function parseValue(flag: string, text: string): Checked<YamlDocument | undefined> {
  return text === '' ? { ok: true, value: undefined } : parseYaml(flagSource(flag, text));
}

function parsePair(source: TextSource, word: string, at: number): Checked<readonly [string, Json]> {
  const pair = splitPair(source, word, at);
  if (!pair.ok) return pair;
  const [name, text] = pair.value;
  const document = parseValue(source.name, text);
  if (!document.ok) return document;
  if (document.value === undefined) return { ok: true, value: [name, ''] };
  const mistakes = findDataMistakes(document.value, [], document.value.value);
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value: [name, document.value.value] };
}

function parseMapping(source: TextSource): Checked<Given> {
  const document = parseYaml(source);
  return document.ok ? checkVars(document.value) : document;
}

function checkVars(document: YamlDocument): Checked<Given> {
  const { value } = document;
  const checked = Vars.safeParse(value);
  if (!checked.success) {
    return { ok: false, mistakes: unfitAt(document, [], checked, () => ({ value, schema: { type: 'object' } })) };
  }
  const mistakes = findDataMistakes(document, [], value);
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value: value as Given };
}
