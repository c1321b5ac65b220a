import { file, glob, stat } from '../../core/file.ts';
import { all, map, type Probe } from '../../core/probe.ts';

/** A device on a PCI bus, as its uevent tells of it. */
export interface PciIdentity {
  /** Domain, bus, slot and function, e.g. 0000:01:00.0. */
  readonly address: string;
  /** Vendor and model in lower-case hex, e.g. 10de:1b80. */
  readonly id: string;
  /** Class, subclass and interface: six hex digits, e.g. 030000. */
  readonly class: string;
  readonly driver: string | undefined;
}

/** A device with its place among the others. */
export interface PciDevice extends PciIdentity {
  /** The number of its IOMMU group; undefined where it has none. */
  readonly group: string | undefined;
  /** Whether the firmware showed its messages on it. */
  readonly isBootVga: boolean;
}

function identityOf(address: string, uevent: string): PciIdentity {
  return {
    address,
    id: field(uevent, 'PCI_ID').toLowerCase(),
    class: field(uevent, 'PCI_CLASS').toLowerCase().padStart(6, '0'),
    driver: field(uevent, 'DRIVER') || undefined,
  };
}

/** How the kernel writes an address: domain, bus, slot, function. */
export const PCI_ADDRESS = /^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/;

/** All PCI devices of a host. Drivers and groups are links, which cannot be read; uevent and the groups' folders tell the same. */
export const pciDevices: Probe<readonly PciDevice[]> = map(
  all({
    uevents: glob('/sys/bus/pci/devices/*/uevent'),
    members: glob('/sys/kernel/iommu_groups/*/devices/*/class'),
    vga: glob('/sys/bus/pci/devices/*/boot_vga'),
  }),
  ({ uevents, members, vga }) => {
    const groups = new Map(members.map(({ path }) => [part(path, -2), part(path, -4)]));
    const boot = vga.filter(({ content }) => content.trim() === '1').map(({ path }) => part(path, -2));
    return uevents.map(({ path, content }) => {
      const address = part(path, -2);
      return { ...identityOf(address, content), group: groups.get(address), isBootVga: boot.includes(address) };
    });
  },
);

/** What is to be known of a single device, for who has no use for all. */
export interface PciDeviceAt {
  readonly isThere: boolean;
  /** What an IOMMU can keep apart from all else only together with it, itself too; empty where it has no IOMMU group. */
  readonly group: readonly PciIdentity[];
  /** The kernel's class code, e.g. 0x020000. */
  readonly kind: string;
  readonly virtualFunctions: number;
  /** Network links of the device that are up. */
  readonly linksUp: readonly string[];
}

/** The device at an address. */
export function pciDeviceAt(address: string): Probe<PciDeviceAt> {
  const folder = `/sys/bus/pci/devices/${address}`;
  const parts = all({
    there: stat(folder),
    group: glob(`${folder}/iommu_group/devices/*/uevent`),
    kind: file(`${folder}/class`),
    functions: file(`${folder}/sriov_numvfs`),
    links: glob(`${folder}/net/*/operstate`),
    // Those of virtio have one more device in between.
    inner: glob(`${folder}/virtio*/net/*/operstate`),
  });
  return map(parts, ({ there, group, kind = '', functions = '0', links, inner }) => ({
    isThere: there !== undefined,
    group: group.map(({ path, content }) => identityOf(part(path, -2), content)),
    kind: kind.trim(),
    virtualFunctions: Number(functions),
    linksUp: [...links, ...inner].filter(({ content }) => content.trim() === 'up').map(({ path }) => part(path, -2)),
  }));
}

/** The modules whose drivers have PCI devices, by the devices' addresses. A driver that is part of the kernel may have none. */
export const pciModules: Probe<ReadonlyMap<string, string>> = map(
  all({ bound: glob('/sys/module/*/drivers/pci?*/*/modalias'), loaded: glob('/sys/module/*/initstate') }),
  ({ bound, loaded }) => {
    // Parts of the kernel have a folder here too, but only what can be unloaded has a state.
    const modules = new Set(loaded.map(({ path }) => part(path, -2)));
    return new Map(bound.filter(({ path }) => modules.has(part(path, -5))).map(({ path }) => [part(path, -2), part(path, -5)]));
  },
);

/** A device that can appear as many. */
export interface SriovDevice {
  readonly address: string;
  readonly total: number;
  readonly active: number;
}

/** The devices with SR-IOV that can be used. */
export const sriov: Probe<readonly SriovDevice[]> = map(
  all({ totals: glob('/sys/bus/pci/devices/*/sriov_totalvfs'), actives: glob('/sys/bus/pci/devices/*/sriov_numvfs') }),
  ({ totals, actives }) =>
    totals
      .map(({ path, content }) => {
        const address = part(path, -2);
        const active = actives.find((other) => part(other.path, -2) === address);
        return { address, total: Number(content), active: Number(active?.content ?? 0) };
      })
      .filter(({ total }) => total > 0),
);

/** Kinds of devices by the beginning of their class, the longest first (PCI Code and ID Assignment Specification). */
const KINDS: readonly (readonly [prefix: string, kind: string])[] = [
  ['0604', 'PCI bridge'],
  ['0403', 'audio'],
  ['0c03', 'USB'],
  ['01', 'storage'],
  ['02', 'network'],
  ['03', 'display'],
  ['04', 'multimedia'],
  ['06', 'bridge'],
  ['12', 'accelerator'],
];

/** Whether a device's class begins with these digits: 03 is a display, 0604 a bridge between buses. */
export function isOfClass(device: PciIdentity, prefix: string): boolean {
  return device.class.startsWith(prefix);
}

/** Whether a driver that gives devices to guests has it: vfio-pci, or a variant of it for one vendor's cards. */
export function isPassed({ driver }: PciIdentity): boolean {
  return driver?.includes('vfio') === true;
}

/** Whether the host has it, so that no guest gets anything of its group (vfio.rst of Linux). Bridges in between may be in a group. */
export function isWithHost(device: PciIdentity): boolean {
  return device.driver !== undefined && !isPassed(device) && device.driver !== 'pci-stub' && !isOfClass(device, '0604');
}

/** A device for people: `0000:01:00.0 (display, 10de:1b80, nouveau)`. */
export function sayDevice(device: PciIdentity): string {
  const kind = KINDS.find(([prefix]) => isOfClass(device, prefix))?.[1] ?? `class ${device.class}`;
  return `${device.address} (${kind}, ${device.id}, ${device.driver ?? 'no driver'})`;
}

function field(uevent: string, name: string): string {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(uevent)?.[1] ?? '';
}

function part(path: string, at: number): string {
  return path.split('/').at(at) ?? '';
}
