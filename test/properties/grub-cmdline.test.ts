import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import { editDefaults, effectiveCmdline, GRUB_DEFAULTS, GRUB_DROP_IN } from '../../src/probes/boot/grub-cmdline.ts';
import type { DefaultsFile } from '../../src/probes/boot/grub-defaults.ts';
import { findWords, isFound, keyOf, splitWords, type WantedWords } from '../../src/probes/kernel-words.ts';
import { kernelCmdline } from '../../src/tasks/kernel-cmdline.ts';
import { tempFolder } from '../support/temp-folder.ts';

const key = fc.constantFrom('quiet', 'iommu', 'intel_iommu', 'kvm-amd.nested', 'kvm_amd.nested', 'mitigations', 'console');
const word = fc.tuple(key, fc.constantFrom('', '=on', '=off', '=1')).map(([name, value]) => `${name}${value}`);
const blanks = fc.constantFrom(' ', '  ', '\t');
const value = fc.tuple(fc.array(fc.tuple(blanks, word), { maxLength: 5 }), fc.constantFrom('"', "'")).map(([words, quote]) => {
  const body = words.map(([blank, one], i) => `${i === 0 ? '' : blank}${one}`).join('');
  return `${quote}${body}${quote}`;
});
const other = fc.constantFrom('', '# GRUB_CMDLINE_LINUX=old', 'GRUB_TIMEOUT=5', 'GRUB_DISTRIBUTOR=`lsb_release -i -s`', 'X="$(date)"');
const text = fc
  .tuple(fc.array(other, { maxLength: 3 }), value, fc.array(other, { maxLength: 3 }), fc.option(value), fc.constantFrom('\n', ''))
  .map(([above, all, below, normal, end]) => {
    const lines = [...above, `GRUB_CMDLINE_LINUX=${all}`, ...below, ...(normal === null ? [] : [`GRUB_CMDLINE_LINUX_DEFAULT=${normal}`])];
    return `${lines.join('\n')}${end}`;
  });
const wanted: fc.Arbitrary<WantedWords> = fc
  .tuple(
    fc.uniqueArray(key, { maxLength: 3, selector: (name) => keyOf(name) }),
    fc.constantFrom<readonly ['on' | true, boolean]>(['on', true], [true, false]),
  )
  .map(([[set, remove, append], [first]]) => ({
    set: set === undefined ? {} : { [set]: first },
    remove: remove === undefined ? [] : [remove],
    append: append === undefined ? [] : [`${append}=1`],
  }));

function applied(files: readonly DefaultsFile[], texts: ReadonlyMap<string, string | undefined>): readonly DefaultsFile[] {
  const all = new Map([...files.map((file) => [file.path, file.text] as const), ...texts]);
  return [...all].flatMap(([path, now]) => (now === undefined ? [] : [{ path, text: now }]));
}

describe('kernel arguments in /etc/default/grub', () => {
  it('are as wanted after the edit, a second edit finds nothing to do, and all that was not asked about stays', async () => {
    await fc.assert(
      fc.property(text, wanted, fc.boolean(), (before, words, dropIns): void => {
        const files = [{ path: GRUB_DEFAULTS, text: before }];
        const after = applied(files, editDefaults(files, words, { dropIns }));
        const effective = Object.values(effectiveCmdline(after)).flat();
        expect(isFound(findWords(effective, words))).toBe(true);
        expect(editDefaults(after, words, { dropIns }).size).toBe(0);

        const plain = (one: string) => !/^GRUB_CMDLINE/.test(one);
        const lines = (all: readonly DefaultsFile[]) => (all[0]?.text ?? '').split('\n').filter(plain);
        expect(lines(after)).toEqual(lines(files));
        const keys = new Set([...Object.keys(words.set), ...words.append, ...words.remove].map(keyOf));
        const others = (all: readonly DefaultsFile[]) =>
          Object.values(effectiveCmdline(all))
            .flat()
            .filter((one) => !keys.has(keyOf(one)));
        expect(others(after)).toEqual(others(files));
        expect(JSON.stringify(after)).not.toMatch(/undefined|null/);
      }),
    );
  });

  it('stay byte for byte where nothing is to be done, and our own file goes again with what it was made for', async () => {
    await fc.assert(
      fc.property(text, (before): void => {
        const files = [{ path: GRUB_DEFAULTS, text: before }];
        const none = { set: {}, append: [], remove: [] };
        expect(editDefaults(files, none, { dropIns: true }).size).toBe(0);
        const with1 = applied(files, editDefaults(files, { ...none, set: { 'new.one': 'x' } }, { dropIns: true }));
        const without = editDefaults(with1, { ...none, remove: ['new.one'] }, { dropIns: true });
        expect([...without]).toEqual([[GRUB_DROP_IN, undefined]]);
      }),
    );
  });

  it('have their bytes again once a new word is taken out, also where no other file is read', async () => {
    await fc.assert(
      fc.property(text, (before): void => {
        const none = { set: {}, append: [], remove: [] };
        const files = [{ path: GRUB_DEFAULTS, text: before }];
        const with1 = applied(files, editDefaults(files, { ...none, set: { 'new.one': 'x' } }, { dropIns: false }));
        expect(with1[0]?.text).not.toBe(before);
        const without = editDefaults(with1, { ...none, remove: ['new.one'] }, { dropIns: false });
        // A bare value has got quotes with the first blank, and keeps them.
        expect(without.get(GRUB_DEFAULTS)).toBe(before);
      }),
    );
  });

  it('are understood in any text, or a line of it is named', async () => {
    const parts = fc.constantFrom(
      ...['GRUB_CMDLINE_LINUX', '_DEFAULT', '=', '"', "'", '`', '$', '$GRUB_CMDLINE_LINUX', '\\', '\n', ' ', '#', ';', '+=', '(', ')'],
      ...['export ', 'if true; then', 'fi', '. x', 'a', '\r', 'quiet'],
    );
    await fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: parts, maxLength: 20 }), fc.string({ unit: 'binary' })),
        fc.boolean(),
        (any, dropIns): void => {
          try {
            const files = [{ path: GRUB_DEFAULTS, text: any }];
            const wanted = { set: { iommu: 'pt' }, append: [], remove: [] };
            const after = applied(files, editDefaults(files, wanted, { dropIns }));
            expect(isFound(findWords(Object.values(effectiveCmdline(after)).flat(), wanted))).toBe(true);
          } catch (error) {
            if (!(error instanceof DroverError)) throw error;
            const line = Number(/^\/etc\/default\/grub:(\d+) /.exec(error.message)?.[1]);
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(any.split('\n').length);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are what a shell makes of the file, or are refused as they are asked for', async () => {
    const signs = fc.string({
      unit: fc.constantFrom('a', '1', '.', ',', '%', '^', '@', ' ', '$', '`', '"', "'", '\\', ';', '#', '\n', '&', '*', '('),
      minLength: 1,
      maxLength: 6,
    });
    const folder = tempFolder();
    await fc.assert(
      fc.property(signs, value, fc.boolean(), (hostile, old, dropIns): void => {
        const asked = kernelCmdline.params.safeParse({ set: { 'new.one': hostile } });
        if (!asked.success) return;
        const files = [{ path: GRUB_DEFAULTS, text: `GRUB_CMDLINE_LINUX=${old}\n` }];
        const after = applied(files, editDefaults(files, { set: { 'new.one': hostile }, append: [], remove: [] }, { dropIns }));
        writeFileSync(join(folder, 'grub'), after.map((file) => file.text).join(''));
        const said = execFileSync('sh', ['-c', '. "$1"; printf %s "$GRUB_CMDLINE_LINUX"', 'x', join(folder, 'grub')], { encoding: 'utf8' });
        expect(splitWords(said)).toContain(`new.one=${hostile}`);
      }),
      { numRuns: 200 },
    );
  });
});
