import * as z from 'zod';
import { file, stat } from '../../core/file.ts';
import { type Blocked, blocked } from '../../core/plan.ts';
import { all, command, map, type Probe } from '../../core/probe.ts';
import { type Iommu, iommu } from '../hardware.ts';
import { containerOf, generatedEtc } from '../host.ts';
import { kernelArguments, xenRole } from '../kernel.ts';
import { deviceUses, usesOf } from './device-uses.ts';
import { interruptObstacle } from './interrupts.ts';
import { isOfClass, isPassed, isWithHost, type PciDevice, pciDevices, pciModules, sayDevice } from './pci.ts';
import { VFIO_CONF, type VfioConfig, vfioConfig } from './vfio-config.ts';

/** A host as somebody sees it who wants to give devices of it to guests. */
export interface PassthroughHost {
  readonly devices: readonly PciDevice[];
  readonly modules: ReadonlyMap<string, string>;
  readonly uses: ReturnType<(typeof deviceUses)['parse']>;
  readonly iommu: Iommu;
  readonly words: readonly string[];
  readonly config: VfioConfig;
  /** vfio-pci: part of the kernel, or loaded, or on disk; undefined where this kernel has none. */
  readonly vfio: 'built in' | 'loaded' | 'on disk' | undefined;
  /** The drivers that devices are kept for by their driver_override; `(null)` where by none. */
  readonly overrides: Readonly<Record<string, string | undefined>>;
  /** Why no guest could start with a device, though there are groups. */
  readonly interrupts: Blocked | undefined;
  readonly obstacle: Blocked | undefined;
}

/** Everything that matters for devices at these addresses. */
export function passthroughHost(addresses: readonly string[]): Probe<PassthroughHost> {
  return all<{ [K in keyof PassthroughHost]: PassthroughHost[K] }>({
    devices: pciDevices,
    modules: pciModules,
    uses: deviceUses,
    iommu,
    words: kernelArguments,
    config: vfioConfig(addresses),
    vfio: vfioModule,
    overrides: all<Record<string, string | undefined>>(
      Object.fromEntries(addresses.map((address) => [address, overrideOf(address)] as const)),
    ),
    interrupts: interruptObstacle,
    obstacle,
  });
}

function overrideOf(address: string): Probe<string | undefined> {
  return map(file(`/sys/bus/pci/devices/${address}/driver_override`), (text) => text?.trim());
}

const vfioModule: Probe<PassthroughHost['vfio']> = map(
  all({ live: stat('/sys/module/vfio_pci'), origin: command('modinfo', '-F', 'filename', 'vfio-pci') }),
  ({ live, origin }) => {
    if (origin.stdout.trim() === '(builtin)') return 'built in';
    if (live !== undefined) return 'loaded';
    return origin.stdout.trim() === '' ? undefined : 'on disk';
  },
);

const obstacle: Probe<Blocked | undefined> = map(
  all({
    container: containerOf,
    xen: xenRole,
    etcBy: generatedEtc,
    ostree: stat('/run/ostree-booted'),
    transactional: stat('/usr/sbin/transactional-update'),
  }),
  ({ container, xen, etcBy, ostree, transactional }) => {
    if (container !== 'none' && container !== 'unknown')
      return blocked(`the host is a container (${container})`, 'Run this on the host that it lives on.');
    if (xen === 'dom0' || xen === 'domU') return blocked(`the host is under Xen (${xen})`, 'There xen-pciback has devices for guests.');
    if (etcBy !== undefined) return blocked(`${etcBy} makes /etc on this host`, `Name the devices in the configuration of ${etcBy}.`);
    if (ostree === undefined && transactional === undefined) return undefined;
    return blocked(
      'the system on this host is changed in transactions',
      'Bind the devices by kernel arguments (vfio-pci.ids) with its own tool.',
    );
  },
);

/** Which layer of the IOMMU is missing; undefined where guests can have devices. */
export function iommuObstacle({ iommu, words, interrupts }: PassthroughHost): Blocked | undefined {
  if (iommu.groups > 0) return interrupts;
  if (iommu.firmware === 'none')
    return blocked('the firmware offers no IOMMU (it has no table DMAR, IVRS or IORT)', 'Turn VT-d or AMD-Vi on in the firmware.');
  const off = words.find((word) => /^(intel_|amd_)?iommu=(\S*,)?off(,|$)/.test(word));
  if (off !== undefined)
    return blocked(`the kernel command line turns the IOMMU off (${off})`, 'Take it out with the task kernel.cmdline, and reboot.');
  const because = `the kernel does not use the IOMMU that the firmware offers (${iommu.firmware})`;
  if (iommu.firmware === 'DMAR' && !words.some((word) => /^intel_iommu=(\S*,)?on(,|$)/.test(word)))
    return blocked(because, 'Boot with intel_iommu=on, which the task kernel.cmdline can set.');
  return blocked(because, 'See what it logs about it (`journalctl -k`), and whether it was built with a driver for it.');
}

/** The devices at these addresses, or the first of them that cannot be passed through. */
export function wantedDevices({ devices }: PassthroughHost, addresses: readonly string[]): readonly PciDevice[] | Blocked {
  const found = addresses.map((address) => devices.find((device) => device.address === address) ?? address);
  const missing = found.find((device) => typeof device === 'string');
  if (missing !== undefined) return blocked(`there is no device ${missing}`, 'See `lspci -D` for what there is.');
  const wanted = found.filter((device) => typeof device !== 'string');
  const bridge = wanted.find((device) => isOfClass(device, '06'));
  if (bridge !== undefined) return blocked(`${sayDevice(bridge)} is a bridge`, 'Name the devices behind it; a bridge stays with the host.');
  const single = wanted.find(({ group }) => group === undefined);
  if (single !== undefined) return blocked(`${sayDevice(single)} has no IOMMU group`, 'Move the card to a slot that the IOMMU covers.');
  return wanted;
}

/** A group as people read it, with all that is in it. */
export function sayGroup({ devices }: PassthroughHost, group: string | undefined): string {
  return `IOMMU group ${group}: ${devices
    .filter((device) => device.group === group)
    .map(sayDevice)
    .join(', ')}`;
}

/** Groups with all that is in them, for later steps. */
export const GroupList = z.strictObject({
  groups: z
    .array(
      z.strictObject({
        number: z.string(),
        devices: z.array(z.strictObject({ address: z.string(), id: z.string(), class: z.string(), driver: z.string().nullable() })),
      }),
    )
    .describe('The IOMMU groups of the devices, each with all that is in it.'),
});

/** The groups of the devices at these addresses. */
export function groupsOf({ devices }: PassthroughHost, addresses: readonly string[]): z.output<typeof GroupList> {
  const numbers = devices.flatMap(({ address, group }) => (group !== undefined && addresses.includes(address) ? [group] : []));
  const members = (number: string) => devices.filter(({ group }) => group === number);
  return {
    groups: [...new Set(numbers)].map((number) => ({
      number,
      devices: members(number).map(({ address, id, class: kind, driver = null }) => ({ address, id, class: kind, driver })),
    })),
  };
}

/** The first device that the host has in a group of these. */
export function siblingOf(devices: readonly PciDevice[], wanted: readonly PciDevice[]): PciDevice | undefined {
  const groups = wanted.map(({ group }) => group);
  return devices.find((device) => groups.includes(device.group) && !wanted.includes(device) && isWithHost(device));
}

/** Why the groups of these devices cannot go to a guest. */
export function siblingObstacle(host: PassthroughHost, wanted: readonly PciDevice[]): Blocked | undefined {
  const sibling = siblingOf(host.devices, wanted);
  if (sibling === undefined) return undefined;
  return blocked(
    `${sayDevice(sibling)} is in the same group and stays with the host; ${sayGroup(host, sibling.group)}`,
    'Ask for it too where it may leave the host, or move the card to another slot. Do not split groups with pcie_acs_override.',
  );
}

/** What the host would miss. */
export function useObstacle({ uses }: PassthroughHost, wanted: readonly PciDevice[]): Blocked | undefined {
  const boot = wanted.find(({ isBootVga }) => isBootVga);
  if (boot !== undefined)
    return blocked(`${sayDevice(boot)} is the GPU of the boot console`, 'Make another GPU the first one in the firmware.');
  const used = wanted.map((device) => ({ device, by: usesOf(uses, device.address) })).find(({ by }) => by.length > 0);
  return used === undefined
    ? undefined
    : blocked(`${sayDevice(used.device)} is in use: ${used.by.join(', ')}`, 'End that first, then run again.');
}

/** Why modprobe.d cannot say it. */
export function modelObstacle({ config, devices, modules, vfio }: PassthroughHost, wanted: readonly PciDevice[]): Blocked | undefined {
  const { tool, conf, ids, rules } = config;
  if (vfio === 'built in')
    return blocked('vfio-pci is part of the kernel, so modprobe.d is not heard', 'Set vfio-pci.ids with kernel.cmdline.');
  const other = ids.find(({ source }) => source !== VFIO_CONF);
  if (other !== undefined)
    return blocked(`${other.source} has vfio_pci ids=${other.value}`, 'Add the models there, or take the option out: only one is heard.');
  const rule = rules.find(({ command }) => command !== undefined);
  if (rule !== undefined) return blocked(`${rule.place} has a command in place of vfio_pci`, 'Take it out there, then run again.');
  if (tool === undefined) return blocked('there is neither update-initramfs nor dracut', 'Install driverctl.');
  const odd = [conf, tool.found].some((found) => found !== undefined && found.image === undefined);
  if (odd) return blocked(`${VFIO_CONF} or ${tool.config} is no regular file`, 'Move it away first.');
  const fixed = wanted.find((device) => device.driver !== undefined && !isPassed(device) && !modules.has(device.address));
  if (fixed !== undefined)
    return blocked(`${sayDevice(fixed)} has a driver that is part of the kernel, which is always first`, 'Install driverctl.');
  const twin = devices.find((device) => !wanted.includes(device) && !isPassed(device) && wanted.some(({ id }) => id === device.id));
  if (twin === undefined) return undefined;
  return blocked(`${sayDevice(twin)} is of the same model, and modprobe.d knows models only`, 'Install driverctl, or ask for both.');
}
