import * as z from 'zod';
import { type Blocked, blocked } from '../../core/plan.ts';
import { isWithHost, type PciDeviceAt, sayDevice } from '../pci/pci.ts';
import { type Unmet, unmetBy } from './wish.ts';
import { childOf, childrenOf, elementAt, type XmlElement } from './xml.ts';
import { attributesSet, type NewElement } from './xml-edit.ts';

const PCI = /^([0-9a-f]{4}):([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/;
export const Hostdevs = z.array(z.string().regex(PCI)).min(1);
type Hostdevs = z.output<typeof Hostdevs>;

export function unmetHostdevs(root: XmlElement, addresses: Hostdevs): readonly Unmet[] {
  const parent = childOf(root, 'devices') ?? root;
  return addresses.flatMap((address) => {
    const there = hostdevsOf(root).find((one) => addressOf(one) === address);
    if (there === undefined) return [{ words: `no device ${address}`, edits: [{ kind: 'add', parent, child: hostdev(address) }] }];
    return unmetBy(`${address} managed ${there.attributes['managed'] ?? 'unset'}`, attributesSet(there, { managed: 'yes' }));
  });
}

/** libvirt takes it from its driver at the start, and gives it back at the end. */
function hostdev(address: string): NewElement {
  const [, domain, bus, slot, pciFunction] = PCI.exec(address) ?? [];
  const parts = { domain: `0x${domain}`, bus: `0x${bus}`, slot: `0x${slot}`, function: `0x${pciFunction}` };
  return {
    name: 'hostdev',
    attributes: { mode: 'subsystem', type: 'pci', managed: 'yes' },
    children: [{ name: 'source', children: [{ name: 'address', attributes: parts }] }],
  };
}

interface Why {
  readonly because: string;
  readonly hint: string;
}

/** Why the domain could not have a device that it has not yet. `running` are the other domains that run. */
export function objectionToHostdevs(
  root: XmlElement,
  want: {
    readonly addresses: Hostdevs;
    readonly devices: Readonly<Record<string, PciDeviceAt>>;
    /** Why no guest could start with any device of the host. */
    readonly interrupts: Blocked | undefined;
    readonly running: readonly (readonly [string, XmlElement])[];
  },
): Blocked | undefined {
  const own = addressesOf(root);
  for (const address of want.addresses) {
    if (own.includes(address)) continue;
    const device = want.devices[address];
    const why = whyNot(device) ?? whyNotGroup(device, [...own, ...want.addresses]);
    if (why !== undefined) return blocked(`${address} ${why.because}`, why.hint);
    if (want.interrupts !== undefined) return want.interrupts;
    const group = [address, ...(device?.group ?? []).map((member) => member.address)];
    for (const [name, domain] of want.running) {
      const held = addressesOf(domain).find((one) => group.includes(one));
      if (held === undefined) continue;
      const what = held === address ? address : `${held}, of the same IOMMU group as ${address},`;
      return blocked(`${what} is with ${name}, which runs`, 'Shut that down, and take the device from it.');
    }
  }
  return undefined;
}

/** A group goes to a guest whole or not at all. libvirt takes from the host what the definition names, and no more. */
function whyNotGroup(device: PciDeviceAt | undefined, given: readonly string[]): Why | undefined {
  const sibling = device?.group.find((member) => !given.includes(member.address) && isWithHost(member));
  if (sibling === undefined) return undefined;
  return {
    because: `shares its IOMMU group with ${sayDevice(sibling)}, which the host has`,
    hint: 'Give the guest that too, or hold it by the task vfio.bind.',
  };
}

function whyNot(device: PciDeviceAt | undefined): Why | undefined {
  if (device?.isThere !== true) return { because: 'is no PCI device of the host', hint: 'See `lspci -D` for its devices.' };
  if (device.kind.startsWith('0x06')) return { because: 'is a bridge', hint: 'Name the devices behind it.' };
  if (device.group.length === 0) {
    return { because: 'has no IOMMU group, so no guest could start with it', hint: 'Turn the IOMMU on in firmware and kernel.' };
  }
  if (device.virtualFunctions > 0) {
    return { because: `has ${device.virtualFunctions} virtual functions in use`, hint: 'Give one of those to the guest.' };
  }
  const [link] = device.linksUp;
  if (link === undefined) return undefined;
  return { because: `is ${link}, which is up`, hint: `Take the host's network off it first: the start takes ${link} away.` };
}

/** The address on the host; libvirt writes its parts as 0x0000, people as they like. */
function addressOf(element: XmlElement): string | undefined {
  const parts = elementAt(element, 'source', 'address')?.attributes;
  if (element.attributes['type'] !== 'pci' || parts === undefined) return undefined;
  const hex = (key: string, length: number) =>
    Number(parts[key] ?? '0')
      .toString(16)
      .padStart(length, '0');
  return `${hex('domain', 4)}:${hex('bus', 2)}:${hex('slot', 2)}.${hex('function', 1)}`;
}

function addressesOf(root: XmlElement): readonly string[] {
  return hostdevsOf(root)
    .map(addressOf)
    .filter((address) => address !== undefined);
}

function hostdevsOf(root: XmlElement): readonly XmlElement[] {
  return childrenOf(childOf(root, 'devices'), 'hostdev');
}
