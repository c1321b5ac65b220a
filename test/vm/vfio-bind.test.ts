import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { gpuPassthrough } from '../../src/tasks/gpu-passthrough.ts';
import { vfioBind } from '../../src/tasks/vfio-bind.ts';
import { keysOf, planNow, proveDrift, type RealStep, runStep, takeBack } from '../support/prove-task.ts';
import { onVm, rebootVm, resetVms, sessionWith } from '../support/vm.ts';

const session = sessionWith('io');
const [LEFT, RIGHT] = ['0000:01:01.0', '0000:01:02.0'] as const;
const [GPU, AUDIO] = ['0000:00:08.0', '0000:00:08.1'] as const;
const SITE = '/etc/modprobe.d/site.conf';
const PARAMETER = '/sys/module/drm_kms_helper/parameters/fbdev_emulation';
const FREE_GPU = `for d in ${GPU} ${AUDIO}; do [ ! -e /sys/bus/pci/devices/$d/driver ] || echo $d > /sys/bus/pci/devices/$d/driver/unbind; done`;
/** The card that is alone in its group, and the one that ssh comes over: their slots depend on the IOMMU. */
let card = '';
let uplink = '';

beforeAll(() => {
  resetVms('io');
  card = slotOf('8086:10D3');
  uplink = slotOf('1AF4:1000');
});

function slotOf(id: string): string {
  return sh(`basename "$(dirname "$(grep -l PCI_ID=${id} /sys/bus/pci/devices/*/uevent)")"`).trim();
}

function sh(script: string): string {
  return onVm(script, 'io');
}

function bind(...devices: readonly string[]): RealStep {
  return { session, task: vfioBind, with: { devices, via: 'modprobe' } };
}

const gpu: RealStep = { session, task: gpuPassthrough, with: { gpu: GPU } satisfies Readonly<Record<string, Json>> };

function driverOf(address: string): string {
  return sh(`basename "$(readlink /sys/bus/pci/devices/${address}/driver)" 2>/dev/null || true`).trim();
}

/** Drivers, what keeps them, modules and all files that the tasks may touch. */
function state(): string {
  return sh(`for d in /sys/bus/pci/devices/*; do echo "$d $(readlink $d/driver) $(cat $d/driver_override)"; done
    find /etc/modprobe.d /etc/initramfs-tools /etc/driverctl.d -type f -exec stat -c '%n %a %U:%G' {} + -exec sha256sum {} + 2>/dev/null | sort
    ls /sys/module | grep vfio_pci || true`);
}

/** What reads again as before: all but what comes with vfio-pci and stays when modprobe takes that away. */
function comingBack(step: RealStep): readonly string[] {
  return [...keysOf(step, 'file'), ...keysOf(step, 'stat')].filter((key) => !key.includes('/vfio_iommu_type1/'));
}

/** A file of the site keeps these models for vfio-pci, so that a step has nothing to do but bind them now. */
function keepBySite(): void {
  sh(`echo 'options vfio-pci ids=8086:10d3,8086:100e,1234:1111,8086:2668' > ${SITE}`);
}

describe('passthrough refuses, with nothing touched', () => {
  it.each([
    [
      'a card whose sibling stays with the host',
      () => bind(LEFT),
      /^0000:01:02\.0 \(network, 8086:100e, e1000\) is in the same group .*PCI bridge/,
    ],
    ['the disk of the system', () => bind(slotOf('1AF4:1001')), /vda1 is mounted at \/$/],
    ['the card that ssh comes over', () => bind(uplink), /is in use: \w+ has the address 10\.0\.2\.15$/],
    ['the GPU of the console', () => gpu, /is in use: card0-Virtual-1 shows a picture, fb0 is the framebuffer of the console$/],
    ['a bridge', () => bind(slotOf('1B36:000E')), /is a bridge$/],
  ])('%s', async (_, step, because) => {
    const before = state();
    const outcome = await runStep(step());
    expect(outcome).toMatchObject({ status: 'blocked', acts: 0, steps: [{ outcome: { because: expect.stringMatching(because) } }] });
    expect(state()).toBe(before);
  });

  it('a host without an IOMMU', async () => {
    expect(await planNow({ ...bind('0000:00:02.0'), session: sessionWith('vm1') })).toMatchObject({
      status: 'blocked',
      because: 'the firmware offers no IOMMU (it has no table DMAR, IVRS or IORT)',
    });
  });
});

describe('passthrough binds now', () => {
  it('a whole group, and gives each card back to its driver', async () => {
    keepBySite();
    const before = state();
    const both = bind(LEFT, RIGHT);
    const changes = await proveDrift(both, comingBack(both));
    expect(changes.map((change) => change.kind === 'run' && change.argv[0])).toEqual(['modprobe', 'sh', 'sh']);
    expect(state()).toBe(before);
  });

  it('a GPU without a driver with its audio, and leaves both without one', async () => {
    keepBySite();
    sh(FREE_GPU);
    const before = state();
    await proveDrift(gpu, comingBack(gpu));
    expect(state()).toBe(before);
  });

  it('no GPU that has a driver: it waits for a boot', async () => {
    sh(
      `rm -f ${SITE}; echo 0 > ${PARAMETER}; echo ${GPU} > /sys/bus/pci/drivers/bochs-drm/bind; echo ${AUDIO} > /sys/bus/pci/drivers/snd_hda_intel/bind`,
    );
    expect(await planNow(gpu)).toMatchObject({
      status: 'drift',
      changes: [{ kind: 'write' }, { kind: 'write' }, { settling: { what: 'initramfs' } }, { settling: { what: 'reboot' } }],
    });
  });

  it('nothing back that a process has open', async () => {
    keepBySite();
    const before = state();
    const plan = await planNow(bind(card));
    const changes = plan.status === 'drift' ? plan.changes : [];
    expect(await runStep(bind(card))).toMatchObject({ status: 'changed' });
    const group = sh(`basename "$(readlink /sys/bus/pci/devices/${card}/iommu_group)"`).trim();
    const holder = sh(`exec 3<>/dev/vfio/${group}; nohup sleep 600 > /dev/null 2>&1 & echo $!`).trim();
    expect(await takeBack(session, changes)).toMatchObject([{ message: expect.stringContaining(`a process has /dev/vfio/${group} open`) }]);
    expect(driverOf(card)).toBe('vfio-pci');
    sh(`kill ${holder}; while kill -0 ${holder} 2>/dev/null; do :; done`);
    expect(await takeBack(session, changes)).toEqual([]);
    expect(state()).toBe(before);
  });
});

it('a card that is bound stays so after a reboot, against its driver in the initramfs, and is given back byte for byte', async () => {
  sh(`rm -f ${SITE}; echo e1000e >> /etc/initramfs-tools/modules`);
  const before = state();
  const step = bind(card);
  const plan = await planNow(step);
  expect(plan).toMatchObject({ status: 'drift' });
  const changes = plan.status === 'drift' ? plan.changes : [];
  expect(state()).toBe(before);

  expect(await runStep(step)).toMatchObject({ status: 'changed', looks: 2, acts: 1, steps: [{ outcome: { changes } }] });
  expect(driverOf(card)).toBe('vfio-pci');
  expect(await runStep(step)).toMatchObject({ status: 'steady', looks: 1, acts: 0 });

  rebootVm('io');
  expect(sh('lsinitramfs /boot/initrd.img-* | grep -o "e1000e.ko\\|vfio-pci.ko\\|drover-vfio.conf" | sort')).toBe(
    'drover-vfio.conf\ne1000e.ko\nvfio-pci.ko\n',
  );
  expect(driverOf(card)).toBe('vfio-pci');
  expect(await runStep(step)).toMatchObject({ status: 'steady', looks: 1, acts: 0 });

  expect(await takeBack(session, changes)).toEqual([]);
  expect(driverOf(card)).toBe('e1000e');
  const files = (text: string) => text.split('\n').filter((line) => line.includes('/etc/'));
  expect(files(state())).toEqual(files(before));
  expect(sh('lsinitramfs /boot/initrd.img-* | grep -c vfio || true')).toBe('0\n');
}, 1_200_000);
