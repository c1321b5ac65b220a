import type { PciDevice } from '../pci/pci.ts';
import { itemsOf, kindOf, optionsOf, type QemuCommand, type QemuOption } from './options.ts';
import { deviceObstacle, lockObstacle, passedAddresses } from './passed.ts';
import { hasKvm, isDisk } from './settings.ts';
import type { StartUnit } from './start-unit.ts';

/** Where a command line is to run. */
interface Place {
  readonly devices: readonly PciDevice[];
  readonly unit: StartUnit | undefined;
}

/** What an operator would want to know of a command line, in words; values that are filled in when it runs are left out. */
export function auditOf(whole: QemuCommand, place: Place): readonly string[] {
  const command = { ...whole, options: whole.options.filter(isReadable) };
  const where = (holds: boolean, text: string) => (holds ? [text] : []);
  const drives = optionsOf(command, 'drive').filter(isDisk);
  return [
    ...where(!hasKvm(command), 'no KVM: every instruction is emulated'),
    ...where(optionsOf(whole, 'cpu').length === 0, "no -cpu: the guest sees QEMU's oldest one"),
    ...optionsOf(command, 'net')
      .filter((option) => kindOf(option) !== 'none')
      .slice(0, 1)
      .map(({ name }) => `-${name}: legacy network`),
    ...cardsOf(command).flatMap((option) => modelFinding(option)),
    ...optionsOf(command, 'net', 'nic', 'netdev')
      .filter((option) => kindOf(option) === 'user')
      .map(({ name }) => `-${name}: a network of QEMU's own, which nobody reaches from outside`),
    ...optionsOf(command, 'machine', 'M')
      .map((option) => says(option, 'type') ?? kindOf(option))
      .filter((type) => ['pc', 'q35', 'virt'].includes(type))
      .map((type) => `machine ${type}: another one with every new QEMU`),
    ...optionsOf(command, 'hda', 'hdb', 'hdc', 'hdd').map(({ name }) => `-${name}: an IDE disk of a format that QEMU guesses`),
    ...drives.flatMap((option) => driveFindings(option)),
    ...optionsOf(command, 'vnc', 'monitor', 'qmp').flatMap((option) => openFindings(option)),
    ...cardsOf(command)
      .filter((option) => !hasMac(option))
      .map(({ name }) => `-${name}: a card with the address that all guests have`),
    ...passedFindings(command, place),
  ];
}

function isReadable({ value }: QemuOption): boolean {
  return value === undefined || (value.value !== undefined && !value.value.startsWith('{'));
}

function driveFindings(option: QemuOption): readonly string[] {
  const file = says(option, 'file');
  const [cache, aio, bus] = ['cache', 'aio', 'if'].map((key) => says(option, key));
  const isDirect = cache === 'none' || cache === 'directsync';
  const found = [
    ...(says(option, 'format') === undefined ? ['a format that QEMU guesses'] : []),
    ...(cache === 'unsafe' ? ['cache unsafe loses what the guest has flushed'] : []),
    ...(file?.startsWith('/dev/') === true && !isDirect ? ["a block device, and the host's page cache before it"] : []),
    ...(isDirect && aio !== 'native' && aio !== 'io_uring' ? ['aio threads, where native or io_uring would wait less'] : []),
    ...(bus === 'ide' || bus === 'scsi' ? [`on ${bus}, which is slower than virtio`] : []),
  ];
  return found.map((what) => `${file ?? 'a drive'}: ${what}`);
}

function passedFindings(command: QemuCommand, { devices, unit }: Place): readonly string[] {
  const passed = passedAddresses(command);
  const obstacles = [
    ...passed.map((address) => deviceObstacle(devices, address)),
    ...(passed.length === 0 ? [] : [lockObstacle(command, unit)]),
  ];
  return obstacles.flatMap((one) => (one === undefined ? [] : [one.because]));
}

/** A card of no model is an e1000 or older, as the machine has it. */
function modelFinding(option: QemuOption): readonly string[] {
  const model = option.name === 'device' ? kindOf(option) : (says(option, 'model') ?? 'unset');
  return model.startsWith('virtio') ? [] : [`-${option.name}: a card of model ${model}, which is slower than virtio`];
}

/** Who reaches these ports has the guest, and through a monitor the host. */
function openFindings(option: QemuOption): readonly string[] {
  const [first] = itemsOf(option);
  const isNarrow = itemsOf(option).some(({ key }) => key === 'password' || key === 'password-secret' || key === 'sasl');
  const isOpen = /^(tcp:|telnet:)?(0\.0\.0\.0|\[::\]|):\d/.test(first?.value ?? '');
  return isOpen && !isNarrow ? [`-${option.name}: open to the network without a password`] : [];
}

function cardsOf(command: QemuCommand): readonly QemuOption[] {
  return [
    ...optionsOf(command, 'net').filter((option) => kindOf(option) === 'nic'),
    ...optionsOf(command, 'nic').filter((option) => kindOf(option) !== 'none'),
    ...optionsOf(command, 'device').filter((option) => says(option, 'netdev') !== undefined),
  ];
}

function hasMac(option: QemuOption): boolean {
  return says(option, 'mac') !== undefined || says(option, 'macaddr') !== undefined;
}

/** The last value of a key: an audit does not mind that there are two. */
function says(option: QemuOption, key: string): string | undefined {
  return itemsOf(option).findLast((item) => item.key === key)?.value;
}
