import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableBytes, printableJson, printableLines } from '../../src/report/printable.ts';

/** What no terminal may be given by a host: controls but the tab, and signs that turn the direction of text. */
const OBEYED = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

describe('printable', () => {
  it.each([
    ['plain words', 'plain words'],
    ['grün 日本 ✓', 'grün 日本 ✓'],
    ['a\tb', 'a\tb'],
    ['\x1b[31mred', '\\x1b[31mred'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['a\rb\nc\0', 'a\\rb\\nc\\x00'],
    ['\x9b2J', '\\x9b2J'],
    ['evil\u202etxt', 'evil\\u202etxt'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['\ud800', '\\ud800'],
  ])('%j is shown as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves nothing that a terminal obeys, whatever it is given', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !OBEYED.test(printable(text).replaceAll('\t', ''))));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => !OBEYED.test(printableBytes(Buffer.from(bytes)).replaceAll('\t', ''))));
  });
});

describe('printableLines', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\nb\r\n', ['a', '', 'b\\r']],
  ])('%j', (text, lines) => {
    expect(printableLines(text)).toEqual(lines);
  });
});

describe('printableBytes', () => {
  it.each([
    [Buffer.from('grün'), 'grün'],
    [Buffer.from('gr\xfcn', 'latin1'), 'gr\\xfcn'],
    [Buffer.from([0x61, 0xe2, 0x82]), 'a\\xe2\\x82'],
    [Buffer.from([0xff, 0xe2, 0x82, 0xac, 0x1b]), '\\xff€\\x1b'],
  ])('%j', (bytes, shown) => {
    expect(printableBytes(bytes)).toBe(shown);
  });
});

describe('printableJson', () => {
  it('means the same and holds nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = printableJson(JSON.stringify({ text }));
        expect(JSON.parse(json)).toEqual({ text });
        expect(json).not.toMatch(OBEYED);
      }),
    );
  });
});
