import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { optionsIn } from '../../src/probes/modprobe.ts';
import type { PciDevice } from '../../src/probes/pci/pci.ts';
import { withIds } from '../../src/probes/pci/vfio-config.ts';

const hex = fc.constantFrom('10de', '1002', '8086', '100e', '1b80');
const device: fc.Arbitrary<PciDevice> = fc
  .tuple(fc.integer({ min: 0, max: 31 }), hex, hex, fc.constantFrom('030000', '040300', '0c0330', '020000'))
  .map(([slot, vendor, model, kind]) => ({
    address: `0000:01:${slot.toString(16).padStart(2, '0')}.0`,
    id: `${vendor}:${model}`,
    class: kind,
    driver: undefined,
    group: '1',
    isBootVga: false,
  }));
const devices = fc.array(device, { minLength: 1, maxLength: 4 });
const modules = fc
  .array(fc.tuple(device, fc.constantFrom('e1000e', 'nouveau', 'snd_hda_intel', 'vfio_pci')))
  .map((all) => new Map(all.map(([{ address }, module]) => [address, module])));

/** What may stand in the file, ours and not. */
const anyText = fc.array(
  fc.constantFrom(
    'options vfio-pci ids=10de:1b80\n',
    'softdep nouveau pre: vfio-pci\n',
    '\n',
    '# by hand\n',
    'options vfio-pci ids=$(id)',
    ' ',
  ),
);

function edited(before: string | undefined, all: readonly PciDevice[], by: ReadonlyMap<string, string>): string {
  const edit = withIds(before, all, by);
  if (edit.text === undefined) throw new Error(`line ${edit.line} of our own text is not understood`);
  return edit.text;
}

describe('the options of vfio-pci', () => {
  it('name each model once, and are the same when they are set twice', async () => {
    await fc.assert(
      fc.asyncProperty(devices, modules, async (all, by) => {
        const once = edited(undefined, all, by);
        expect(edited(once, all, by)).toBe(once);
        expect(optionsIn(once, 'vfio_pci', 'ids').at(-1)?.split(',').toSorted()).toEqual([...new Set(all.map(({ id }) => id))].toSorted());
      }),
    );
  });

  it('keep the models and modules that were there, in their order', async () => {
    await fc.assert(
      fc.asyncProperty(devices, devices, modules, async (first, more, by) => {
        const before = edited(undefined, first, by);
        const after = edited(before, more, by);
        const [options = '', ...softdeps] = before.trimEnd().split('\n');
        expect(after.startsWith(options)).toBe(true);
        expect(after.split('\n').slice(1).join('\n').startsWith(softdeps.join('\n'))).toBe(true);
      }),
    );
  });

  it('say of any text which line is none of theirs, or keep all models of it', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, devices, async (lines, all) => {
        const text = lines.join('');
        const edit = withIds(text, all, new Map());
        const ours = text.split('\n').every((line) => /^(options vfio-pci ids=[0-9a-f:,]+|softdep \w+ pre: vfio-pci|)$/.test(line));
        if (edit.text === undefined)
          expect(text.split('\n')[edit.line - 1]).not.toMatch(/^(options vfio-pci ids=[0-9a-f:,]+|softdep \w+ pre: vfio-pci|)$/);
        expect(edit.text !== undefined).toBe(ours);
        if (edit.text !== undefined)
          for (const ids of optionsIn(text, 'vfio_pci', 'ids')) expect(optionsIn(edit.text, 'vfio_pci', 'ids')[0]).toContain(ids);
      }),
    );
  });
});
