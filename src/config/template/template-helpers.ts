import Handlebars from 'handlebars';

/** Handlebars with drover's helpers, none of which takes a value that is not set. */
export const engine = Handlebars.create();

interface Call {
  readonly values: readonly unknown[];
  readonly at: hbs.AST.Position | undefined;
}

/** The place stands behind the message, as in Handlebars' own. */
function fail(message: string, at: hbs.AST.Position | undefined): never {
  throw new Error(at === undefined ? message : `${message} - ${at.line}:${at.column}`);
}

function callOf(args: readonly unknown[]): Call {
  const options = args.at(-1) as { readonly loc?: hbs.AST.SourceLocation };
  return { values: args.slice(0, -1), at: options.loc?.start };
}

function eq({ values: [a, b] }: Call): boolean {
  return a === b;
}

function json({ values: [value] }: Call): string {
  return JSON.stringify(value);
}

function join({ values: [list, between = ', '], at }: Call): string {
  if (!Array.isArray(list)) fail('`join` needs a list', at);
  return list.join(String(between));
}

function lookup({ values: [from, key], at }: Call): unknown {
  const isThere = typeof from === 'object' && from !== null && Object.hasOwn(from, String(key));
  if (!isThere) fail(`\`lookup\` finds no \`${String(key)}\``, at);
  return (from as Readonly<Record<string, unknown>>)[String(key)];
}

/** What a mustache prints; `printing` puts it around every one. */
function text({ values: [value, name], at }: Call): string {
  if (value === undefined) fail(`\`${String(name)}\` is not set here`, at);
  if (typeof value !== 'object') return String(value);
  const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : 'a mapping';
  return fail(`\`${String(name)}\` is ${kind}: it cannot stand inside a text`, at);
}

engine.unregisterHelper('log');
engine.registerHelper('text', (...args: readonly unknown[]) => text(callOf(args)));
engine.registerHelper('raw', (options: Handlebars.HelperOptions) => options.fn({}));
for (const [name, helper] of Object.entries({ eq, json, join, lookup })) {
  engine.registerHelper(name, (...args: readonly unknown[]) => helper(checked(name, args)));
}
// strict mode lets `#if` and the like be asked about what is not set: these do not.
for (const name of ['if', 'unless', 'each', 'with']) {
  const helper = engine.helpers[name] as Handlebars.HelperDelegate;
  engine.registerHelper(name, function block(this: unknown, ...args: unknown[]) {
    checked(`#${name}`, args);
    return Reflect.apply(helper, this, args);
  });
}

function checked(name: string, args: readonly unknown[]): Call {
  const call = callOf(args);
  if (call.values.includes(undefined)) fail(`\`${name}\` asks for a value that is not set here`, call.at);
  return call;
}
