import Handlebars from 'handlebars';
import type { Json } from '../../core/json.ts';
import { engine } from './template-helpers.ts';
import { printing } from './template-printing.ts';
import { BLOCKS, HELPERS, needsOf, type Reference, type TemplateProblem } from './template-references.ts';

/** A text with names to fill in. */
export interface Template {
  readonly references: readonly Reference[];
  /** Set where the text is exactly one `{{ path }}`: the value keeps its type. */
  readonly whole: Reference | undefined;
  readonly render: (data: Readonly<Record<string, Json>>) => Rendered;
}

/** The filled text, or why it cannot be filled. */
export type Rendered = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: TemplateProblem };

/** A template, or all that is wrong with it. */
export type Compiled =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] };

const OPTIONS: CompileOptions = {
  noEscape: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(['text', ...HELPERS, ...BLOCKS].map((name) => [name, true])) as KnownHelpers,
};

/** Compiling costs a hundred times what filling costs, and fleets fill one text for many hosts. */
const known = new Map<string, Compiled>();

/** Parses and compiles a text. */
export function compileTemplate(text: string): Compiled {
  const found = known.get(text);
  if (found !== undefined) return found;
  const compiled = compile(text);
  known.set(text, compiled);
  return compiled;
}

function compile(text: string): Compiled {
  const lines = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const offsetOf = ({ line, column }: hbs.AST.Position) => (lines[line - 1] ?? 0) + column;
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parseWithoutProcessing(text);
  } catch (error) {
    return { ok: false, problems: [syntaxProblem(text, error, offsetOf)] };
  }
  const { references, problems } = needsOf(program, offsetOf);
  if (problems.length > 0) return { ok: false, problems };
  const fill = engine.compile(printing(program), OPTIONS);
  const [only] = references;
  const isWhole = program.body.length === 1 && program.body[0]?.type === 'MustacheStatement' && only?.isPrinted === true;
  return {
    ok: true,
    template: { references, whole: isWhole ? only : undefined, render: (data) => render(text, { fill, offsetOf, data }) },
  };
}

interface Filling {
  readonly fill: HandlebarsTemplateDelegate;
  readonly offsetOf: (position: hbs.AST.Position) => number;
  readonly data: Readonly<Record<string, Json>>;
}

function render(text: string, { fill, offsetOf, data }: Filling): Rendered {
  try {
    return { ok: true, text: fill(data, { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false }) };
  } catch (error) {
    const message = (error as Error).message.replace(/ - \d+:\d+$/, '');
    const told = message.startsWith('`') ? message : `cannot be filled in: ${message}`;
    return { ok: false, problem: { message: told, ...placeIn(text, error, offsetOf) } };
  }
}

/** Handlebars says at the end of its messages where it was. */
function placeIn(text: string, error: unknown, offsetOf: Filling['offsetOf']): { readonly from: number; readonly to: number } {
  const [, line, column] = / - (\d+):(\d+)$/.exec((error as Error).message) ?? [];
  if (line === undefined) return { from: 0, to: text.length };
  const from = offsetOf({ line: Number(line), column: Number(column) });
  return { from, to: from + 1 };
}

/** The parser's message shows a piece of the text without its newlines, and a pointer below. */
function syntaxProblem(text: string, error: unknown, offsetOf: Filling['offsetOf']): TemplateProblem {
  const { message } = error as Error;
  const [, shown = '', pointer = ''] = message.split('\n');
  const hint = /\{%|[|]|==/.test(text)
    ? 'This is Handlebars, not Jinja: {{#if x}}…{{/if}}, {{#each xs}}…{{/each}}, {{join xs ", "}}.'
    : 'Names are written {{ name }}; what shall stay is written \\{{.';
  if (!message.startsWith('Parse error')) return { message: message.replace(/ - \d+:\d+$/, ''), hint, ...placeIn(text, error, offsetOf) };
  const piece = shown.replace(/^\.\.\./, '').replace(/\.\.\.$/, '');
  const caret = pointer.length - 1 - (shown.startsWith('...') ? 3 : 0);
  const flat = [...text.matchAll(/[^\n]/g)].map(({ index }) => index);
  const start = text.replace(/\n/g, '').indexOf(piece);
  const from = start < 0 ? 0 : (flat[start + caret] ?? text.length);
  return { message: 'not understood as a template', hint, from, to: from + 1 };
}
