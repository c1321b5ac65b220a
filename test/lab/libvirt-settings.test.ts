import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { libvirtDomain } from '../../src/tasks/libvirt-domain.ts';
import { onHost, requireLab, resetHosts } from '../support/lab.ts';
import { defineDomain, prepareLibvirt, VIRSH } from '../support/lab-domains.ts';
import { localSession } from '../support/local-session.ts';
import { planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';

const HOST = 'kvm01';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);

/** All that an emulated guest can have. */
const TUNED = {
  nic: { model: 'virtio', bridge: 'br0' },
  disk: { bus: 'virtio', guest_ready: true, cache: 'none', io: 'native', iothread: 1 },
  iothreads: 1,
  kvm: { hidden: true },
  hyperv: { vendor_id: 'AuthenticAMD' },
  pins: { vcpus: [0, '0'], emulator: '0', iothreads: ['0'] },
} as const;

function step(params: Readonly<Record<string, Json>>): RealStep {
  return { session, task: libvirtDomain, with: { domain: 'web*', ...params } };
}

function sh(script: string): string {
  return onHost(HOST, script);
}

function dump(name: string): string {
  return sh(`${VIRSH} dumpxml --inactive --security-info ${name}`);
}

beforeAll(() => {
  requireLab();
  resetHosts(HOST);
  prepareLibvirt(sh);
  defineDomain(sh, 'web01');
  defineDomain(sh, 'web02');
  defineDomain(sh, 'db01');
  sh('ip link add br0 type bridge; ip link set br0 up');
}, 120_000);

describe('settings of several domains', () => {
  it('are defined in one step, and taken back to the byte', async () => {
    const before = ['web01', 'web02', 'db01'].map(dump);
    const changes = await proveDrift(step(TUNED), []);
    expect(changes).toHaveLength(10);
    expect(['web01', 'web02', 'db01'].map(dump)).toEqual(before);
    expect(sh('ls /run')).not.toContain('drover');
  });

  it('leave the rest of the definitions as it was', async () => {
    const before = dump('web01').split('\n');
    const other = dump('db01');
    expect(await runStep(step(TUNED))).toMatchObject({ status: 'changed' });
    const after = dump('web01').split('\n');
    expect(before.filter((line) => !after.includes(line)).map((line) => line.trim())).toEqual([
      "<driver name='qemu' type='raw'/>",
      "<target dev='sda' bus='sata'/>",
      "<address type='drive' controller='0' bus='0' target='0' unit='0'/>",
      "<interface type='user'>",
      "<model type='e1000'/>",
    ]);
    expect(dump('db01')).toBe(other);
  });

  it('are what the guests start with', async () => {
    sh(`${VIRSH} start web01; ${VIRSH} start web02`);
    const because = 'web01 is as wanted, now and at its next start; web02 is as wanted, now and at its next start';
    expect(await planNow(step(TUNED))).toMatchObject({ status: 'steady', because });
    const hidden = sh("tr '\\0' ' ' < /proc/$(cat /run/libvirt/qemu/web01.pid)/cmdline");
    expect(hidden).toContain('kvm=off');
    expect(hidden).toContain('hv-vendor-id=AuthenticAMD');
    expect(sh('ls /sys/class/net/br0/brif')).toMatch(/vnet\d+\nvnet\d+/);
    sh(`${VIRSH} destroy web01; ${VIRSH} destroy web02`);
  }, 120_000);

  it('leave all alone where one is refused', async () => {
    sh(
      `${VIRSH} snapshot-create-as web02 first --disk-only --diskspec vda,snapshot=no 2>/dev/null || ${VIRSH} snapshot-create-as web02 first --disk-only`,
    );
    const outcome = await runStep(step({ kvm: { hidden: false } }));
    expect(outcome).toMatchObject({ status: 'blocked', acts: 0 });
  });
});

describe('what the host cannot give', () => {
  it.each<readonly [Readonly<Record<string, Json>>, string]>([
    [{ nic: { bridge: 'docker9' } }, "docker9 is no bridge of the host's kernel"],
    [{ disk: { target: 'vdb', source: '/dev/nothing' } }, '/dev/nothing is no block device of the host'],
    [{ hostdev: ['0000:ff:1f.7'] }, '0000:ff:1f.7 is no PCI device of the host'],
    [{ hugepages: '3M' }, 'the memory of db01 is no multiple of 3M'],
    [{ hugepages: '2M' }, 'no hugetlbfs is mounted for pages of 2M'],
    [{ pins: { emulator: '0-4095' } }, 'the host has no CPU'],
    [{ pins: { vcpus: [0, 0, 0] } }, 'db01 has 2 vCPUs, and vCPU 2 was to be pinned'],
  ])('refuses %j', async (params, because) => {
    const plan = await planNow(step({ domain: 'db01', ...params }));
    expect(plan).toMatchObject({ status: 'blocked', because: expect.stringContaining(because) });
  });
});
