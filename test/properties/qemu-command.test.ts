import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type QemuCommand, qemuCommands } from '../../src/probes/qemu/options.ts';
import { type NamedText, type PlacedCommand, spliced } from '../../src/probes/qemu/placed-word.ts';
import { lacksOf } from '../../src/probes/qemu/settings.ts';
import { shellCommands } from '../../src/probes/qemu/shell-words.ts';
import { unitCommands } from '../../src/probes/qemu/unit-words.ts';
import type { QemuWishes } from '../../src/probes/qemu/wishes.ts';

const quoted = (text: string) => fc.constantFrom(text, `'${text}'`, `"${text}"`, text.replace(/^./, "'$&'"));
const other = fc.constantFrom(
  '-m "$MEM"',
  '-smp 2',
  '-vnc :1',
  '-append "root=/dev/vda -cpu x"',
  '-name web01',
  '-cdrom /a.iso',
  '-enable-kvm -S',
);
const cpu = fc
  .constantFrom('qemu64', 'qemu64,+aes', 'max', 'host,kvm=off')
  .chain(quoted)
  .map((text) => `-cpu ${text}`);
const drive = fc
  .tuple(
    fc.constantFrom('file=/a,,b.raw', 'file=/dev/vg/x', 'if=virtio,file=x'),
    fc.constantFrom('', ',cache=none', ',cache=writeback'),
    fc.constantFrom('', ',format=raw', ',aio=threads'),
  )
  .map((parts) => parts.join(''))
  .chain(quoted)
  .map((text) => `--drive ${text}`);
const cards = fc.constantFrom(
  "-net nic,model=e1000,macaddr=52:54:00:00:00:07 -net 'tap,ifname=tap0,script=no'",
  '-net user -net nic',
  '-netdev user,id=n0 -device e1000,netdev=n0,mac=52:54:00:00:00:07 -nic user,mac=52:54:00:00:00:08',
  '-nic tap,model=virtio,mac=52:54:00:00:00:07,ifname=tap0',
);
const gap = fc.constantFrom(' ', ' \\\n    ');
const words = fc.tuple(fc.array(other, { maxLength: 3 }), fc.option(cpu, { nil: '' }), drive, cards, gap).map(([others, ...rest]) => {
  const [model, disk, nets, space] = rest;
  return [disk, ...others, model, nets]
    .filter(Boolean)
    .map((one) => space + one)
    .join('');
});
const script = fc
  .tuple(words, fc.constantFrom('', ' &', ' >/dev/null 2>&1', ' # -cpu old'))
  .map(([line, end]) => `#!/bin/sh\n# kept: -cpu x\nexec qemu-system-x86_64${line}${end}\n`);
const unit = fc
  .tuple(words, fc.constantFrom('ExecStart=', 'ExecStart = -', 'ExecStart=/bin/old\nExecStart=\nExecStart='))
  .map(([line, key]) => `[Unit]\nDescription=-cpu x\n[Service]\n# kept: -cpu x\n${key}/usr/bin/qemu-system-x86_64${line}\nUser=vm\n`);
type Reader = (source: NamedText) => readonly PlacedCommand[];
const wishes: fc.Arbitrary<QemuWishes> = fc.record(
  {
    accel: fc.constant('kvm' as const),
    cpu: fc.constantFrom('host', 'max'),
    nic: fc.record({ model: fc.constantFrom('virtio-net-pci', 'e1000') }),
    drive: fc.record({ cache: fc.constantFrom('none', 'directsync'), aio: fc.constantFrom('native', 'threads') }),
    hostdev: fc.constant(['01:00.0']),
  },
  { requiredKeys: [] },
);

function commandOf(text: string): QemuCommand {
  const source = { path: '/x', text };
  const read: Reader = text.startsWith('#!') ? shellCommands : unitCommands;
  const [command] = qemuCommands(source, read(source));
  if (command === undefined) throw new Error('no command');
  return command;
}

function edited(text: string, wanted: QemuWishes): string {
  const command = commandOf(text);
  const lacks = lacksOf(command, wanted);
  const added = lacks.map(({ added: more }) => (more === undefined ? '' : ` ${more}`)).join('');
  return spliced(text, [...lacks.flatMap(({ splices }) => splices), { from: command.end, to: command.end, text: added }]);
}

/** The options that no wish is about, in words. */
function untouched(text: string): readonly string[] {
  return commandOf(text).options.flatMap(({ name, value }) =>
    ['cpu', 'accel', 'drive', 'net', 'nic', 'netdev', 'device'].includes(name) ? [] : [`${name} ${value?.value}`],
  );
}

describe.each([
  ['a script', script],
  ['a unit', unit],
])('an edited command line of %s', (_, file) => {
  it('lacks nothing, and the second time nothing is to be done', () => {
    fc.assert(
      fc.property(file, wishes, (text, wanted): void => {
        const once = edited(text, wanted);
        expect(lacksOf(commandOf(once), wanted)).toEqual([]);
        expect(edited(once, wanted)).toBe(once);
      }),
    );
  });

  it('has all that was not asked about, word for word and line for line', () => {
    fc.assert(
      fc.property(file, wishes, (text, wanted): void => {
        const once = edited(text, wanted);
        expect(untouched(once)).toEqual(untouched(text));
        expect(once.split('\n').length).toBe(text.split('\n').length);
        expect(once.slice(0, once.indexOf(' --drive'))).toBe(text.slice(0, text.indexOf(' --drive')));
        expect(once.slice(commandOf(once).end)).toBe(text.slice(commandOf(text).end));
        if (Object.keys(wanted).length === 0) expect(once).toBe(text);
      }),
    );
  });

  it('gets its old CPU back by asking for it', () => {
    fc.assert(
      fc.property(file, (text): void => {
        fc.pre(/-cpu ['"]?max/.test(text) && !text.includes('-cpu x"'));
        expect(edited(edited(text, { cpu: 'host' }), { cpu: 'max' })).toBe(text);
      }),
    );
  });
});
