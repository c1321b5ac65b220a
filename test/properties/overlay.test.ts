import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Change, write } from '../../src/core/change.ts';
import type { Read, Reading, Readings } from '../../src/core/probe.ts';
import { act } from '../../src/engine/act/act.ts';
import { effectOn } from '../../src/engine/host/overlay.ts';
import { look } from '../../src/engine/look/ask.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { localSession } from '../support/local-session.ts';
import { textImage } from '../support/made-up-steps.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NAMES = ['a.conf', 'b.conf', '.c.conf', 'ab.conf', 'a', 'a[1]', 'B.CONF'];
const PATTERNS = ['*', '*.conf', '?.conf', '[ab].conf', '[a-z]*', '.*', 'a', 'a*b*', '*[1]', '[]a]*', '??', 'a[1]'];
const name = fc.constantFrom(...NAMES);
const content = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'x\n', 'é'));

test('what a write is said to lead to is what a look finds after it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, content),
      name,
      fc.option(content, { nil: undefined }),
      fc.constantFrom(0o644, 0o600, 0o4755),
      async (files, at, after, mode) => {
        const folder = join(tempFolder(), 'some');
        mkdirSync(folder);
        for (const [one, text] of Object.entries(files)) writeFileSync(join(folder, one), text);
        const old = files[at];
        if (old === undefined && after === undefined) return;
        const before = old === undefined ? undefined : textImage(old);
        const change = write(join(folder, at), before, after === undefined ? undefined : { ...textImage(after), mode }, 'x');
        const reads: Read[] = [
          ...NAMES.flatMap((one) => [
            { kind: 'file', path: join(folder, one) } as const,
            { kind: 'stat', path: join(folder, one) } as const,
          ]),
          { kind: 'dir', path: folder },
          ...PATTERNS.flatMap((pattern) => [
            { kind: 'glob', pattern: `${folder}/${pattern}` } as const,
            { kind: 'glob', pattern: `${folder.replace(/some$/, '*')}/${pattern}` } as const,
          ]),
          { kind: 'command', argv: ['true'] },
        ];
        const first = await look(localSession(), reads, DEFAULT_LIMITS);
        const foretold = Object.fromEntries(Object.entries(first).map(([key, reading]) => [key, after1(change, key, reading)]));
        const acted = await act(localSession(), [{ number: 1, changes: [change] }], {
          limits: DEFAULT_LIMITS,
          listener: { started: () => {}, ended: () => {} },
          begin: async () => {},
        });
        expect(acted.steps[0]?.error).toBeUndefined();
        expect(foretold).toEqual(sortNames(await look(localSession(), reads, DEFAULT_LIMITS)));
      },
    ),
    { numRuns: 25 },
  );
});

/** Only root's files have an owner whose number is known beforehand; here all of them can be. */
function after1(change: Change, key: string, before: Reading): Reading {
  const effect = effectOn(change, key, before);
  if (effect.kind === 'touched') throw new TypeError(`not foretold: ${key}`);
  return sorted(key, effect.kind === 'none' ? before : effect.reading);
}

function sortNames(readings: Readings): Readings {
  return Object.fromEntries(Object.entries(readings).map(([key, reading]) => [key, sorted(key, reading)]));
}

/** The names in a folder come in no order. */
function sorted(key: string, reading: Reading): Reading {
  return key.startsWith('dir ') ? { ...reading, stdout: reading.stdout.split('\0').sort().join('\0') } : reading;
}
