import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineNumbers, type WantedLine, withLine, withoutLine } from '../../src/probes/line-edit.ts';

const word = fc.constantFrom('a', 'b', 'ab', '#a', '', ' ', '\r', 'ä', 'x\uFEFF', '$&');
const line = fc.constantFrom('a', 'b', 'ab', '#a', 'c', '$&', '\\1');
const end = fc.constantFrom('\n', '\n', '\r\n');

/** Files as people leave them: any mixture of ends, with or without the last one, with or without a byte order mark. */
const text = fc
  .tuple(fc.constantFrom('', '\uFEFF'), fc.array(fc.tuple(word, end), { maxLength: 6 }), fc.constantFrom('', 'a', 'b'))
  .map(([mark, lines, last]) => `${mark}${lines.flat().join('')}${last}`);

const pattern = fc.constantFrom(/^a$/u, /^b/u, /a/u, /^#/u, /^$/u, /c/u);
const wanted: fc.Arbitrary<WantedLine> = fc.record({
  line,
  regexp: fc.option(pattern, { nil: undefined }),
  place: fc.option(fc.record({ side: fc.constantFrom('after' as const, 'before' as const), regexp: pattern }), { nil: undefined }),
});

/** The lines with their ends, by the simplest means; a byte order mark in front is none of them. */
function pieces(content: string): readonly string[] {
  return content
    .replace(/^\uFEFF/, '')
    .split(/(?<=\n)/)
    .filter((piece) => piece !== '');
}

describe('a line that is to be there', () => {
  it('is there afterwards, and the second time nothing is to be done', async () => {
    await fc.assert(
      fc.asyncProperty(text, wanted, async (content, one) => {
        const edit = withLine(content, one);
        fc.pre(edit.status === 'edited');
        expect(lineNumbers(edit.text, (other) => other === one.line)).toHaveLength(1);
        expect(withLine(edit.text, one).status).toBe('same');
      }),
    );
  });

  it('costs no other line a byte, but for the end that a last line lacks', async () => {
    await fc.assert(
      fc.asyncProperty(text, wanted, async (content, one) => {
        const edit = withLine(content, one);
        fc.pre(edit.status === 'edited');
        const [before, after] = [pieces(content), pieces(edit.text)];
        const at = after.findIndex((piece) => piece.replace(/\r?\n$/, '') === one.line);
        const others = after.toSpliced(at, 1).join('');
        if (after.length === before.length) expect(others).toBe(before.toSpliced(at, 1).join(''));
        else expect([before.join(''), `${before.join('')}\n`, `${before.join('')}\r\n`]).toContain(others);
        expect(edit.text.startsWith('\uFEFF')).toBe(content.startsWith('\uFEFF'));
      }),
    );
  });

  it('is taken away again to the same bytes where the file was whole', async () => {
    await fc.assert(
      fc.asyncProperty(text, wanted, async (content, one) => {
        const edit = withLine(content, { ...one, regexp: undefined });
        fc.pre(edit.status === 'edited' && (content === '' || content.endsWith('\n')));
        expect(withoutLine(edit.text, (other) => other === one.line)).toMatchObject({ status: 'edited', text: content });
      }),
    );
  });
});

it('a line that is not to be there is gone, and all others are left as they are', async () => {
  await fc.assert(
    fc.asyncProperty(text, pattern, async (content, regexp) => {
      const edit = withoutLine(content, (other) => regexp.test(other));
      fc.pre(edit.status === 'edited');
      expect(lineNumbers(edit.text, (other) => regexp.test(other))).toEqual([]);
      const numbers = lineNumbers(content, (other) => regexp.test(other));
      const rest = pieces(content).filter((_, i) => !numbers.includes(i + 1));
      expect(pieces(edit.text)).toEqual(rest);
    }),
  );
});
