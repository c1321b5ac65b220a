import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import { type PlacedCommand, replacePart, spliced } from '../../src/probes/qemu/placed-word.ts';
import { shellCommands } from '../../src/probes/qemu/shell-words.ts';
import { unitCommands } from '../../src/probes/qemu/unit-words.ts';

const letters = fc.string({
  unit: fc.constantFrom('a', 'B', '0', '-', ',', '=', '/', ':', ' ', "'", '"', '\\', '$', '*', '#', ';', 'ä'),
  minLength: 1,
});

/** A piece of a word, quoted as people do it. */
const shellPiece = fc.tuple(letters, fc.constantFrom('single', 'double', 'escaped')).map(([text, how]) => {
  if (how === 'single') return { text, source: `'${text.replaceAll("'", `'\\''`)}'` };
  if (how === 'double') return { text, source: `"${text.replaceAll(/["$`\\]/g, '\\$&')}"` };
  return { text, source: text.replaceAll(/[^\w,=/:-]/gu, '\\$&') };
});
const shellWord = fc.array(shellPiece, { minLength: 1, maxLength: 3 }).map((pieces) => ({
  text: pieces.map(({ text }) => text).join(''),
  source: pieces.map(({ source }) => source).join(''),
}));
const gap = fc.constantFrom(' ', '\t', '  ', ' \\\n  ');
const shellText = fc
  .tuple(
    fc.array(fc.tuple(gap, shellWord), { minLength: 1, maxLength: 5 }),
    fc.constantFrom('', ' # ä "', ' 2>/dev/null', ' </dev/null 2>&1'),
  )
  .map(([words, end]) => ({
    words: words.map(([, { text }]) => text),
    source: `DIR="$(dirname "$0")"\nprintf '%s\\0'${words.map(([space, { source }]) => `${space}${source}`).join('')}${end}\n`,
  }));

function run(script: string): readonly string[] {
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

function lastOf(commands: readonly PlacedCommand[]): PlacedCommand {
  const last = commands.at(-1);
  if (last === undefined) throw new Error('no command');
  return last;
}

describe('words of a shell script', () => {
  it('are those that a shell makes of it', () => {
    fc.assert(
      fc.property(shellText, ({ words, source }): void => {
        const values = lastOf(shellCommands({ path: '/x', text: source })).words.map(({ value }) => value);
        expect(values.slice(2)).toEqual(words);
        expect(run(source)).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });

  it('are edited so that a shell gets the new one, and every other as it was', () => {
    fc.assert(
      fc.property(
        shellText,
        fc.nat(),
        fc.nat(),
        fc.nat(),
        fc.constantFrom('', ',cache=none', 'virtio-net-pci', 'a/b:c'),
        ({ words, source }, which, a, b, text): void => {
          const place = which % words.length;
          const old = words[place] ?? '';
          const [from = 0, to = 0] = [a % (old.length + 1), b % (old.length + 1)].sort((x, y) => x - y);
          const word = lastOf(shellCommands({ path: '/x', text: source })).words[place + 2];
          if (word === undefined) throw new Error('no word');
          const edited = spliced(source, replacePart(word, { from, to }, text));
          expect(run(edited)).toEqual(words.with(place, old.slice(0, from) + text + old.slice(to)));
          expect(edited.startsWith(source.slice(0, word.from)) && edited.endsWith(source.slice(word.to))).toBe(true);
        },
      ),
      { numRuns: 60, examples: [[{ words: ['a', 'b'], source: "printf '%s\\0' a b\n" }, 0, 0, 1, '']] },
    );
  });
});

describe('words of a unit', () => {
  const unitPiece = fc.tuple(letters, fc.constantFrom('"', "'", '')).map(([text, quote]) => {
    const escaped = text.replaceAll(/[\\"']/g, '\\$&').replaceAll('$', '$$$$');
    return { text, source: quote === '' ? escaped.replaceAll(' ', '\\s') : `${quote}${escaped}${quote}` };
  });
  const between = fc.constantFrom(' ', '\t', ' \\\n  ', ' \\\n# ä "\n; b\n ');
  const unitText = fc
    .array(
      fc.tuple(
        between,
        unitPiece.filter(({ source }) => !/^[#;]/.test(source)),
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((words) => ({
      words: words.map(([, { text }]) => text),
      source: `[Unit]\nExecStart=/no\n[Service]\nExecStart=/old\nExecStart=\nExecStart = -/bin/x${words.map(([space, { source }]) => `${space}${source}`).join('')}\nUser=a\n`,
    }));

  it('are what was written, without prefix, comments and what was reset', () => {
    fc.assert(
      fc.property(unitText, ({ words, source }): void => {
        const commands = unitCommands({ path: '/x', text: source });
        expect(commands.map((command) => command.words.map(({ value }) => value))).toEqual([['/bin/x', ...words]]);
      }),
    );
  });

  it('are edited in their place alone', () => {
    fc.assert(
      fc.property(unitText, fc.nat(), ({ words, source }, which): void => {
        const place = which % words.length;
        const old = words[place] ?? '';
        const word = lastOf(unitCommands({ path: '/x', text: source })).words[place + 1];
        if (word === undefined) throw new Error('no word');
        const edited = spliced(source, replacePart(word, { from: old.length, to: old.length }, ',id=a'));
        const now = lastOf(unitCommands({ path: '/x', text: edited })).words.map(({ value }) => value);
        expect(now).toEqual(['/bin/x', ...words.with(place, `${old},id=a`)]);
        expect(edited.replace(',id=a', '')).toBe(source);
      }),
    );
  });
});

describe('any text at all', () => {
  const parts = fc.constantFrom(
    'qemu-system-x86_64',
    ' ',
    '\n',
    '\\',
    '"',
    "'",
    '$',
    '(',
    ')',
    '`',
    '{',
    '}',
    '<',
    '>',
    '#',
    ';',
    '[Service]\n',
    'ExecStart=',
    '-net',
    '=',
    '%',
    'case',
    '\r',
    '&',
  );
  it.each([
    ['a script', shellCommands],
    ['a unit', unitCommands],
  ])('is %s, or names a line', (_, read) => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: parts, maxLength: 30 }), fc.string({ unit: 'binary' })), (text): void => {
        try {
          for (const { words } of read({ path: '/x', text })) {
            for (const { from, to, units } of words)
              expect([from, ...units.flatMap((unit) => [unit.from, unit.to]), to].every((at, i, all) => at >= (all[i - 1] ?? 0))).toBe(
                true,
              );
          }
        } catch (error) {
          if (!(error instanceof DroverError)) throw error;
          expect(error.message).toMatch(/^\/x:\d+ /);
        }
      }),
      { numRuns: 500 },
    );
  });
});
