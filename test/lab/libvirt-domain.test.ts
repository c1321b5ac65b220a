import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { libvirtDomain } from '../../src/tasks/libvirt-domain.ts';
import { onHost, requireLab, resetHosts } from '../support/lab.ts';
import { localSession } from '../support/local-session.ts';
import { keysOf, planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';
import { changesOf } from '../support/task-table.ts';

const HOST = 'kvm01';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);
const VIRSH = 'virsh -q -c qemu:///system';
const DUMP = `${VIRSH} dumpxml --inactive --security-info web01`;

/** With what a careless definition loses: a password with an entity, a CPU feature, another drive. */
const WEB01 = `<domain type='qemu'>
  <name>web01</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model><feature policy='disable' name='svm'/></cpu>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/var/lib/libvirt/images/web01.raw'/><target dev='sda' bus='sata'/></disk>
    <disk type='file' device='cdrom'><target dev='sdb' bus='sata'/></disk>
    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='e1000'/></interface>
    <graphics type='vnc' port='-1' passwd='s3cret&lt;x'/>
  </devices>
</domain>`;

const TUNED = { cpu: { mode: 'maximum' }, nic: { model: 'virtio' }, disk: { cache: 'none', io: 'native', discard: 'unmap' } };

function step(params: Readonly<Record<string, Json>>): RealStep {
  return { session, task: libvirtDomain, with: { domain: 'web01', ...params } };
}

function sh(script: string): string {
  return onHost(HOST, script);
}

beforeAll(() => {
  requireLab();
  resetHosts(HOST);
  sh(`systemctl start libvirtd.socket; mkdir -p /var/lib/libvirt/images; truncate -s 8M /var/lib/libvirt/images/web01.raw
cat > /root/web01.xml << 'E'
${WEB01}
E
${VIRSH} define --validate /root/web01.xml`);
}, 120_000);

describe('libvirt.domain', () => {
  it('changes what was asked for, and takes it back to the byte', async () => {
    const before = sh(DUMP);
    const all = step(TUNED);
    await proveDrift(all, keysOf(all, 'file'));
    expect(sh(DUMP)).toBe(before);
    expect(sh('ls /run')).not.toContain('drover');
  });

  it('shows and keeps nothing of a definition with a password', async () => {
    const changes = changesOf(await planNow(step(TUNED)));
    expect(changes.map((change) => 'sensitive' in change)).toEqual([true, true, true, true, true]);
  });

  it('keeps the password, the feature and the addresses', async () => {
    const before = sh(DUMP).split('\n');
    expect(await runStep(step(TUNED))).toMatchObject({ status: 'changed' });
    const after = sh(DUMP).split('\n');
    expect(before.filter((line) => !after.includes(line)).map((line) => line.trim())).toEqual([
      "<cpu mode='custom' match='exact' check='none'>",
      "<model fallback='allow'>qemu64</model>",
      "<model type='e1000'/>",
    ]);
    expect(after.join('\n')).toContain("passwd='s3cret&lt;x'");
  });

  it('tells what runs from what is defined', async () => {
    sh(`${VIRSH} start web01`);
    expect(await planNow(step(TUNED))).toMatchObject({ status: 'steady', because: 'web01 is as wanted, now and at its next start' });
    const other = { nic: { model: 'e1000e' } };
    const live = 'web01 runs with 52:54:00:11:22:33 model type virtio';
    expect(await planNow(step(other))).toMatchObject({ status: 'blocked', because: live });
    expect(await runStep(step({ ...other, when_busy: 'later' }))).toMatchObject({ acts: 1 });
    expect(await planNow(step(other))).toMatchObject({ because: `${live}; the new definition waits for its next start` });
    sh(`${VIRSH} destroy web01; ${VIRSH} start web01`);
    expect(await planNow(step(other))).toMatchObject({ status: 'steady' });
    sh(`${VIRSH} destroy web01`);
  }, 60_000);

  it('refuses what libvirt would take and not start', async () => {
    expect(await planNow(step({ cpu: { mode: 'host-passthrough' } }))).toMatchObject({
      because: 'host-passthrough needs KVM, and web01 is a domain of type qemu',
    });
    expect(await planNow(step({ disk: { cache: 'writeback' } }))).toMatchObject({
      because: 'sda has io native, which needs cache none or directsync',
    });
    expect(await planNow(step({ domain: 'db01', nic: { model: 'virtio' } }))).toMatchObject({ because: 'there is no domain db01' });
  });

  it('refuses a domain with a managed save image, or with snapshots', async () => {
    const virtio = step({ nic: { model: 'virtio' } });
    sh(`${VIRSH} start web01; ${VIRSH} managedsave web01`);
    expect(await runStep(virtio)).toMatchObject({ status: 'blocked', acts: 0 });
    sh(`${VIRSH} managedsave-remove web01; ${VIRSH} snapshot-create-as web01 first --disk-only`);
    expect(await planNow(virtio)).toMatchObject({ because: 'web01 has snapshots, and going back to one brings the old definition back' });
  }, 60_000);
});
