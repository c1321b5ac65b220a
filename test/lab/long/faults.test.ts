import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { drover, type FleetDocument, onHost, requireLab, resetHosts, startDrover, until } from '../../support/lab.ts';
import { boots, isUp, playMachine } from '../../support/rebooting-lab-host.ts';

const HOSTS = ['kvm01', 'kvm02', 'kvm03', 'kvm04', 'kvm05', 'kvm06'] as const;
type Host = (typeof HOSTS)[number];
const folder = mkdtempSync(join(tmpdir(), 'drover-faults-'));

beforeAll(() => requireLab());
beforeEach(() => {
  resetHosts(...HOSTS);
  playMachine(...HOSTS);
});
afterAll(() => {
  resetHosts(...HOSTS);
  rmSync(folder, { recursive: true });
});

function put(host: Host, path: string, text: string): void {
  onHost(host, `cat > ${path} << 'EOF'\n#!/bin/sh\n${text}\nEOF\nchmod 755 ${path}`);
}

/** All of a run's document, by host. It may take longer than a call of drover is given. */
async function documentOf(
  args: readonly string[],
): Promise<FleetDocument & { readonly of: (host: Host) => FleetDocument['hosts'][number] | undefined }> {
  const said = await startDrover([...args, '-y', '--format', 'json', '-T', '5']).ended;
  const document: FleetDocument = JSON.parse(said.stdout);
  return { ...document, of: (host) => document.hosts.find((one) => one.host === host) };
}

const WORK = `hosts: compute
become: true
steps:
  - { name: once, task: command.run, with: { command: /root/act, unless: /root/ask } }
  - { name: last, task: file.content, with: { path: /root/last, content: "last\\n" } }
`;
const ACT = 'echo x >> /root/done';
const ASK = '[ -e /root/done ]';
const AWAY = 'ip link set eth0 down';
const HANG = 'for p in $(pgrep -x sshd); do kill -STOP $p; done';

test('hosts that vanish before, in and after an act, that crash and that hang, harm no other and are right at the second try', {
  timeout: 600_000,
}, async () => {
  for (const host of HOSTS) {
    put(host, '/root/act', ACT);
    put(host, '/root/ask', ASK);
  }
  onHost('kvm01', AWAY);
  put('kvm02', '/root/act', `${AWAY}; sleep 2; ${ACT}`);
  put('kvm03', '/root/ask', `${ASK} && ${AWAY}; ${ASK}`);
  put('kvm04', '/root/act', `${ACT}; sync; reboot -f; sleep 100`);
  put('kvm05', '/root/act', `${HANG}; sleep 2; ${ACT}`);
  const crashed = boots('kvm04');
  const runs = ['--run-dir', join(folder, 'faults')];
  const path = join(folder, 'work.yaml');
  writeFileSync(path, WORK);

  const first = await documentOf(['run', path, ...runs]);
  expect(first, JSON.stringify(first)).toMatchObject({ exit: 4, counts: { unreachable: 1, unknown: 4, changed: 1, failed: 0, steady: 0 } });
  expect(first.of('kvm01')).toMatchObject({ status: 'unreachable', looks: 0, acts: 0 });
  for (const host of ['kvm02', 'kvm04', 'kvm05'] as const) expect(first.of(host)).toMatchObject({ status: 'unknown', looks: 1, acts: 1 });
  expect(first.of('kvm03')).toMatchObject({ status: 'unknown', looks: 2, acts: 1 });
  expect(first.of('kvm06')).toMatchObject({ status: 'changed' });

  await until('the host is up again', () => boots('kvm04') === crashed + 1 && isUp('kvm04'));
  for (const host of ['kvm01', 'kvm02', 'kvm03'] as const) onHost(host, 'ip link set eth0 up');
  put('kvm03', '/root/ask', ASK);
  onHost('kvm05', HANG.replace('STOP', 'CONT'));
  const second = await documentOf(['retry', 'last', ...runs]);
  expect(second, JSON.stringify(second)).toMatchObject({ exit: 0, counts: { unreachable: 0, unknown: 0, failed: 0 } });
  expect(HOSTS.map((host) => onHost(host, 'cat /root/done /root/last'))).toEqual(HOSTS.map(() => 'x\nlast\n'));
  expect(boots('kvm04')).toBe(crashed + 1);
  expect(drover(['locks'])).toMatchObject({ status: 0, stderr: expect.stringContaining('no host is held') });
});

const REBOOT = `hosts: kvm[01-04]
become: true
steps:
  - { name: boot, task: host.reboot, with: { newer_kernel: false, timeout: 130 } }
`;

test('hosts that boot what they had, do not go down or do not come back are told apart, each booted once at most', {
  timeout: 600_000,
}, async () => {
  const hosts = ['kvm01', 'kvm02', 'kvm03', 'kvm04'] as const;
  for (const host of hosts) onHost(host, 'touch /run/reboot-required');
  // The new boot has the same reason for a boot, as one has that came up with the old kernel.
  onHost('kvm02', 'echo "f /run/reboot-required" > /etc/tmpfiles.d/again.conf');
  const instead = (what: string): string => `[ "$1" != reboot ] || ${what}\nexec /usr/bin/systemctl "$@"`;
  put('kvm03', '/usr/local/bin/systemctl', instead('exit 0'));
  put('kvm04', '/usr/local/bin/systemctl', instead('exec /usr/bin/systemctl poweroff'));
  const before = hosts.map(boots);
  const path = join(folder, 'reboot.yaml');
  writeFileSync(path, REBOOT);

  const done = await documentOf(['run', path, '--reboot', '--run-dir', join(folder, 'reboots')]);
  expect(done, JSON.stringify(done)).toMatchObject({ exit: 2, counts: { changed: 1, failed: 2, unknown: 1 } });
  expect(done.of('kvm01')).toMatchObject({ status: 'changed' });
  expect(done.of('kvm02')).toMatchObject({
    status: 'failed',
    error: { code: 'STILL_DRIFTING', message: expect.stringContaining('after the reboot that it asked for') },
  });
  expect(done.of('kvm03')).toMatchObject({
    status: 'failed',
    error: { code: 'REBOOT_FAILED', message: expect.stringContaining('it still has boot') },
  });
  expect(done.of('kvm04')).toMatchObject({
    status: 'unknown',
    error: { code: 'REBOOT_UNSEEN', message: expect.stringContaining('never seen since') },
  });
  expect(hosts.map(boots)).toEqual(before.map((count, i) => count + (i < 2 ? 1 : 0)));
});
