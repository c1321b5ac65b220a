import { type Blocked, blocked } from '../../core/plan.ts';
import { siblingOf } from '../pci/passthrough.ts';
import { isPassed, type PciDevice, sayDevice } from '../pci/pci.ts';
import { itemOf, itemsOf, kindOf, optionsOf, type QemuCommand, type QemuOption } from './options.ts';
import type { StartUnit } from './start-unit.ts';
import { pciAddress } from './wishes.ts';

/** The address of the host's device that an option is about; undefined where about none. */
export function addressOf(option: QemuOption): string | undefined {
  const host = itemOf(option, 'host')?.value ?? itemOf(option, 'sysfsdev')?.value.split('/').at(-1);
  return host === undefined ? undefined : pciAddress(host);
}

/** The devices of the host that its guest has for itself, by their addresses. */
export function passedAddresses(command: QemuCommand): readonly string[] {
  const passed = optionsOf(command, 'device').filter((option) => kindOf(option) === 'vfio-pci');
  return passed.map(addressOf).filter((address) => address !== undefined);
}

/** Why QEMU would not get a device from vfio-pci; undefined where it would. */
export function deviceObstacle(devices: readonly PciDevice[], address: string): Blocked | undefined {
  const device = devices.find((one) => one.address === address);
  if (device === undefined) return blocked(`there is no PCI device ${address}`, 'Check the address with `lspci -D`.');
  if (device.group === undefined) return blocked(`${sayDevice(device)} has no IOMMU group`, 'See what the task vfio.bind says of it.');
  const culprit = isPassed(device) ? siblingOf(devices, [device]) : device;
  if (culprit === undefined) return undefined;
  const who = culprit === device ? sayDevice(device) : `${sayDevice(culprit)}, in the IOMMU group of ${address},`;
  return blocked(`${who} is not held by vfio-pci`, 'Bind it, and what shares its IOMMU group, by the task vfio.bind first.');
}

/** Why a guest with such a device would not start from its unit: all of its memory is locked (vfio.rst of Linux). */
export function lockObstacle(command: QemuCommand, unit: StartUnit | undefined): Blocked | undefined {
  const limit = unit?.lockLimit;
  if (limit === undefined || limit >= memoryOf(command)) return undefined;
  return blocked(
    `${unit?.name} may lock ${limit} bytes of memory (LimitMEMLOCK), and vfio-pci locks all of the guest's`,
    'Say LimitMEMLOCK=infinity in the unit first.',
  );
}

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** The memory of the guest, in bytes: qemu(1) has 128 MiB where nothing is said, and we where it is filled in later. */
function memoryOf(command: QemuCommand): number {
  const option = optionsOf(command, 'm').findLast(({ value }) => value?.value !== undefined);
  const said = option === undefined ? '' : (itemsOf(option).findLast(({ key }) => key === undefined || key === 'size')?.value ?? '');
  const [, number, unit = 'M'] = /^(\d+)([KMGT])?B?$/i.exec(said) ?? ['', '128'];
  return Number(number) * (UNITS[unit.toUpperCase()] ?? 1);
}
