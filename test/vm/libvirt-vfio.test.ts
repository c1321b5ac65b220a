import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { libvirtDomain } from '../../src/tasks/libvirt-domain.ts';
import { defineDomain, prepareLibvirt, startHearing, VIRSH } from '../support/lab-domains.ts';
import { localSession } from '../support/local-session.ts';
import { planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';
import { onVm, resetVms } from '../support/vm.ts';

const session = localSession([resolve('test/lab/vm'), 'ssh', 'io', '--', 'sh', '-s']);
/** A block device that nothing uses, the card that is alone in its IOMMU group, and the one that ssh comes over. */
let device = '';
let card = '';
let uplink = '';
/** Two cards in one IOMMU group. */
const [LEFT, RIGHT] = ['0000:01:01.0', '0000:01:02.0'] as const;

function sh(script: string): string {
  return onVm(script, 'io');
}

function slotOf(id: string): string {
  return sh(`basename "$(dirname "$(grep -l PCI_ID=${id} /sys/bus/pci/devices/*/uevent)")"`).trim();
}

function step(domain: string, params: Readonly<Record<string, Json>>): RealStep {
  return { session, task: libvirtDomain, with: { domain, ...params } };
}

function whole(): RealStep {
  const cpu = { mode: 'host-passthrough', migratable: false };
  return step('web01', { cpu, disk: { target: 'vdb', source: device, cache: 'none' }, hostdev: [card], hugepages: '2M' });
}

function freePages(): number {
  return Number(sh('cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages'));
}

beforeAll(() => {
  resetVms('io');
  prepareLibvirt(sh);
  defineDomain(sh, 'web01', { type: 'kvm' });
  defineDomain(sh, 'db01', { type: 'kvm' });
  device = sh('modprobe loop; truncate -s 8M /root/disk.raw; losetup -f --show /root/disk.raw').trim();
  card = slotOf('8086:10D3');
  uplink = slotOf('1AF4:1000');
});

describe('what the host uses itself', () => {
  it('is not given away', async () => {
    expect(await planNow(step('web01', { hugepages: '2M' }))).toMatchObject({
      because: '16 huge pages of 2M are needed for web01, and 0 are free',
    });
    expect(await planNow(step('web01', { hostdev: [uplink] }))).toMatchObject({ because: expect.stringMatching(/ is \w+, which is up$/) });
    expect(await planNow(step('web01', { hostdev: [LEFT] }))).toMatchObject({
      because: `${LEFT} shares its IOMMU group with ${RIGHT} (network, 8086:100e, e1000), which the host has`,
    });
    expect(await planNow(step('web01', { hostdev: [LEFT, RIGHT] }))).toMatchObject({ status: 'drift' });
    for (const [source, because] of [
      ['/dev/vda', '/dev/vda is mounted on /'],
      ['/dev/disk/by-path/none', '/dev/disk/by-path/none is no block device of the host'],
    ] as const) {
      expect(await planNow(step('web01', { disk: { target: 'vdb', source } }))).toMatchObject({ status: 'blocked', because });
    }
  });
});

describe('what it can spare', () => {
  it('is defined, and taken back to the byte', async () => {
    sh('echo 24 > /proc/sys/vm/nr_hugepages');
    const before = sh(`${VIRSH} dumpxml --inactive --security-info web01`);
    expect(await planNow(step('*01', { hugepages: '2M' }))).toMatchObject({
      because: '32 huge pages of 2M are needed for db01, web01, and 24 are free',
    });
    await proveDrift(whole(), ['file /etc/libvirt/qemu/web01.xml']);
    expect(sh(`${VIRSH} dumpxml --inactive --security-info web01`)).toBe(before);
  });

  it('is what a guest under KVM starts with, and nobody else gets', async () => {
    expect(await runStep(whole())).toMatchObject({ status: 'changed' });
    startHearing(sh, 'web01');
    expect(await planNow(whole())).toMatchObject({ status: 'steady', because: 'web01 is as wanted, now and at its next start' });
    expect(sh(`readlink /sys/bus/pci/devices/${card}/driver`)).toMatch(/vfio-pci\n$/);
    expect(freePages()).toBe(8);
    expect(await planNow(step('db01', { hostdev: [card] }))).toMatchObject({ because: `${card} is with web01, which runs` });
    expect(await planNow(step('db01', { disk: { target: 'vdb', source: device } }))).toMatchObject({
      because: `${device} is a disk of web01`,
    });
    expect(await planNow(step('db01', { hugepages: '2M' }))).toMatchObject({
      because: '16 huge pages of 2M are needed for db01, and 8 are free',
    });
    sh(`${VIRSH} destroy web01`);
    expect(freePages()).toBe(24);
  });
});
