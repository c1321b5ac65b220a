import type { z } from 'zod';
import type { Json } from '../../core/json.ts';
import type { Mistake } from '../../core/mistake.ts';
import { at, inWords, type JsonSchema, keysOf, schemaAt, show } from './json-words.ts';
import { didYouMean } from './nearest.ts';
import { mistakeAt } from './text-source.ts';
import { keySpan, type Path, valueSpan, type YamlDocument } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong with a value, before it is known where the value stands. */
export interface Problem {
  readonly path: Path;
  readonly part: 'key' | 'value';
  /** The path of what is not there. */
  readonly absent?: Path;
  readonly message: string;
  readonly hint?: string;
}

/** What is needed to say what an issue means: the value, its schema, and keys that other versions or tools have. */
export interface Subject {
  readonly value: Json;
  readonly schema: JsonSchema;
  readonly foreignKeys?: Readonly<Record<string, string>>;
  /** The same for keys that are too many to list. */
  readonly foreignKey?: (key: string) => string | undefined;
}

/** zod's issues in words. */
export function explainIssues(issues: readonly Issue[], subject: Subject): readonly Problem[] {
  return issues.flatMap((issue) => explain(issue, subject));
}

/**
 * What a check found wrong with a value that stands at a path of a document. What it takes to say it is made only then: most files are
 * sound.
 */
export function unfitAt(
  document: YamlDocument,
  base: Path,
  checked: { readonly error?: { readonly issues: readonly Issue[] } | undefined },
  subject: () => Subject,
): readonly Mistake[] {
  if (checked.error === undefined) return [];
  return explainIssues(checked.error.issues, subject()).map(({ path, part, message, hint }) => {
    const place = [...base, ...path];
    return mistakeAt(part === 'key' ? keySpan(document, place) : valueSpan(document, place), message, hint);
  });
}

function explain(issue: Issue, subject: Subject): readonly Problem[] {
  const path = issue.path as Path;
  const value = at(subject.value, path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, subject));
  if (issue.code === 'invalid_union') return explainUnion(issue, subject);
  if (value === undefined) return [missing(path)];
  return [{ path, part: issue.code === 'invalid_key' ? 'key' : 'value', ...describeIssue(issue, subject, value) }];
}

function unknownKey(path: Path, key: string, { value, schema, foreignKeys, foreignKey }: Subject): Problem {
  const known = keysOf(formWithout(key, at(value, path), schemaAt(schema, path)));
  const hint = foreignKeys !== undefined && Object.hasOwn(foreignKeys, key) ? foreignKeys[key] : foreignKey?.(key);
  return { path: [...path, key], part: 'key', message: `unknown key \`${key}\``, hint: hint ?? didYouMean(key, known) };
}

/** Of the forms that a mapping may have, the one that knows most of its other keys; all of them where none does. */
function formWithout(key: string, value: Json | undefined, schema: JsonSchema | undefined): JsonSchema | undefined {
  const forms = schema?.anyOf ?? schema?.oneOf;
  if (forms === undefined || typeof value !== 'object' || value === null) return schema;
  const known = (form: JsonSchema) => Object.keys(value).filter((other) => other !== key && keysOf(form).includes(other)).length;
  const [best] = forms.filter((form) => known(form) > 0).sort((one, other) => known(other) - known(one));
  return best ?? schema;
}

function missing(path: Path): Problem {
  const name = String(path.at(-1) ?? '');
  return { path: path.slice(0, -1), part: 'key', absent: path, message: `\`${name}\` is missing`, hint: `Add \`${name}:\` here.` };
}

/** Of the branches that got into the value, the one that finds least wrong with it; where none got in, what may stand here. */
function explainUnion(issue: Issue & { readonly code: 'invalid_union' }, subject: Subject): readonly Problem[] {
  const path = issue.path as Path;
  const value = at(subject.value, path);
  if (value === undefined) return [missing(path)];
  const schema = schemaAt(subject.schema, path);
  const branches = schema?.anyOf ?? schema?.oneOf ?? [];
  const [inside] = issue.errors
    .map((errors, i) => ({ errors, branch: branches[i] ?? schema ?? {} }))
    .filter(({ errors }) => errors.every((error) => error.path.length > 0 || error.code === 'unrecognized_keys'))
    .sort((one, other) => weight(one.errors) - weight(other.errors));
  if (inside !== undefined) {
    const problems = explainIssues(inside.errors, { ...subject, value, schema: inside.branch });
    return problems.map((problem) => ({
      ...problem,
      path: [...path, ...problem.path],
      ...(problem.absent === undefined ? {} : { absent: [...path, ...problem.absent] }),
    }));
  }
  const expected = schema === undefined ? 'something else' : inWords(schema);
  const told = issue.message === 'Invalid input' ? `expected ${expected}, not ${show(value, schema)}` : issue.message;
  return [{ path, part: 'value', message: told, ...hintFor(value, schema) }];
}

function weight(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function describeIssue(issue: Issue, subject: Subject, value: Json): Pick<Problem, 'message' | 'hint'> {
  const schema = schemaAt(subject.schema, issue.path as Path);
  const shown = show(value, schema);
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_value': {
      const expected = schema === undefined ? String(issue.message) : inWords(schema);
      return { message: `expected ${expected}, not ${shown}`, ...hintFor(value, schema) };
    }
    case 'too_small':
      return {
        message: `${shown} is ${tooSmall(issue.origin)}: the least is ${limit(issue.origin, Number(issue.minimum) + Number(issue.inclusive === false))}`,
      };
    case 'too_big':
      return {
        message: `${shown} is ${tooBig(issue.origin)}: the most is ${limit(issue.origin, Number(issue.maximum) - Number(issue.inclusive === false))}`,
      };
    case 'invalid_key':
      return { message: issue.issues.map(({ message }) => message).join(', ') };
    default:
      return {
        message: /^Invalid|must match pattern/.test(issue.message) ? `${shown} is not as expected: ${patternOf(issue)}` : issue.message,
      };
  }
}

function tooSmall(origin: string): string {
  return origin === 'string' || origin === 'array' ? 'too short' : 'too small';
}

function tooBig(origin: string): string {
  return origin === 'string' || origin === 'array' ? 'too long' : 'too large';
}

function limit(origin: string, number: number): string {
  if (origin === 'string') return `${number} character${number === 1 ? '' : 's'}`;
  return origin === 'array' ? `${number} entr${number === 1 ? 'y' : 'ies'}` : String(number);
}

function patternOf(issue: Issue): string {
  return issue.code === 'invalid_format' && issue.pattern !== undefined ? `it must match ${issue.pattern}` : issue.message.toLowerCase();
}

const BOOLEAN_WORDS: Readonly<Record<string, boolean>> = {
  yes: true,
  no: false,
  on: true,
  off: false,
  y: true,
  n: false,
  true: true,
  false: false,
};

/** What most likely happened where a value of another type was meant. */
function hintFor(value: Json, schema: JsonSchema | undefined): { readonly hint?: string } {
  if (schema?.['sensitive'] === true) return {};
  const types = [schema?.type ?? schema?.anyOf?.map(({ type }) => type) ?? []].flat();
  if (typeof value === 'string') {
    const meant = BOOLEAN_WORDS[value.toLowerCase()];
    if (types.includes('boolean') && meant !== undefined) return { hint: `In YAML 1.2 \`${value}\` is text; write ${meant}.` };
    if (schema?.enum !== undefined) return { hint: didYouMean(value, schema.enum.map(String)) };
    if (types.some((type) => type === 'integer' || type === 'number') && /^\d+(\.\d+)?$/.test(value)) return { hint: 'Remove the quotes.' };
    if (types.includes('array')) return { hint: `Write a list: [${value}].` };
  }
  if ((typeof value === 'number' || typeof value === 'boolean') && types.includes('string')) return { hint: `Quote it: "${value}".` };
  return {};
}
