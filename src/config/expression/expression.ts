import { type ASTNode, TypeError as CelTypeError, Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import type { Json } from '../../core/json.ts';
import { didYouMean } from '../source/nearest.ts';
import { type CelType, celValue } from './cel-types.ts';

/** A name that an expression uses, with what is asked of it: `host.os.id` is host, os, id. */
export interface Use {
  readonly path: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** What is wrong with an expression, and where. */
export interface ExpressionProblem {
  readonly message: string;
  readonly hint?: string;
  readonly from: number;
  readonly to: number;
}

/** A condition in the Common Expression Language. */
export interface Expression {
  readonly text: string;
  readonly evaluate: (data: Readonly<Record<string, Json>>) => Evaluated;
}

export type Evaluated = { readonly ok: true; readonly value: boolean } | Refused;

interface Refused {
  readonly ok: false;
  readonly problem: ExpressionProblem;
}

const OPTIONS = { unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false };

/** The names that an expression uses; those that it binds itself (`xs.exists(x, …)`) may be among them. */
export function usesOf(text: string): { readonly ok: true; readonly uses: readonly Use[] } | Refused {
  try {
    return { ok: true, uses: collect(new Environment({ ...OPTIONS, unlistedVariablesAreDyn: true }).parse(text).ast) };
  } catch (error) {
    return { ok: false, problem: problemOf(text, error, []) };
  }
}

function collect(node: ASTNode): readonly Use[] {
  const chain = chainOf(node);
  if (chain !== undefined) return [{ path: chain, from: node.range.start, to: node.range.end }];
  return childrenOf(node.args).flatMap(collect);
}

/** `a.b.c` as its names; undefined where it does not begin with a name. */
function chainOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return undefined;
  const [of, field] = node.args;
  const before = chainOf(of);
  return before === undefined ? undefined : [...before, field];
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  const isNode = typeof args === 'object' && args !== null && 'op' in args;
  return isNode ? [args as ASTNode] : [];
}

/** What an expression may use: the types of those names that it does use, and all names for hints. */
export interface Known {
  readonly types: Readonly<Record<string, CelType>>;
  readonly names: readonly string[];
}

/** Checks an expression against the types of what it uses. It must say true or false. */
export function checkExpression(text: string, { types, names }: Known): { readonly ok: true; readonly expression: Expression } | Refused {
  const environment = new Environment(OPTIONS);
  for (const [name, type] of Object.entries(types)) {
    environment.registerVariable(name, typeof type === 'string' ? { type } : { schema: type });
  }
  const checked = environment.check(text);
  if (checked.error !== undefined) return { ok: false, problem: problemOf(text, checked.error, names) };
  if (checked.type !== 'bool' && checked.type !== 'dyn') return { ok: false, problem: notBoolean(text, `${checked.type}`) };
  const run = environment.parse(text);
  const evaluate = (data: Readonly<Record<string, Json>>): Evaluated => {
    try {
      const context = Object.fromEntries(Object.keys(types).map((name) => [name, celValue(data[name])]));
      const value: unknown = run(context);
      return typeof value === 'boolean' ? { ok: true, value } : { ok: false, problem: notBoolean(text, typeof value) };
    } catch (error) {
      return { ok: false, problem: problemOf(text, error, names) };
    }
  };
  return { ok: true, expression: { text, evaluate } };
}

function notBoolean(text: string, type: string): ExpressionProblem {
  const hint = type === 'string' ? 'Compare it: name == "text".' : 'Compare it with something.';
  return { message: `must be true or false, and is of type ${type}`, hint, from: 0, to: text.length };
}

function problemOf(text: string, error: unknown, names: readonly string[]): ExpressionProblem {
  if (!(error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError)) throw error;
  const { start: from = 0, end: to = text.length } = error.range ?? {};
  const message = error.summary.charAt(0).toLowerCase() + error.summary.slice(1);
  const hint = hintFor(text, { code: error.code, name: text.slice(from, to), names });
  return { message, from, to: Math.max(to, from + 1), ...(hint === undefined ? {} : { hint }) };
}

interface Clue {
  readonly code: string;
  readonly name: string;
  readonly names: readonly string[];
}

function hintFor(text: string, { code, name, names }: Clue): string | undefined {
  if (code === 'unknown_variable') return didYouMean(name, names);
  if (code === 'no_such_key' || code === 'no_such_overload')
    return 'Names and types are checked; a key that may be absent is asked for with has(name.key).';
  if (text.includes('{{')) return 'Expressions take no braces: write name == "text".';
  if (/\bis (not )?defined\b/.test(text)) return 'Every variable must be set; give it a default under `vars:` of the inventory.';
  if (/\b(and|or|not)\b/.test(text)) return 'Write && for and, || for or, ! for not.';
  if (/[^=!<>]=[^=]/.test(text)) return 'Equality is written ==.';
  return 'This is CEL: a == "text" && (n > 1 || name in list).';
}
