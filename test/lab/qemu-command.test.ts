import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { qemuCommand } from '../../src/tasks/qemu-command.ts';
import { onHost, requireLab, resetHosts, until } from '../support/lab.ts';
import { localSession } from '../support/local-session.ts';
import { keysOf, planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';

const HOST = 'kvm01';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);

const SCRIPT = '/usr/local/bin/start-web01';
const UNIT = '/etc/systemd/system/web02.service';

/** What people have: a variable, quotes within a word, options over several lines, a redirection. QEMU stays before its first instruction. */
const START_WEB01 = String.raw`#!/bin/sh
# Starts web01; qemu-system-x86_64 is looked up in PATH.
MEM=64
exec qemu-system-x86_64 -S -name web01 -m "$MEM" -display none -daemonize -pidfile /run/web01.pid \
  -drive 'file=/root/web01.raw,if=virtio',cache=writeback \
  -net nic,model=e1000,macaddr=52:54:00:00:00:01 -net user >/run/web01.log 2>&1
`;
const WEB02 = String.raw`[Unit]
Description=Guest web02

[Service]
ExecStart=/usr/bin/qemu-system-x86_64 -S -m 64 -display none -cpu qemu64 \
  # the card of the old days
  -netdev user,id=n0 -device "e1000,netdev=n0,mac=52:54:00:00:00:02" \
  -name web%%02
`;

const TUNED = { path: SCRIPT, cpu: 'max', nic: {}, drive: { cache: 'none', aio: 'native', format: 'raw' } };

function step(params: Readonly<Record<string, Json>>): RealStep {
  return { session, task: qemuCommand, with: params };
}

function sh(script: string): string {
  return onHost(HOST, script);
}

/** The words that a process was started with. */
function wordsOf(pid: string): readonly string[] {
  return sh(`cat /proc/${pid}/cmdline`).split('\0').slice(0, -1);
}

/** Systemd calls a simple unit started before its program runs. */
async function startUnit(): Promise<string> {
  sh('systemctl restart web02.service');
  const pid = sh('systemctl show -P MainPID web02.service').trim();
  await until('QEMU is the main process', () => sh(`cat /proc/${pid}/comm`).startsWith('qemu'));
  return pid;
}

async function end(pid: string): Promise<void> {
  sh(`kill ${pid}`);
  await until('QEMU has ended', () => sh(`ls /proc | grep -cx ${pid} || :`).trim() === '0');
}

beforeAll(() => {
  requireLab();
  resetHosts(HOST);
  sh(`truncate -s 8M /root/web01.raw
cat > ${SCRIPT} << 'E'
${START_WEB01}E
cat > ${UNIT} << 'E'
${WEB02}E
chmod 755 ${SCRIPT}; systemctl daemon-reload`);
}, 180_000);

describe('qemu.command in a script', () => {
  it('changes what was asked for, and takes it back to the byte', async () => {
    const tuned = step(TUNED);
    await proveDrift(tuned, keysOf(tuned, 'file'));
    expect(sh(`cat ${SCRIPT}`)).toBe(START_WEB01);
  });

  it('writes a command that QEMU takes without a word, and knows its guest', async () => {
    expect(await runStep(step(TUNED))).toMatchObject({ status: 'changed' });
    sh(SCRIPT);
    const pid = sh('cat /run/web01.pid').trim();
    expect(sh('cat /run/web01.log')).toBe('');
    expect(wordsOf(pid)).toEqual(
      expect.arrayContaining([
        'file=/root/web01.raw,if=virtio,cache=none,aio=native,format=raw',
        'virtio-net-pci,netdev=drover0,mac=52:54:00:00:00:01',
        'user,id=drover0',
        'max',
      ]),
    );
    expect(await planNow(step(TUNED))).toMatchObject({ because: `${SCRIPT}:4 is as wanted, and so its guest runs` });
    const other = { path: SCRIPT, drive: { cache: 'directsync' } };
    const runs = `its guest runs (process ${pid}) with /root/web01.raw cache none`;
    expect(await planNow(step(other))).toMatchObject({ status: 'blocked', because: runs });
    expect(await runStep(step({ ...other, when_busy: 'later' }))).toMatchObject({ acts: 1 });
    expect(await planNow(step(other))).toMatchObject({ because: `${runs}; what the file says waits for its next start` });
    await end(pid);
    sh(SCRIPT);
    expect(await planNow(step(other))).toMatchObject({ status: 'steady' });
    await end(sh('cat /run/web01.pid').trim());
  });

  it('refuses what would not start here, and what it does not understand', async () => {
    const refuses = async (params: Readonly<Record<string, Json>>, because: string) =>
      expect(await planNow(step({ path: SCRIPT, ...params }))).toMatchObject({ status: 'blocked', because });
    await refuses({ accel: 'kvm', cpu: 'host' }, 'there is no /dev/kvm');
    await refuses({ nic: { bridge: 'br7' } }, 'there is no bridge br7');
    await refuses({ hostdev: ['0000:01:00.0'] }, 'there is no PCI device 0000:01:00.0');
    sh(`sed -i 's/ -S/ $OPTIONS -S/' ${SCRIPT}`);
    await refuses({ cpu: 'max' }, `${SCRIPT}:4 has a word among the options that is not written out`);
  });
});

describe('qemu.command in a unit', () => {
  const modern = { path: UNIT, cpu: 'max', nic: {} };

  it('changes what was asked for, and takes it back to the byte', async () => {
    const tuned = step(modern);
    await proveDrift(tuned, keysOf(tuned, 'file'));
    expect(sh(`cat ${UNIT}`)).toBe(WEB02);
  });

  it('tells systemd, which starts the guest with it', async () => {
    const old = await startUnit();
    expect(await planNow(step(modern))).toMatchObject({ because: `its guest runs (process ${old}) with cpu qemu64, n0 model e1000` });
    expect(await runStep(step({ ...modern, when_busy: 'later' }))).toMatchObject({ acts: 1 });
    expect(sh('systemctl show -P MainPID,NeedDaemonReload web02.service')).toBe(`${old}\nno\n`);
    expect(await planNow(step(modern))).toMatchObject({ status: 'blocked' });
    const pid = await startUnit();
    expect(wordsOf(pid).slice(1)).toEqual(
      '-S -m 64 -display none -cpu max -netdev user,id=n0 -device virtio-net-pci,netdev=n0,mac=52:54:00:00:00:02 -name web%02'.split(' '),
    );
    expect(await planNow(step(modern))).toMatchObject({ because: `${UNIT}:5 is as wanted, and so its guest runs` });
    await end(pid);
  });

  it('joins a bridge, and writes the list that its helper asks', async () => {
    const bridged = step({ path: UNIT, nic: { bridge: 'docker0' } });
    await proveDrift(bridged, keysOf(bridged, 'file'));
    expect(sh('ls -d /etc/qemu || :')).toBe('');
    expect(await runStep(bridged)).toMatchObject({ status: 'changed' });
    const pid = await startUnit();
    await until('the guest has a port of the bridge', () => sh('ls /sys/class/net/docker0/brif').trim() !== '');
    expect(await planNow(bridged)).toMatchObject({ status: 'steady' });
    await end(pid);
    sh("sed -i '1i deny docker0' /etc/qemu/bridge.conf");
    expect(await planNow(step({ path: UNIT, nic: { model: 'e1000', bridge: 'docker0' } }))).toMatchObject({
      because: '/etc/qemu/bridge.conf:1 denies docker0',
    });
  });

  it('refuses a unit whose command stands elsewhere', async () => {
    sh(
      'mkdir -p /etc/systemd/system/web02.service.d; printf "[Service]\\nExecStart=\\nExecStart=/bin/true\\n" > /etc/systemd/system/web02.service.d/x.conf; systemctl daemon-reload',
    );
    expect(await planNow(step(modern))).toMatchObject({ because: '/etc/systemd/system/web02.service.d/x.conf sets ExecStart too' });
  });
});
