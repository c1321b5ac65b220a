import {
  itemOf,
  itemsOf,
  kindOf,
  optionsOf,
  type QemuCommand,
  type QemuOption,
  spliceValue,
  textOf,
  withItem,
  withKind,
} from './options.ts';
import { replacePart, type Splice, unclear } from './placed-word.ts';
import type { Lack, Nic } from './wishes.ts';

/** The name that a legacy network gets; QEMU knows it while it runs. */
const ID = 'drover0';

/** Other names of models. */
const ALIASES: Readonly<Record<string, string>> = { virtio: 'virtio-net-pci', 'virtio-net': 'virtio-net-pci' };

/** Keys that every network card takes, so that they may stay with another model. */
const COMMON = new Set(['netdev', 'mac', 'id', 'addr', 'bus', 'bootindex', 'multifunction', 'romfile', 'rombar', 'acpi-index']);

const BY_HAND = 'Write it as -netdev and -device by hand.';

/** What the network cards lack of what is wished. Throws STATE_UNREADABLE where it cannot be told which those are. */
export function cardLacks(command: QemuCommand, nic: Nic): readonly Lack[] {
  const legacy = optionsOf(command, 'net').filter((option) => kindOf(option) !== 'none');
  const joint = optionsOf(command, 'nic').filter((option) => kindOf(option) !== 'none');
  const devices = optionsOf(command, 'device').filter((option) => itemOf(option, 'netdev') !== undefined);
  const lacks = [
    ...(legacy.length === 0 ? [] : legacyLacks(legacy, nic)),
    ...joint.flatMap((option) => jointLacks(option, nic)),
    ...devices.flatMap((option) => deviceLacks(command, option, nic)),
  ];
  if (legacy.length + joint.length + devices.length === 0)
    throw unclear(command.place, 'names no network card', 'Give it one by hand, with a mac.');
  return lacks;
}

/** All of -net are ports of one hub: with one card and one network it is the same as joining these two. */
function legacyLacks(options: readonly QemuOption[], { model, bridge }: Nic): readonly Lack[] {
  const cards = options.filter((option) => kindOf(option) === 'nic');
  const networks = options.filter((option) => kindOf(option) !== 'nic');
  const [card] = cards;
  const [network] = networks;
  if (card === undefined || network === undefined || options.length > 2) {
    throw unclear((options[0] as QemuOption).place, `joins ${cards.length} cards and ${networks.length} networks by -net`, BY_HAND);
  }
  if (!['user', 'tap', 'bridge', 'socket', 'vde'].includes(kindOf(network))) {
    throw unclear(network.place, `has -net ${kindOf(network)}, which is not understood`, BY_HAND);
  }
  if (bridge !== undefined) needsMac(card, 'macaddr');
  const odd = [...itemsOf(card), ...itemsOf(network)].find(({ key }) => key === 'vlan' || key === 'name' || key === 'netdev');
  if (odd !== undefined) throw unclear(card.place, `has -net with ${odd.key}`, BY_HAND);
  return [{ says: `legacy -net nic and -net ${kindOf(network)}`, splices: [...asDevice(card, model), ...asNetdev(network, bridge)] }];
}

function asDevice(card: QemuOption, model: string): readonly Splice[] {
  const [kind, ...items] = itemsOf(card);
  const kept = items.filter(({ key }) => key !== 'model');
  const odd = kept.find(({ key = '' }) => !['macaddr', 'addr', 'vectors'].includes(key));
  if (odd !== undefined) throw unclear(card.place, `has -net nic with ${odd.key ?? odd.value}`, BY_HAND);
  const driver = spliceValue(card, { from: 0, to: kind?.to ?? 0 }, `${model},netdev=${ID}`);
  const gone = items.filter(({ key }) => key === 'model').flatMap(({ from, to }) => spliceValue(card, { from: from - 1, to }, ''));
  const macs = kept
    .filter(({ key }) => key === 'macaddr')
    .flatMap(({ from, valueFrom }) => spliceValue(card, { from, to: valueFrom }, 'mac='));
  return [...renamed(card, 'device'), ...driver, ...gone, ...macs];
}

function asNetdev(network: QemuOption, bridge: string | undefined): readonly Splice[] {
  const [kind] = itemsOf(network);
  const end = kind?.to ?? 0;
  const named = spliceValue(network, { from: end, to: end }, `,id=${ID}`);
  return [...renamed(network, 'netdev'), ...(isOn(network, bridge) ? named : onBridge(network, `bridge,id=${ID},br=${bridge}`))];
}

/** `-net` with another name behind its dashes. */
function renamed({ name, word }: QemuOption, other: string): readonly Splice[] {
  const length = word.value?.length ?? 0;
  return replacePart(word, { from: length - name.length, to: length }, other);
}

/** -nic is a card and its network in one. */
function jointLacks(option: QemuOption, { model, bridge }: Nic): readonly Lack[] {
  const there = itemOf(option, 'model')?.value;
  const isModel = isSame(there, model);
  if (isOn(option, bridge)) return isModel ? [] : [{ says: `nic model ${there ?? 'unset'}`, splices: withItem(option, 'model', model) }];
  needsMac(option, 'mac');
  const text = textOf(option);
  const kept = itemsOf(option)
    .filter(({ key }) => key === 'mac' || key === 'addr' || key === 'id')
    .map(({ from, to }) => text.slice(from, to));
  const whole = [`bridge,br=${bridge},model=${model}`, ...kept].join(',');
  return [{ says: `nic on ${kindOf(option)}${isModel ? '' : ` with model ${there ?? 'unset'}`}`, splices: onBridge(option, whole) }];
}

function deviceLacks(command: QemuCommand, option: QemuOption, { model, bridge }: Nic): readonly Lack[] {
  const driver = kindOf(option);
  const id = itemOf(option, 'netdev')?.value;
  const network = optionsOf(command, 'netdev').find((one) => itemOf(one, 'id')?.value === id);
  if (network === undefined) throw unclear(option.place, `has a card on ${id}, and there is no such -netdev`);
  const odd = isSame(driver, model) ? undefined : itemsOf(option).find(({ key }) => key !== undefined && !COMMON.has(key));
  if (odd !== undefined) throw unclear(option.place, `has ${odd.key}, which is for ${driver}`, 'Take it out, or keep the model.');
  const lacks: Lack[] = isSame(driver, model) ? [] : [{ says: `${id} model ${driver}`, splices: withKind(option, model) }];
  if (isOn(network, bridge)) return lacks;
  needsMac(option, 'mac');
  return [...lacks, { says: `${id} on ${kindOf(network)}`, splices: onBridge(network, `bridge,id=${id},br=${bridge}`) }];
}

function isSame(there: string | undefined, model: string): boolean {
  return there !== undefined && (ALIASES[there] ?? there) === model;
}

/** Whether the network is the one that is wanted, or any will do. */
function isOn(network: QemuOption, bridge: string | undefined): boolean {
  // qemu-options.hx: the default of br is br0.
  return bridge === undefined || (kindOf(network) === 'bridge' && (itemOf(network, 'br')?.value ?? 'br0') === bridge);
}

function onBridge(network: QemuOption, whole: string): readonly Splice[] {
  return spliceValue(network, { from: 0, to: textOf(network).length }, whole);
}

/** QEMU gives the first card of every guest the same address. */
function needsMac(card: QemuOption, key: string): void {
  if (itemOf(card, key) === undefined) {
    throw unclear(
      card.place,
      `has a card without ${key}: on a bridge all guests would be 52:54:00:12:34:56`,
      `Give it a ${key} of its own.`,
    );
  }
}
