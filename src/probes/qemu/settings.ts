import { cardLacks } from './cards.ts';
import { itemOf, itemsOf, kindOf, optionsOf, type QemuCommand, type QemuOption, textOf, withItem, withKind } from './options.ts';
import { addressOf } from './passed.ts';
import { unclear } from './placed-word.ts';
import { type Drive, type Lack, pciAddress, type QemuWishes } from './wishes.ts';

/** What a command line lacks of what is wished, each with the edit that mends it. Throws STATE_UNREADABLE. */
export function lacksOf(command: QemuCommand, { cpu, accel, nic, drive, hostdev = [] }: QemuWishes): readonly Lack[] {
  return [
    ...(accel === undefined ? [] : accelLacks(command)),
    ...(cpu === undefined ? [] : cpuLacks(command, cpu)),
    ...(nic === undefined ? [] : cardLacks(command, nic)),
    ...(drive === undefined ? [] : meantDrives(command, drive).flatMap((option) => driveLacks(option, drive))),
    ...hostdev.map(pciAddress).flatMap((address) => hostdevLacks(command, address)),
  ];
}

/** Whether KVM runs it, so that a wish is not needed. */
export function hasKvm(command: QemuCommand): boolean {
  // Debian's kvm and Red Hat's qemu-kvm turn KVM on by themselves.
  const isWrapper = /(^|\/)(qemu-)?kvm$/.test(command.program);
  return isWrapper || optionsOf(command, 'enable-kvm').length > 0 || accelsOf(command).some(({ value }) => value === 'kvm');
}

/** What says an accelerator: -accel, or the machine. */
function accelsOf(command: QemuCommand): readonly { readonly option: QemuOption; readonly value: string }[] {
  const machines = optionsOf(command, 'machine', 'M').flatMap((option) => {
    const item = itemOf(option, 'accel');
    return item === undefined ? [] : [{ option, value: item.value }];
  });
  return [...optionsOf(command, 'accel').map((option) => ({ option, value: kindOf(option) })), ...machines];
}

function accelLacks(command: QemuCommand): readonly Lack[] {
  if (hasKvm(command)) return [];
  const [first, second] = accelsOf(command);
  if (second !== undefined) throw unclear(second.option.place, 'names a second accelerator');
  if (first === undefined) return [{ says: 'accel unset', splices: [], added: '-accel kvm' }];
  const { option, value } = first;
  return [{ says: `accel ${value}`, splices: option.name === 'accel' ? withKind(option, 'kvm') : withItem(option, 'accel', 'kvm') }];
}

function cpuLacks(command: QemuCommand, model: string): readonly Lack[] {
  const option = only(command, 'cpu');
  if (option === undefined) return [{ says: 'cpu unset', splices: [], added: `-cpu ${model}` }];
  const there = kindOf(option);
  return there === model ? [] : [{ says: `cpu ${there}`, splices: withKind(option, model) }];
}

/** An option of which QEMU takes the last alone. */
function only(command: QemuCommand, name: string): QemuOption | undefined {
  const [option, more] = optionsOf(command, name);
  if (more !== undefined) throw unclear(more.place, `has a second -${name}`);
  return option;
}

/** The disks among the drives that are meant: at least one, else nobody could tell what was asked for. */
function meantDrives(command: QemuCommand, { file }: Drive): readonly QemuOption[] {
  const [old] = optionsOf(command, 'hda', 'hdb', 'hdc', 'hdd', 'blockdev');
  if (old !== undefined) throw unclear(old.place, `has a disk by -${old.name}`, 'Write it as -drive first.');
  if (command.images.length > 0) throw unclear(command.place, `has a disk without an option: ${command.images[0]}`, 'Write it as -drive.');
  const disks = optionsOf(command, 'drive').filter(isDisk);
  const meant = disks.filter((option) => file === undefined || itemOf(option, 'file')?.value === file);
  if (meant.length === 0) throw unclear(command.place, `has no -drive ${file === undefined ? 'for a disk' : `with the file ${file}`}`);
  return meant;
}

/** Whether it is a disk: not a CD, a floppy, or flash memory with firmware. */
export function isDisk(option: QemuOption): boolean {
  const says = itemsOf(option).map(({ key, value }) => `${key}=${value}`);
  return !['media=cdrom', 'if=pflash', 'if=floppy', 'if=sd', 'if=mtd'].some((one) => says.includes(one));
}

function driveLacks(option: QemuOption, { file: _, format, ...wanted }: Drive): readonly Lack[] {
  const long = itemsOf(option).find(({ key = '' }) => key.startsWith('cache.'));
  if (long !== undefined) throw unclear(option.place, `says ${long.key}`, 'Write it as cache= first.');
  const says = (key: string) => itemOf(option, key)?.value;
  const cache = wanted.cache ?? says('cache');
  // QEMU does not start: there io would go past the page cache, and it is in between.
  if ((wanted.aio ?? says('aio')) === 'native' && cache !== 'none' && cache !== 'directsync') {
    throw unclear(option.place, 'has aio native, which needs cache none or directsync', 'Say cache: none too, or another aio.');
  }
  const known = says('format');
  if (format !== undefined && known !== undefined && known !== format) {
    throw unclear(option.place, `says format ${known}`, 'An image has one format; find out which, and ask for that.');
  }
  const name = itemOf(option, 'file')?.value ?? textOf(option);
  return Object.entries({ ...wanted, format }).flatMap(([key, value]) => {
    if (value === undefined || says(key) === value) return [];
    return [{ says: `${name} ${key} ${says(key) ?? 'unset'}`, splices: withItem(option, key, value) }];
  });
}

function hostdevLacks(command: QemuCommand, address: string): readonly Lack[] {
  const option = optionsOf(command, 'device').find((one) => addressOf(one) === address);
  if (option === undefined) return [{ says: `no device ${address}`, splices: [], added: `-device vfio-pci,host=${address}` }];
  const driver = kindOf(option);
  return driver === 'vfio-pci' ? [] : [{ says: `${address} by ${driver}`, splices: withKind(option, 'vfio-pci') }];
}
