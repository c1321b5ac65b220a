import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Readings } from '../../src/core/probe.ts';
import { moduleOptions, moduleRules, optionsIn } from '../../src/probes/modprobe.ts';
import { kernelModule } from '../../src/tasks/kernel-module.ts';
import { kvmNested } from '../../src/tasks/kvm-nested.ts';
import { replay } from '../support/replay.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

const word = fc.constantFrom(
  'options',
  'install',
  'blacklist',
  'softdep',
  'kvm_amd',
  'kvm-amd',
  'dummy',
  'nested=0',
  '"nested=1"',
  '#',
  '*',
  '',
);
const gap = fc.constantFrom(' ', '\t', '\n', ' \\\n', '\\\n', '  ');
const lines = fc.array(fc.tuple(word, gap), { maxLength: 12 }).map((all) => all.flat().join(''));
const anyText = fc.oneof(
  lines,
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('options kvm_amd ', 'nested=', '\\', '\n', '"', '1') }),
);

const FOLDERS = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'];

/** A host with these files in /etc/modprobe.d. */
function hostWith(files: Readonly<Record<string, string>>): { readonly readings: Readings } {
  const found = Object.entries(files).map(([path, content]) => ({ path, content }));
  const glob = (folder: string) => [
    `glob ${folder}/modprobe.d/*.conf`,
    { status: 0, stdout: JSON.stringify(folder === '/etc' ? found : []), stderr: '' },
  ];
  return { readings: { ...Object.fromEntries(FOLDERS.map(glob)), 'file /proc/cmdline': { status: 0, stdout: '', stderr: '' } } };
}

/** What a step writes on a recorded host. */
function written(task: typeof kvmNested | typeof kernelModule, one: Parameters<typeof findingOf>[1]): readonly [string, string] {
  const [edit] = changesOf(findingOf(task, one).plan).flatMap((change) => (change.kind === 'write' ? [change] : []));
  return [edit?.path ?? '', edit?.after?.content ?? ''];
}

describe('files of modprobe.d', () => {
  it('are read whatever they hold, and each value and place stands in them', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const host = hostWith({ '/etc/modprobe.d/a.conf': text });
        const joined = text.replaceAll('\\\n', '').replaceAll('"', '');
        for (const { value } of replay(moduleOptions('kvm_amd', 'nested'), host)) expect(joined).toContain(`nested=${value}`);
        for (const { place } of replay(moduleRules('dummy'), host)) {
          expect(Number(place.split(':')[1])).toBeLessThanOrEqual(text.split('\n').length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([true, false])('hear what kvm.nested writes (%s), whatever an earlier file says', (enabled) => {
    const host = enabled ? 'debian12-amd-nested-off' : 'debian12-amd-idle';
    const [path, content] = written(kvmNested, { host, with: { enabled } });
    expect(optionsIn(content, 'kvm_amd', 'nested')).toEqual([String(Number(enabled))]);
    fc.assert(
      fc.property(anyText, (text) => {
        const files = { '/etc/modprobe.d/a.conf': text, [path]: content };
        expect(replay(moduleOptions('kvm_amd', 'nested'), hostWith(files)).at(-1)).toEqual({
          source: path,
          value: String(Number(enabled)),
        });
      }),
    );
  });

  it('keep the module away that kernel.module writes of, and no other', () => {
    const [path, content] = written(kernelModule, { host: 'module-live', with: { module: 'dummy', loaded: false } });
    const rules = (module: string) => replay(moduleRules(module), hostWith({ [path]: content })).map(({ command }) => command);
    expect(rules('dummy').toSorted()).toEqual(['/bin/false', undefined]);
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z_-]{1,8}$/), (other) => {
        fc.pre(other !== 'dummy');
        expect(rules(other)).toEqual([]);
      }),
    );
  });
});
