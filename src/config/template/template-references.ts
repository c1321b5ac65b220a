import { didYouMean } from '../source/nearest.ts';

/** A name that a template needs, by its path from the root of the data. */
export interface Reference {
  readonly path: readonly string[];
  readonly from: number;
  readonly to: number;
  /** It is printed as it is, so it must be text, a number or a boolean. */
  readonly isPrinted: boolean;
}

/** What is wrong with a template, and where. */
export interface TemplateProblem {
  readonly message: string;
  readonly hint?: string;
  readonly from: number;
  readonly to: number;
}

/** What a template asks of its data. strict mode does not see what `#if`, `#each` and helpers ask for; this does. */
export interface Needs {
  readonly references: readonly Reference[];
  readonly problems: readonly TemplateProblem[];
}

type Node = hbs.AST.Node;

interface Walk {
  readonly offsetOf: (position: hbs.AST.Position) => number;
  readonly references: Reference[];
  readonly problems: TemplateProblem[];
}

/** The blocks that are open: `#each` and `#with` change what a plain name means. */
interface Scope {
  readonly depth: number;
  readonly params: readonly string[];
}

/** Blocks that drover's templates know, and helpers that give values. */
export const BLOCKS: readonly string[] = ['if', 'unless', 'each', 'with', 'raw'];
export const HELPERS: readonly string[] = ['eq', 'join', 'json', 'lookup'];

/** Lists what a parsed template needs. */
export function needsOf(program: hbs.AST.Program, offsetOf: Walk['offsetOf']): Needs {
  const walk: Walk = { offsetOf, references: [], problems: [] };
  walkProgram(walk, program, { depth: 0, params: [] });
  return walk;
}

function walkProgram(walk: Walk, program: hbs.AST.Program | undefined, scope: Scope): void {
  for (const statement of program?.body ?? []) walkStatement(walk, statement, scope);
}

function problem(walk: Walk, node: Node, told: { readonly message: string; readonly hint?: string }): void {
  walk.problems.push({ ...told, from: walk.offsetOf(node.loc.start), to: walk.offsetOf(node.loc.end) });
}

function walkStatement(walk: Walk, node: Node, scope: Scope): void {
  switch (node.type) {
    case 'MustacheStatement':
      walkMustache(walk, node as hbs.AST.MustacheStatement, scope);
      break;
    case 'BlockStatement':
      walkBlock(walk, node as hbs.AST.BlockStatement, scope);
      break;
    case 'ContentStatement':
    case 'CommentStatement':
      break;
    default:
      problem(walk, node, { message: 'partials and decorators are not in this version', hint: 'Write the text out here.' });
  }
}

function walkMustache(walk: Walk, { path, params, hash }: hbs.AST.MustacheStatement, scope: Scope): void {
  if (path.type !== 'PathExpression') return;
  const name = path as hbs.AST.PathExpression;
  if (params.length > 0 || hash !== undefined) walkCall(walk, { path: name, params, hash, known: HELPERS }, scope);
  else if ([...HELPERS, ...BLOCKS].includes(name.original)) {
    const hint = `A variable of that name is written {{this.${name.original}}}.`;
    problem(walk, name, { message: `\`${name.original}\` is a helper and needs a value`, hint });
  } else walkPath(walk, name, { scope, isPrinted: true });
}

interface Call {
  readonly path: hbs.AST.PathExpression;
  readonly params: readonly hbs.AST.Expression[];
  readonly hash: hbs.AST.Hash | undefined;
  readonly known: readonly string[];
}

function walkCall(walk: Walk, { path, params, hash, known }: Call, scope: Scope): void {
  if (!known.includes(path.original)) {
    problem(walk, path, { message: `unknown helper \`${path.original}\``, hint: didYouMean(path.original, known) });
  }
  for (const param of [...params, ...(hash?.pairs.map(({ value }) => value) ?? [])]) walkParam(walk, param, scope);
}

function walkParam(walk: Walk, param: hbs.AST.Expression, scope: Scope): void {
  if (param.type === 'PathExpression') walkPath(walk, param as hbs.AST.PathExpression, { scope, isPrinted: false });
  if (param.type !== 'SubExpression') return;
  const { path, params, hash } = param as hbs.AST.SubExpression;
  walkCall(walk, { path, params, hash, known: HELPERS }, scope);
}

function walkBlock(walk: Walk, block: hbs.AST.BlockStatement, scope: Scope): void {
  const name = block.path.original;
  if (!BLOCKS.includes(name)) {
    const hint = block.params.length === 0 ? `Write {{#if ${name}}} or {{#each ${name}}}.` : didYouMean(name, BLOCKS);
    problem(walk, block.path, { message: `unknown block \`#${name}\``, hint });
  }
  for (const param of block.params) walkParam(walk, param, scope);
  const isNested = name === 'each' || name === 'with';
  const params = [...scope.params, ...(block.program?.blockParams ?? [])];
  walkProgram(walk, block.program, { depth: scope.depth + Number(isNested), params });
  walkProgram(walk, block.inverse, scope);
}

interface PathUse {
  readonly scope: Scope;
  readonly isPrinted: boolean;
}

function walkPath(walk: Walk, path: hbs.AST.PathExpression, { scope, isPrinted }: PathUse): void {
  const [head, ...rest] = path.parts;
  const isRoot = path.data ? head === 'root' : path.depth === scope.depth && !scope.params.includes(head ?? '');
  if (!isRoot) return;
  const parts = path.data ? rest : path.parts;
  if (parts.length === 0)
    problem(walk, path, { message: `\`${path.original}\` is all variables at once`, hint: 'Name the one that is meant.' });
  else walk.references.push({ path: parts, from: walk.offsetOf(path.loc.start), to: walk.offsetOf(path.loc.end), isPrinted });
}
