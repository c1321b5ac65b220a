import { resolve } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { qemuCommand } from '../../src/tasks/qemu-command.ts';
import { until } from '../support/lab.ts';
import { localSession } from '../support/local-session.ts';
import { keysOf, planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';
import { onVm, resetVms } from '../support/vm.ts';

const session = localSession([resolve('test/lab/vm'), 'ssh', 'io', '--', 'sh', '-s']);
const UNIT = '/etc/systemd/system/web01.service';
const DROP_IN = '/etc/systemd/system/web01.service.d/user.conf';
/** Two cards in one IOMMU group, and one that is alone in its own. */
const [LEFT, RIGHT] = ['0000:01:01.0', '0000:01:02.0'] as const;
let card = '';

// QEMU stays before its first instruction: its memory is locked by then.
const WEB01 = `[Service]
ExecStart=/usr/bin/qemu-system-x86_64 -S -accel kvm -m 64 -nodefaults -display none -name web01
`;

function sh(script: string): string {
  return onVm(script, 'io');
}

function withDevices(...hostdev: readonly string[]): RealStep {
  return { session, task: qemuCommand, with: { path: UNIT, hostdev } };
}

/** Gives cards to vfio-pci until they are asked to go elsewhere, as driverctl does. */
function hold(...addresses: readonly string[]): void {
  for (const address of addresses) {
    const folder = `/sys/bus/pci/devices/${address}`;
    sh(`modprobe vfio-pci; echo vfio-pci > ${folder}/driver_override
      [ ! -e ${folder}/driver ] || echo ${address} > ${folder}/driver/unbind; echo ${address} > /sys/bus/pci/drivers_probe`);
  }
}

/** Starts the unit; how that ends: `active`, or with what QEMU says. */
async function start(): Promise<string> {
  sh('systemctl reset-failed web01 2>/dev/null || :; journalctl --rotate --vacuum-time=1s -q; systemctl start web01 || :');
  const state = () => sh('systemctl show -P ActiveState web01; systemctl show -P MainPID web01').trim().split('\n');
  await until('QEMU has its device, or has given up', () => {
    const [active, pid] = state();
    return active !== 'active' || sh(`ls -l /proc/${pid}/fd 2>/dev/null | grep -c anon_inode:kvm-vcpu || :`).trim() !== '0';
  });
  return state()[0] === 'active' ? 'active' : sh('journalctl -u web01 -o cat --no-pager');
}

beforeAll(() => {
  resetVms('io');
  sh(`cat > ${UNIT} << 'E'
${WEB01}E
systemctl daemon-reload`);
  card = sh('basename "$(dirname "$(grep -l PCI_ID=8086:10D3 /sys/bus/pci/devices/*/uevent)")"').trim();
});

it('does not give away what QEMU would not get', async () => {
  const says = async (because: RegExp) =>
    expect(await planNow(withDevices(LEFT))).toMatchObject({ status: 'blocked', because: expect.stringMatching(because) });
  await says(/^0000:01:01\.0 \(network, 8086:100e, e1000\) is not held by vfio-pci$/);
  hold(LEFT);
  await says(/^0000:01:02\.0 \(network, 8086:100e, e1000\), in the IOMMU group of 0000:01:01\.0, is not held by vfio-pci$/);
  expect(sh(`qemu-system-x86_64 -accel kvm -m 64 -nodefaults -display none -device vfio-pci,host=${LEFT} 2>&1 || :`)).toContain(
    'is not viable',
  );
  hold(RIGHT);
  expect(await planNow(withDevices(LEFT))).toMatchObject({ status: 'drift' });
});

it('gives a card to the guest of a unit, and takes it back to the byte', async () => {
  hold(card);
  const step = withDevices(card);
  await proveDrift(step, keysOf(step, 'file'));
  expect(sh(`cat ${UNIT}`)).toBe(WEB01);
  expect(await runStep(step)).toMatchObject({ status: 'changed' });
  expect(await start()).toBe('active');
  const group = sh(`basename "$(readlink /sys/bus/pci/devices/${card}/iommu_group)"`).trim();
  expect(sh('ls -l /proc/$(systemctl show -P MainPID web01)/fd')).toContain(`/dev/vfio/${group}`);
  expect(await planNow(step)).toMatchObject({ status: 'steady', because: `${UNIT}:2 is as wanted, and so its guest runs` });
  sh('systemctl stop web01');
});

it('knows which unit may not lock the memory of its guest', async () => {
  sh(`mkdir -p ${DROP_IN.replace(/\/[^/]*$/, '')}; printf '[Service]\nUser=nobody\nSupplementaryGroups=kvm\n' > ${DROP_IN}
    chown nobody /dev/vfio/*; systemctl daemon-reload`);
  const limit = sh('systemctl show -P LimitMEMLOCK web01').trim();
  expect(await planNow(withDevices(card))).toMatchObject({
    status: 'blocked',
    because: `web01.service may lock ${limit} bytes of memory (LimitMEMLOCK), and vfio-pci locks all of the guest's`,
  });
  expect(await start()).toContain('Cannot allocate memory');
  sh(`echo LimitMEMLOCK=infinity >> ${DROP_IN}; systemctl daemon-reload`);
  expect(await start()).toBe('active');
  expect(await planNow(withDevices(card))).toMatchObject({ status: 'steady' });
  sh('systemctl stop web01');
});
