import { file, glob, stat } from '../../core/file.ts';
import type { Blocked } from '../../core/plan.ts';
import { all, constant, map, type Probe } from '../../core/probe.ts';
import { interruptObstacle } from '../pci/interrupts.ts';
import { type PciDeviceAt, pciDeviceAt } from '../pci/pci.ts';
import { type BlockDevices, blockDevices } from './block-devices.ts';
import { sourcesIn } from './disks.ts';
import { type HostPages, kibIn } from './memory.ts';
import { bridgesIn } from './nics.ts';
import type { DomainSettings } from './settings.ts';
import { readXml, type XmlElement } from './xml.ts';

/** What of the host the settings need to be there; only that which they ask for is read. */
export interface HostFacts {
  readonly bridges: Readonly<Record<string, boolean>>;
  readonly pci: Readonly<Record<string, PciDeviceAt>>;
  /** Why no guest could start with a device of the host. */
  readonly interrupts: Blocked | undefined;
  readonly devices: BlockDevices | undefined;
  readonly pages: HostPages | undefined;
  /** As the kernel lists CPUs: 0-3. */
  readonly online: string;
  readonly domains: readonly HostDomain[];
}

/** One definition of any domain of the host: what its next start reads, or what it runs with. */
export interface HostDomain {
  readonly name: string;
  readonly runs: boolean;
  readonly root: XmlElement;
}

export function hostFacts({ nic, disk, hostdev, hugepages, pins }: DomainSettings): Probe<HostFacts> {
  const needsOthers = hostdev !== undefined || sourcesIn(disk).length > 0;
  return all<{ [K in keyof HostFacts]: HostFacts[K] }>({
    bridges: byName(bridgesIn(nic), (name) => map(stat(`/sys/class/net/${name}/bridge`), (found) => found !== undefined)),
    pci: byName(hostdev ?? [], pciDeviceAt),
    interrupts: hostdev === undefined ? constant(undefined) : interruptObstacle,
    devices: sourcesIn(disk).length > 0 ? blockDevices : constant(undefined),
    pages: hugepages === undefined ? constant(undefined) : hostPages,
    online: pins === undefined ? constant('') : map(file('/sys/devices/system/cpu/online'), (text) => text ?? ''),
    domains: needsOthers ? hostDomains : constant([]),
  });
}

function byName<T>(names: readonly string[], probe: (name: string) => Probe<T>): Probe<Readonly<Record<string, T>>> {
  return all(Object.fromEntries(names.map((name) => [name, probe(name)])));
}

/** Free pages that a start was promised are counted off. A mount that does not say its size, as on older kernels, may have any. */
const hostPages: Probe<HostPages> = map(
  all({
    free: glob('/sys/kernel/mm/hugepages/hugepages-*/free_hugepages'),
    promised: glob('/sys/kernel/mm/hugepages/hugepages-*/resv_hugepages'),
    mounts: file('/proc/mounts'),
  }),
  ({ free, promised, mounts = '' }) => {
    const counts = (files: typeof free) => files.map(({ path, content }) => [pageSize(path), Number(content)] as const);
    const taken = new Map(counts(promised));
    const left = new Map(counts(free).map(([size, count]) => [size, count - (taken.get(size) ?? 0)]));
    return {
      free: left,
      mounted: new Set([...left.keys()].filter((size) => mountSizes(mounts).some((one) => one === size || one === 'any'))),
    };
  },
);

function mountSizes(mounts: string): readonly (number | 'any')[] {
  const ours = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'hugetlbfs');
  return ours.map(([, , , options = '']) => {
    const [, number, unit] = /(?:^|,)pagesize=(\d+)([KMG])/.exec(options) ?? [];
    return number === undefined ? 'any' : (kibIn(number, unit) ?? 0);
  });
}

function pageSize(path: string): number {
  return Number(/hugepages-(\d+)kB/.exec(path)?.[1] ?? 0);
}

const hostDomains: Probe<readonly HostDomain[]> = map(
  all({ defined: glob('/etc/libvirt/qemu/*.xml'), running: glob('/run/libvirt/qemu/*.xml') }),
  ({ defined, running }) => [
    ...defined.flatMap(({ path, content }) => asDomain({ path, content, runs: false })),
    ...running.flatMap(({ path, content }) => asDomain({ path, content, runs: true })),
  ],
);

/** One that cannot be read is none that we would change; its disks are unknown to libvirt too. */
function asDomain({ path, content, runs }: { path: string; content: string; runs: boolean }): readonly HostDomain[] {
  const read = readXml(content);
  const root = read.ok && runs ? read.root.children.find((child) => child.name === 'domain') : read.ok ? read.root : undefined;
  return root === undefined ? [] : [{ name: path.slice(path.lastIndexOf('/') + 1, -'.xml'.length), runs, root }];
}
