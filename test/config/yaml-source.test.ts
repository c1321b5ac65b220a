import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileSource, mistakeAt } from '../../src/config/source/text-source.ts';
import { keySpan, type Path, parseYaml, textSpan, valueSpan, type YamlDocument } from '../../src/config/source/yaml-source.ts';
import { sound } from '../support/config-samples.ts';

function parse(text: string): YamlDocument {
  return sound(parseYaml(fileSource('f.yaml', text)));
}

function marked(text: string, path: Path, part?: 'key' | { readonly from: number; readonly to: number }): string {
  const document = parse(text);
  const span = part === undefined ? valueSpan(document, path) : part === 'key' ? keySpan(document, path) : textSpan(document, path, part);
  return document.source.text.slice(span.start, span.end);
}

test('values are as YAML 1.2 has them; keys are text', () => {
  expect(parse('{ a: 1, b: 1.5, c: true, d: null, e: "x", f: 0x1f, 01: x, on: y, g: 12:30, h: 1_000, i: 2026-01-01 }').value).toEqual({
    ...{ a: 1, b: 1.5, c: true, d: null, e: 'x', f: 31, '01': 'x', on: 'y', g: '12:30', h: '1_000', i: '2026-01-01' },
  });
});

test('JSON is YAML', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.jsonValue({ maxDepth: 3 })), (value) => {
      fc.pre(
        !JSON.stringify(value).includes('__proto__') &&
          !/"<<"/.test(JSON.stringify(value)) &&
          !/e[+-]?\d|\d{16}/.test(JSON.stringify(value)),
      );
      expect(parse(JSON.stringify(value)).value).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test.each<readonly [string, string, Path, Parameters<typeof marked>[2], string]>([
  ['a value', 'a: { b: [x, yy] }', ['a', 'b', 1], undefined, 'yy'],
  ['a key', 'a: { b: [x, yy] }', ['a', 'b'], 'key', 'b'],
  ['what is not there: the key above', 'a: { b: 1 }', ['a', 'c'], undefined, 'a'],
  ['a part of plain text', 'a: one two', ['a'], { from: 4, to: 7 }, 'two'],
  ['a part of quoted text', 'a: "one two"', ['a'], { from: 4, to: 7 }, 'two'],
  ['a part of a block', 'a:\n  b: |\n    one\n\n      two three\n', ['a', 'b'], { from: 11, to: 16 }, 'three'],
  ['a text that is written in another way', "a: 'it''s two'", ['a'], { from: 5, to: 8 }, "'it''s two'"],
  ['behind an alias', 'a: &x { k: v }\nb: *x', ['b', 'k'], undefined, 'v'],
])('the place of %s', (_, text, path, part, letters) => {
  expect(marked(text, path, part)).toBe(letters);
});

test.each([
  ['a line', 'a: b\nkey: value\n', 10, 15, 'key: value\n     ^^^^^'],
  ['tabs before it', '\ta\t: bc', 5, 7, '\ta\t: bc\n\t \t  ^^'],
  ['wide letters before it', 'ä𝒳: b', 5, 6, 'ä𝒳: b\n    ^'],
  ['behind the end', 'a: b\n\n\n', 6, 7, 'a: b\n    ^'],
  ['Windows line ends', 'a: b\r\nc: d\r\n', 9, 10, 'c: d\n   ^'],
  ['a long line', `${'x'.repeat(500)}END`, 500, 503, `${'x'.repeat(59)}END\n${' '.repeat(59)}^^^`],
])('the excerpt of %s', (_, text, start, end, excerpt) => {
  const [line = '', caret = ''] = (mistakeAt({ source: fileSource('f', text), start, end }, 'm').excerpt ?? '').split('\n');
  expect(`${line.slice(0, 62)}\n${caret}`).toBe(excerpt);
});

test('aliases that multiply are refused before they fill the memory', () => {
  const bomb = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`),
  ];
  const checked = parseYaml(fileSource('f', bomb.join('\n')));
  expect(checked.ok ? [] : checked.mistakes.map(({ message }) => message)).toEqual(['aliases repeat more than 100000 values']);
});

test.each([
  ['an alias inside its own anchor', 'a: &a [*a]', 'no anchor `&a` stands before this alias'],
  ['a merge key', 'a: &a { x: 1 }\nb: { <<: *a }', '`<<` cannot be a key'],
  ['a prototype', '__proto__: 1', '`__proto__` cannot be a key'],
  ['a list as a key', '? [a]\n: 1', 'a mapping or list cannot be a key'],
  ['no number', 'a: .nan', '`.nan` is no number that can be used'],
  ['too many digits', 'a: 12345678901234567890', '`12345678901234567890` has more digits than a number keeps'],
])('mistake: %s', (_, text, message) => {
  const checked = parseYaml(fileSource('f', text));
  expect(checked.ok ? [] : checked.mistakes.map((mistake) => mistake.message)).toEqual([message]);
});

test('no text makes the parser throw', () => {
  const piece = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&a',
    '*a',
    '!x',
    '|',
    '>',
    '#',
    '?',
    '\t',
    '%',
    '---',
    '0644',
    ',',
    '<<',
    '\u0000',
    '\uFEFF',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const checked = parseYaml(fileSource('f', pieces.join('')));
      expect(checked.ok || checked.mistakes.length > 0).toBe(true);
    }),
    { numRuns: 3000 },
  );
});
