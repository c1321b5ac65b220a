import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Read } from '../../src/core/probe.ts';
import { look } from '../../src/engine/look/ask.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { quote, quoteArgv } from '../../src/engine/script/quote.ts';
import { toBytes, toText } from '../../src/engine/script/text.ts';
import { localSession } from '../support/local-session.ts';
import { feedShell, SHELLS } from '../support/shells.ts';
import { tempFolder } from '../support/temp-folder.ts';

const SHELL_SIGNS = fc.constantFrom(
  "'",
  '"',
  '$',
  '`',
  '\\',
  '\n',
  '*',
  ' ',
  '!',
  '-',
  '~',
  '#',
  '\t',
  '\r',
  '\u0081',
  '\u0088',
  'é',
  '\x7f',
  '\x01',
);

/** Words as hostile as a shell word can be: all but NUL. */
const word = fc
  .oneof(fc.string({ unit: 'binary' }), fc.string({ unit: SHELL_SIGNS }), fc.constantFrom('', '-n', '$(id)', "'; id; '", '\\', 'a\n'))
  .map((text) => text.replaceAll('\0', ''));

const name = word
  .map((text) => Buffer.from(text.replaceAll('/', '')).subarray(0, 200).toString().replaceAll('\ufffd', ''))
  .filter((text) => !['', '.', '..'].includes(text));

const bytes = fc
  .oneof(
    fc.uint8Array({ maxLength: 300 }),
    word.map((text) => new TextEncoder().encode(text)),
  )
  .map((array) => Buffer.from(array));

test.each(SHELLS.map((shell) => [shell[0], shell] as const))('%s gives back every word that quote made', (_, shell) => {
  fc.assert(
    fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 20 }), (commands) => {
      const script = commands.map((words) => `printf '%s\\0' ${quoteArgv(words as [string, ...string[]])}\n`).join('');
      expect(feedShell(shell, script).stdout.toString()).toBe(
        commands
          .flat()
          .map((one) => `${one}\0`)
          .join(''),
      );
    }),
    { numRuns: 30 },
  );
});

test.each(['a\0b', '\ud800', '\udc00x'])('quote refuses what no shell word can hold: %j', (text) => {
  expect(() => quote(text)).toThrow(TypeError);
});

test('bytes to text and back are the same bytes', () => {
  fc.assert(fc.property(bytes, (some) => toBytes(toText(some)).equals(some)));
});

test.each(SHELLS.map((shell) => [shell[0], shell] as const))('what %s answers to a look is what is there', async (_, shell) => {
  const session = localSession(shell);
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, bytes, { maxKeys: 12 }),
      fc.array(fc.tuple(bytes, bytes, fc.nat(123)), { maxLength: 3 }),
      async (files, outputs) => {
        const folder = tempFolder();
        mkdirSync(join(folder, 'some'));
        const expected = new Map<string, unknown>();
        const reads: Read[] = [
          { kind: 'dir', path: `${folder}/some` },
          { kind: 'glob', pattern: `${folder}/some/*` },
        ];
        for (const [one, content] of Object.entries(files)) {
          const path = `${folder}/some/${one}`;
          writeFileSync(path, content);
          reads.push({ kind: 'file', path }, { kind: 'stat', path });
          const { text, ...encoding } = toText(content);
          expected.set(`file ${path}`, { status: 0, stdout: text, stderr: '', ...encoding });
        }
        outputs.forEach(([out, err, status], i) => {
          writeFileSync(`${folder}/out${i}`, out);
          writeFileSync(`${folder}/err${i}`, err);
          const argv = [
            'sh',
            '-c',
            'cat "$1"; cat "$2" >&2; exit "$3"',
            '-',
            `${folder}/out${i}`,
            `${folder}/err${i}`,
            `${status}`,
          ] as const;
          reads.push({ kind: 'command', argv });
          const { text, ...encoding } = toText(out);
          expected.set(`command ${i}`, { status, stdout: text, stderr: err.toString(), ...encoding });
        });
        const readings = await look(session, reads, DEFAULT_LIMITS);
        const got = Object.entries(readings);
        expect(got).toHaveLength(reads.length);
        for (const [key, value] of expected) if (key.startsWith('file ')) expect(readings[key]).toEqual(value);
        expect(got.filter(([key]) => key.startsWith('command ')).map(([, value]) => value)).toEqual(
          outputs.map((_, i) => expected.get(`command ${i}`)),
        );
        const names = Object.keys(files).sort();
        expect(readings[`dir ${folder}/some`]?.stdout.split('\0').filter(Boolean).sort()).toEqual(names);
        const globbed = JSON.parse(readings[`glob ${folder}/some/*`]?.stdout ?? '') as { path: string; content: string }[];
        expect(globbed.map(({ path }) => path).sort()).toEqual(
          names.filter((one) => !one.startsWith('.')).map((one) => `${folder}/some/${one}`),
        );
        for (const { path, content } of globbed) expect(content).toBe(readings[`file ${path}`]?.stdout);
        for (const one of names)
          expect(readings[`stat ${folder}/some/${one}`]?.stdout).toMatch(new RegExp(`^81a4 \\d+ \\d+ ${files[one]?.length} `));
      },
    ),
    { numRuns: 20 },
  );
});
