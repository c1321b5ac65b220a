import { describe, expect, it } from 'vitest';
import { liveCommand } from '../../../src/probes/qemu/options.ts';
import { lockObstacle, passedAddresses } from '../../../src/probes/qemu/passed.ts';
import { startUnit } from '../../../src/probes/qemu/start-unit.ts';

describe('the devices that a command line gives away', () => {
  it.each([
    ['-device vfio-pci,host=01:00.0', ['0000:01:00.0']],
    ['-device vfio-pci,host=0001:01:00.0,x-vga=on -device vfio-pci,host=02:00.0', ['0001:01:00.0', '0000:02:00.0']],
    ['-device vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:01:00.0', ['0000:01:00.0']],
    ['-device usb-host,hostbus=1 -device e1000,netdev=n0', []],
  ])('%s', (options, addresses) => {
    expect(passedAddresses(liveCommand('/x:1', `kvm ${options}`))).toEqual(addresses);
  });
});

const MiB = 2 ** 20;

/** What systemctl says of a unit where nobody wrote anything about its memory. */
const PLAIN = {
  User: '',
  DynamicUser: 'no',
  LimitMEMLOCK: '8388608',
  CapabilityBoundingSet: 'cap_chown cap_ipc_lock',
  AmbientCapabilities: '',
};

/** The unit, as systemctl tells of it. */
function unitWith(properties: Partial<typeof PLAIN>) {
  const stdout = Object.entries({ ...PLAIN, ...properties })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
  const probe = startUnit('web.service');
  return probe.parse(probe.reads.map((read) => ({ status: 'argv' in read ? 0 : 127, stdout: 'argv' in read ? stdout : '', stderr: '' })));
}

describe('the memory that a unit may lock', () => {
  it.each<[Partial<typeof PLAIN>, number | undefined]>([
    [{}, undefined],
    [{ User: 'root' }, undefined],
    [{ User: '0' }, undefined],
    [{ CapabilityBoundingSet: 'cap_chown' }, 8 * MiB],
    [{ User: 'qemu' }, 8 * MiB],
    [{ DynamicUser: 'yes' }, 8 * MiB],
    [{ User: 'qemu', AmbientCapabilities: 'cap_ipc_lock' }, undefined],
    [{ User: 'qemu', LimitMEMLOCK: 'infinity' }, undefined],
    [{ User: 'qemu', LimitMEMLOCK: '18446744073709551615' }, undefined],
    [{ User: 'qemu', LimitMEMLOCK: '' }, undefined],
  ])('%j: %s', (properties, limit) => {
    expect(unitWith(properties).lockLimit).toBe(limit);
  });

  it.each([
    ['', 127 * MiB, true],
    ['', 128 * MiB, false],
    ['-m 64', 64 * MiB, false],
    ['-m 64M', 63 * MiB, true],
    ['-m size=1g,slots=2', 1023 * MiB, true],
    ['-m 4 -m 2048', 4 * MiB, true],
    ['-m 65536K', 64 * MiB, false],
  ])('is too little for kvm %s: %d bytes, %s', (options, limit, isTooLittle) => {
    const unit = { ...unitWith({}), lockLimit: limit };
    expect(lockObstacle(liveCommand('/x:1', `kvm ${options}`), unit) !== undefined).toBe(isTooLittle);
  });

  it('does not matter in a script', () => {
    expect(lockObstacle(liveCommand('/x:1', 'kvm'), undefined)).toBeUndefined();
  });
});
