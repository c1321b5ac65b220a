import { expect, it } from 'vitest';
import type { Reading } from '../../src/core/probe.ts';
import { qemuCommand } from '../../src/tasks/qemu-command.ts';
import { recordedHost, replay } from '../support/replay.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

const SCRIPT = '/usr/local/bin/start-web01';

/** The content that the first write of a path is to have. */
function written(host: string, params: Readonly<Record<string, unknown>>, path: string): string | undefined {
  const changes = changesOf(findingOf(qemuCommand, { host, with: JSON.parse(JSON.stringify(params)) }).plan);
  const [edit] = changes.flatMap((change) => (change.kind === 'write' && change.path === path ? [change] : []));
  return edit?.after?.content;
}

it('splices the words of a script', () => {
  const params = { path: SCRIPT, cpu: 'max', nic: { bridge: 'docker0' }, drive: { cache: 'none', aio: 'native', format: 'raw' } };
  expect(written('qemu-script', params, SCRIPT)).toBe(String.raw`#!/bin/sh
# Starts web01; qemu-system-x86_64 is looked up in PATH.
MEM=64
exec qemu-system-x86_64 -S -name web01 -m "$MEM" -display none -daemonize -pidfile /run/web01.pid \
  -drive 'file=/root/web01.raw,if=virtio',cache=none,aio=native,format=raw \
  -device virtio-net-pci,netdev=drover0,mac=52:54:00:00:00:01 -netdev bridge,id=drover0,br=docker0 -cpu max >/run/web01.log 2>&1
`);
  expect(written('qemu-acl-rhel', params, '/etc/qemu-kvm/bridge.conf')).toBe('allow virbr0\nallow docker0\n');
});

it('splices the words of a unit, and leaves comments between its lines', () => {
  const path = '/etc/systemd/system/web02.service';
  expect(written('qemu-unit', { path, cpu: 'max', nic: { model: 'e1000e' } }, path)).toBe(String.raw`[Unit]
Description=Guest web02

[Service]
ExecStart=/usr/bin/qemu-system-x86_64 -S -m 64 -display none -cpu max \
  # the card of the old days
  -netdev user,id=n0 -device "e1000e,netdev=n0,mac=52:54:00:00:00:02" \
  -name web%%02
`);
});

it('shows nothing of a file with a password in it', () => {
  const { readings } = recordedHost('qemu-script');
  const key = `file ${SCRIPT}`;
  const script = { ...(readings[key] as Reading), stdout: '#!/bin/sh\nkvm -name a -vnc :1,password=on -object secret,id=s,data=x\n' };
  const { plan } = replay(qemuCommand.prepare({ path: SCRIPT, cpu: 'max' }), { readings: { ...readings, [key]: script } });
  expect(changesOf(plan).map((change) => 'sensitive' in change)).toEqual([true]);
});

it.each<[string, readonly string[]]>([
  ['-cpu host', []],
  ['-cpu host -nic tap,model=virtio,mac=52:54:00:00:00:07', []],
  ['-cpu host -nic user,mac=52:54:00:00:00:07', ['-nic: a card of model unset', "-nic: a network of QEMU's own"]],
  ['-cpu host -netdev tap,id=n0 -device e1000e,netdev=n0,mac=52:54:00:00:00:07', ['-device: a card of model e1000e']],
  ['-cpu host -machine q35,accel=kvm', ['machine q35: another one with every new QEMU']],
  ['-cpu host -M pc-q35-7.2', []],
  ['-cpu host -drive file=/dev/vg/a,format=raw', ["/dev/vg/a: a block device, and the host's page cache before it"]],
  ['-cpu host -drive file=/a,format=raw,cache=none,aio=native,if=virtio', []],
  ['-cpu host -drive file=/a,format=raw,cache=directsync,if=scsi', ['/a: aio threads', '/a: on scsi, which is slower than virtio']],
  ['-cpu host -drive file=/a,format=raw,cache=unsafe', ['/a: cache unsafe']],
  ['-cpu host -drive "file=$DISK,if=ide"', []],
])('finds in kvm %s: %j', (options, findings) => {
  const { readings } = recordedHost('qemu-script');
  const key = `file ${SCRIPT}`;
  const script = { ...(readings[key] as Reading), stdout: `#!/bin/sh\nkvm ${options}\n` };
  const { result } = replay(qemuCommand.prepare({ path: SCRIPT }), { readings: { ...readings, [key]: script } });
  const found = (result as { readonly findings: readonly string[] }).findings;
  expect(found.map((text, i) => text.startsWith(findings[i] ?? '-'))).toEqual(findings.map(() => true));
});

it.each([
  ['relative', { path: 'start' }],
  ['a template', { path: '/etc/systemd/system/vm@.service' }],
  ['a bridge that would be two options', { path: '/a', nic: { bridge: 'br0,script=/x' } }],
  ['a device that would be two options', { path: '/a', hostdev: ['01:00.0,rombar=0'] }],
  ['a drive without a setting', { path: '/a', drive: { file: '/x' } }],
])('refuses %s', (_, params) => {
  expect(qemuCommand.params.safeParse(params).success).toBe(false);
});
