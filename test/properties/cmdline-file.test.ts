import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cmdlineWords, editCmdline } from '../../src/probes/boot/cmdline-file.ts';
import { findWords, isFound, keyOf, type WantedWords } from '../../src/probes/kernel-words.ts';

const key = fc.constantFrom('quiet', 'iommu', 'kvm-amd.nested', 'kvm_amd.nested', 'console');
const word = fc.oneof(
  fc.tuple(key, fc.constantFrom('', '=on', '=1')).map((parts) => parts.join('')),
  fc.constantFrom('root=/dev/mapper/rl-root', 'dyndbg="file a.c +p"', 'ro'),
);
const blank = fc.constantFrom(' ', '  ', '\t', '\n', ' \n ');
const comment = fc.constantFrom('# quiet iommu=on\n', '  # -- old "\n', '\n', '');

/** Files as people leave them: words over several lines, comments, and words for init. */
const text = fc
  .tuple(comment, fc.array(fc.tuple(word, blank), { maxLength: 5 }), fc.constantFrom('', '\n# kept: quiet\n', '-- quiet single\n', '\n'))
  .map(([head, words, tail]) => `${head}${words.flat().join('')}${tail}`);
const wanted: fc.Arbitrary<WantedWords> = fc.uniqueArray(key, { maxLength: 3, selector: keyOf }).map(([set, remove, append]) => ({
  set: set === undefined ? {} : { [set]: 'on' },
  remove: remove === undefined ? [] : [remove],
  append: append === undefined ? [] : [`${append}=1`],
}));
const NEW: WantedWords = { set: { 'new.one': 'x' }, append: [], remove: [] };

/** What is no kernel argument: comments, and what is for init. */
function others(file: string): readonly string[] {
  return [...(file.match(/^[ \t]*#.*$/gm) ?? []), file.replaceAll(/^[ \t]*#.*$/gm, '').split(/(?<=\s|^)--/)[1] ?? ''];
}

describe('a file of kernel arguments', () => {
  it('says what is wanted after the edit, and a second one finds nothing to do', () => {
    fc.assert(
      fc.property(text, wanted, (before, words) => {
        const after = editCmdline(before, words);
        expect(isFound(findWords(cmdlineWords(after), words))).toBe(true);
        expect(editCmdline(after, words)).toBe(after);
      }),
    );
  });

  it('keeps the other words in their order, its comments, and what is for init', () => {
    fc.assert(
      fc.property(text, wanted, (before, words) => {
        const keys = new Set([...Object.keys(words.set), ...words.append, ...words.remove].map(keyOf));
        const kept = (file: string) => cmdlineWords(file).filter((one) => !keys.has(keyOf(one)));
        const after = editCmdline(before, words);
        expect(kept(after)).toEqual(kept(before));
        expect(others(after)).toEqual(others(before));
      }),
    );
  });

  it('has its bytes again once a new word is taken out', () => {
    fc.assert(
      fc.property(text, (before) => {
        expect(editCmdline(editCmdline(before, NEW), { set: {}, append: [], remove: ['new.one'] })).toBe(before);
      }),
    );
  });

  it('is understood whatever it holds, and left alone where nothing is asked', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('a', '"', '#', '\n', ' ', '-', '=') })),
        (any) => {
          expect(editCmdline(any, { set: {}, append: [], remove: [] })).toBe(any);
          expect(cmdlineWords(editCmdline(any, NEW)).includes('new.one=x') || any.includes('"')).toBe(true);
        },
      ),
    );
  });
});

it.each<[string, Partial<WantedWords>, string]>([
  ['ro quiet\n', { set: { iommu: 'pt' } }, 'ro quiet iommu=pt\n'],
  ['# ours: quiet\nro  quiet iommu=off\nrhgb\n', { set: { iommu: 'pt' }, remove: ['quiet'] }, '# ours: quiet\nro iommu=pt\nrhgb\n'],
  ['quiet ro -- single\n', { set: { iommu: 'pt' }, remove: ['quiet'] }, 'ro iommu=pt -- single\n'],
  ['# nothing', { append: ['console=ttyS0'] }, '# nothing\nconsole=ttyS0\n'],
  ['', { append: ['console=ttyS0'] }, 'console=ttyS0'],
])('%j with %j', (before, more, after) => {
  expect(editCmdline(before, { set: {}, append: [], remove: [], ...more })).toBe(after);
});
