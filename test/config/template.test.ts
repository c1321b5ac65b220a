import { expect, test } from 'vitest';
import { compileTemplate } from '../../src/config/template/template.ts';
import type { Json } from '../../src/core/json.ts';

const DATA: Readonly<Record<string, Json>> = {
  port: 80,
  name: 'n',
  xs: ['a', 'b'],
  users: [{ n: 1 }, { n: 2 }],
  m: { a: { b: 1 } },
  yes: true,
  no: false,
  json: 'J',
  q: `<&"'>`,
};

function fill(text: string): string {
  const compiled = compileTemplate(text);
  if (!compiled.ok) return `problem ${compiled.problems.map(({ message, from }) => `${from}: ${message}`).join(', ')}`;
  const rendered = compiled.template.render(DATA);
  return rendered.ok ? rendered.text : `refused ${rendered.problem.from}: ${rendered.problem.message}`;
}

function names(text: string): string {
  const compiled = compileTemplate(text);
  return compiled.ok ? compiled.template.references.map(({ path, from, to }) => `${path.join('.')}@${from}-${to}`).join(' ') : '';
}

test.each([
  ['a {{port}} {{{port}}} {{&port}}', 'a 80 80 80'],
  // Handlebars itself makes 3 of this.
  ['{{#each users}}{{n}}{{@index}}{{/each}}{{port}}{{port}}{{{port}}}{{eq 1 1}}{{eq 1 2}}', '1021808080truefalse'],
  ['{{q}}', `<&"'>`],
  ['{{#if yes}}x{{else}}y{{/if}}{{#unless no}}z{{/unless}}', 'xz'],
  ['{{#if no}}a{{else if yes}}b{{/if}}', 'b'],
  ['{{#each users}}{{n}}{{../name}}{{@index}}{{@root.name}}{{/each}}', '1n0n2n1n'],
  ['{{#each users as |u i|}}{{u.n}}{{i}}{{/each}}', '1021'],
  ['{{#each m}}{{@key}}{{/each}}{{#with m}}{{a.b}}{{/with}}', 'a1'],
  ['{{join xs "+"}} {{join xs}} {{json m}} {{#if (eq name "n")}}Y{{/if}}', 'a+b a, b {"a":{"b":1}} Y'],
  ['{{this.json}} {{lookup xs 1}}', 'J b'],
  ['{{{{raw}}}}{{ .Names }}{{{{/raw}}}} \\{{.Names}}', '{{ .Names }} {{.Names}}'],
  ['a\n{{#if yes}}\nb\n{{/if}}\nc\n', 'a\nb\nc\n'],
  ['{{!-- nothing --}}x{{! nothing }}', 'x'],
])('%s', (text, filled) => {
  expect(fill(text)).toBe(filled);
});

// strict mode of Handlebars lets most of these pass.
test.each([
  ['{{#each users}}{{zz}}{{/each}}', 'refused 17: `zz` is not set here'],
  ['{{#each users}}{{#if zz}}x{{/if}}{{/each}}', 'refused 15: `#if` asks for a value that is not set here'],
  ['{{#each users}}{{join zz}}{{/each}}', 'refused 17: `join` asks for a value that is not set here'],
  ['{{lookup m "z"}}', 'refused 2: `lookup` finds no `z`'],
  ['{{join name}}', 'refused 2: `join` needs a list'],
  ['{{lookup m "a"}}', 'refused 2: `lookup` is a mapping: it cannot stand inside a text'],
  ['{{lookup (lookup m "constructor") "name"}}', 'refused 9: `lookup` finds no `constructor`'],
  ['{{json}}', 'problem 2: `json` is a helper and needs a value'],
  ['{{#yes}}x{{/yes}}', 'problem 3: unknown block `#yes`'],
  ['{{foo bar}}', 'problem 2: unknown helper `foo`'],
  ['{{log name}}', 'problem 2: unknown helper `log`'],
  ['{{> part}}', 'problem 0: partials and decorators are not in this version'],
  ['{{this}}', 'problem 2: `this` is all variables at once'],
  ['{{#if yes}}a{{/each}}', "problem 3: if doesn't match each"],
  ['line\nsecond {{ a b= }} rest\nthird', 'problem 20: not understood as a template'],
  ['a {{#if yes}}\nb', 'problem 15: not understood as a template'],
])('%s is refused', (text, told) => {
  expect(fill(text)).toBe(told);
});

test.each([
  ['{{#if a}}{{b.c}}{{else}}{{d}}{{/if}}', 'a@6-7 b.c@11-14 d@26-27'],
  ['{{#each xs}}{{n}}{{../y}}{{#if z}}{{../y}}{{/if}}{{/each}}{{u}}', 'xs@8-10 y@19-23 y@36-40 u@60-61'],
  ['{{#each xs as |x|}}{{x.n}}{{@root.y}}{{/each}}', 'xs@8-10 y@28-35'],
  ['{{lookup m (lookup n k)}} {{join xs sep}}', 'm@9-10 n@19-20 k@21-22 xs@33-35 sep@36-39'],
])('the names that %s asks for', (text, asked) => {
  expect(names(text)).toBe(asked);
});
