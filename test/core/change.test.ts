import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, describe as describeChange, inverse, run, settle, touches, write } from '../../src/core/change.ts';
import { mergedSettling, type Reboot, SETTLING_ORDER, type Settling, settledBack, settlingName } from '../../src/core/settling.ts';
import { settlingCommands } from '../../src/engine/act/settle-commands.ts';

const text = fc.string({ maxLength: 20 });
const image = fc.record({ content: text, mode: fc.integer({ min: 0, max: 0o7777 }), owner: text, group: text });
const argv = fc.tuple(text, text);
const settling: fc.Arbitrary<Settling> = fc.oneof(
  fc.constant({ what: 'daemon-reload' as const }),
  fc.record({ what: fc.constant('restart' as const), unit: text }),
  fc.record({ what: fc.constant('module-reload' as const), module: text }),
);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(text, fc.option(image, { nil: undefined }), fc.option(image, { nil: undefined }), text)
    .map(([path, before, after, because]) => write(path, before, after, because)),
  fc.tuple(argv, argv, text).map(([does, undo, because]) => run(does, { undo, because, touches: ['*'] })),
  fc.tuple(settling, text).map(([what, because]) => settle(what, { because, touches: ['*'] })),
);

describe('inverse', () => {
  it('of an inverse is the first change', async () => {
    await fc.assert(
      fc.property(change, (first): void => {
        const back = inverse(first);
        expect(typeof back).toBe('object');
        expect(inverse(back as Change)).toEqual(first);
      }),
    );
  });

  it.each(['not needed', 'impossible'] as const)('of a run may be %s', (undo) => {
    expect(inverse(run(['true'], { undo, because: 'x', touches: ['*'] }))).toBe(undo);
  });
});

it('is described by the name of its script where that is one of ours', () => {
  const more = { undo: 'impossible', because: 'x', touches: ['*'] } as const;
  expect(describeChange(run(['sh', '-c', 'long text', 'drover-drain', 'web'], more))).toBe('run drover-drain web');
  expect(describeChange(run(['sh', '-c', 'echo hi', 'sh', '/opt'], more))).toBe('run sh -c "echo hi" sh /opt');
});

describe('settlings', () => {
  it.each<[Exclude<Settling, Reboot>, string, readonly (readonly string[])[]]>([
    [{ what: 'initramfs', tool: 'dracut' }, 'initramfs by dracut', [['dracut', '--force', '--regenerate-all']]],
    [{ what: 'initramfs', tool: 'update-initramfs' }, 'initramfs by update-initramfs', [['update-initramfs', '-u', '-k', 'all']]],
    [{ what: 'daemon-reload' }, 'daemon-reload', [['systemctl', 'daemon-reload']]],
    [
      { what: 'module-reload', module: 'kvm_amd' },
      'module-reload kvm_amd',
      [
        ['modprobe', '-r', 'kvm_amd'],
        ['modprobe', 'kvm_amd'],
      ],
    ],
    [
      { what: 'restart', unit: 'docker.service' },
      'restart docker.service',
      [
        ['systemctl', 'reset-failed', 'docker.service'],
        ['systemctl', 'restart', 'docker.service'],
      ],
    ],
    [
      { what: 'domain-restart', domain: 'web01', timeoutMs: 1500 },
      'domain-restart web01',
      [['sh', '-c', expect.stringContaining('virsh'), 'drover-domain', 'web01', '2', 'fail', 'restart']],
    ],
    [
      { what: 'domain-restart', domain: 'web01', timeoutMs: 1000, late: 'destroy', only: 'start' },
      'domain-restart web01',
      [['sh', '-c', expect.stringContaining('virsh'), 'drover-domain', 'web01', '1', 'destroy', 'start']],
    ],
  ])('%j', (one, name, commands) => {
    expect(settlingName(one)).toBe(name);
    expect(settlingCommands(one)).toEqual(commands);
    expect(SETTLING_ORDER).toContain(one.what);
  });
});

describe('settlings of one name', () => {
  it('are merged: a menu must hold all words, a reboot has the most patience and whoever drained has drained for all', () => {
    const menu = { what: 'grub', path: '/boot/grub/grub.cfg', tool: 'grub-mkconfig' } as const;
    expect(mergedSettling({ ...menu, present: ['a'] }, { ...menu, present: ['b', 'a'], absent: ['c'] }, menu)).toEqual({
      ...menu,
      present: ['a', 'b'],
      absent: ['c'],
    });
    const many = [
      { what: 'reboot', timeoutMs: 5 },
      { what: 'reboot', guests: 'drained' },
      { what: 'reboot', timeoutMs: 7 },
    ] as const;
    expect(mergedSettling({ what: 'reboot' }, ...many)).toEqual({ what: 'reboot', guests: 'drained', timeoutMs: 7 });
    expect(mergedSettling({ what: 'daemon-reload' }, { what: 'daemon-reload' })).toEqual({ what: 'daemon-reload' });
    const guest = { what: 'domain-restart', domain: 'web01', timeoutMs: 5 } as const;
    expect(mergedSettling(guest, { ...guest, timeoutMs: 9 }, { ...guest, late: 'destroy' })).toEqual({
      ...guest,
      timeoutMs: 9,
      late: 'destroy',
    });
  });

  it('are done again where the state of before is to settle, a reboot left out', () => {
    const menu = { what: 'grub', path: '/boot/grub/grub.cfg', tool: 'grub-mkconfig' } as const;
    expect(settledBack({ ...menu, present: ['a'], absent: ['b'] })).toEqual(menu);
    expect(settledBack({ what: 'daemon-reload' })).toEqual({ what: 'daemon-reload' });
    expect(settledBack({ what: 'reboot' })).toBeUndefined();
  });
});

describe('describe', () => {
  const old = { content: 'a', mode: 0o644, owner: 'root', group: 'root' };
  it.each<[Change, string]>([
    [write('/f', undefined, old, 'x'), 'create /f'],
    [write('/f', old, undefined, 'x'), 'remove /f'],
    [write('/f', old, { ...old, content: 'b' }, 'x'), 'edit /f'],
    [write('/f', old, { ...old, mode: 0o600 }, 'x'), 'set mode or owner of /f'],
    [write('/f', old, { ...old, encoding: 'latin1' }, 'x'), 'edit /f'],
    [run(['ip', 'link', 'delete', 'my bridge'], { undo: 'impossible', because: 'x', touches: [] }), 'run ip link delete "my bridge"'],
  ])('%#: says %s', (one, words) => {
    expect(describeChange(one)).toBe(words);
  });
});

describe('touches', () => {
  const edit = write('/etc/docker/daemon.json', undefined, undefined, 'x');
  const restart = settle({ what: 'restart', unit: 'docker' }, { because: 'x', touches: ['command docker *', 'file /run/docker.pid'] });
  it.each<[Change, string, boolean]>([
    [edit, 'file /etc/docker/daemon.json', true],
    [edit, 'stat /etc/docker/daemon.json', true],
    [edit, 'dir /etc/docker', true],
    [edit, 'dir /etc', false],
    [edit, 'file /etc/docker/daemon.json.bak', false],
    [edit, 'glob /etc/docker/*', true],
    [restart, 'command docker ps', true],
    [restart, 'command dockerd --version', false],
    [restart, 'file /run/docker.pid', true],
    [run(['sh', '-c', 'x'], { undo: 'impossible', because: 'x', touches: ['*'] }), 'file /anything', true],
  ])('%#: %s %s', (one, key, expected) => {
    expect(touches(one, key)).toBe(expected);
  });
});
