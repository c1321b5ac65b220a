import { type Blocked, blocked } from '../../core/plan.ts';
import { type BlockDevices, whyBusy } from './block-devices.ts';
import { type AskedDisk, askedDisks, busOf, type Disk, type Disks, devOf, devOn, diskFor, disksOf, isFrom, newDisks } from './disks.ts';
import { listOf } from './wish.ts';
import { childOf, type XmlElement } from './xml.ts';

/** What is known beyond the definition. */
interface Around {
  readonly disks: Disks;
  /** How many I/O threads it will have. */
  readonly iothreads: number;
  readonly devices: BlockDevices | undefined;
  /** Definitions of the other domains, what they run with too, by name. */
  readonly others: readonly (readonly [string, XmlElement])[];
}

/** Why a definition's disks cannot be as wanted. */
export function objectionToDisks(name: string, root: XmlElement, around: Around): Blocked | undefined {
  const { disks } = around;
  const missing = listOf(disks).find(
    (one) => one.target !== undefined && one.source === undefined && diskFor(root, one) === undefined,
  )?.target;
  if (missing !== undefined) return blocked(`${name} has no disk ${missing}`, 'See `virsh domblklist` for its disks.');
  for (const asked of askedDisks(root, disks)) {
    const objection =
      objectionToDriver(name, asked, around.iothreads) ?? objectionToBus(name, root, asked) ?? objectionToSource(name, asked);
    if (objection !== undefined) return objection;
  }
  const wrongBus = newDisks(root, disks).find(({ target = '', bus }) => bus !== undefined && devOn(bus, target) !== target);
  if (wrongBus !== undefined) return wrongName(wrongBus);
  const sources = askedDisks(root, disks).flatMap(({ disk, want: { source } }) =>
    source === undefined || isFrom(disk, source) ? [] : source,
  );
  const added = newDisks(root, disks).flatMap(({ source }) => source ?? []);
  return [...sources, ...added].map((source) => objectionToDevice(name, root, { ...around, source })).find((one) => one !== undefined);
}

/** libvirt refuses io native where the page cache is in between, and I/O threads that the bus or the domain has not. */
function objectionToDriver(name: string, { disk, dev, want }: AskedDisk, iothreads: number): Blocked | undefined {
  const there = childOf(disk, 'driver')?.attributes;
  const cache = want.cache ?? there?.['cache'];
  const io = want.io ?? there?.['io'];
  if ((want.cache !== undefined || want.io !== undefined) && io === 'native' && cache !== 'none' && cache !== 'directsync') {
    return blocked(`${dev} has io native, which needs cache none or directsync`, 'Say cache: none too, or another io.');
  }
  if (want.iothread === undefined) return undefined;
  const bus = want.bus ?? busOf(disk);
  if (bus !== 'virtio') return blocked(`${dev} of ${name} is on ${bus}, which has no I/O threads`, 'Say bus: virtio too.');
  if (want.iothread <= iothreads) return undefined;
  return blocked(`${name} has ${iothreads} I/O threads, and ${dev} was to have thread ${want.iothread}`, 'Say iothreads too.');
}

function objectionToBus(name: string, root: XmlElement, { disk, dev, want }: AskedDisk): Blocked | undefined {
  const { bus } = want;
  if (bus === undefined || busOf(disk) === bus) return undefined;
  if (want.guest_ready !== true) {
    return blocked(
      `${dev} of ${name} is on ${busOf(disk)}, and a guest that lacks the driver or names its disks would not boot from ${bus}`,
      'Prepare the guest, then say guest_ready: true.',
    );
  }
  if (want.target !== undefined && devOn(bus, want.target) !== want.target) return wrongName(want);
  const next = devOn(bus, dev);
  if (disk.attributes['device'] === 'lun') return blocked(`${dev} of ${name} is a LUN with its own bus`, 'Change it with `virsh edit`.');
  if (!disksOf(root).some((other) => other !== disk && devOf(other) === next)) return undefined;
  return blocked(`${dev} of ${name} would be ${next}, which is another disk`, 'Rename one with `virsh edit`.');
}

function wrongName({ target, bus }: Disk): Blocked {
  return blocked(`${target} is no name of a disk on ${bus}`, 'Disks on virtio are vda, vdb and so on, on sata sda.');
}

/** Layers below a disk, keys and reservations belong to the source that it has. */
function objectionToSource(name: string, { disk, dev, want }: AskedDisk): Blocked | undefined {
  if (want.source === undefined || isFrom(disk, want.source)) return undefined;
  const layers = (childOf(disk, 'backingStore')?.children.length ?? 0) + (childOf(disk, 'source')?.children.length ?? 0);
  if (layers === 0 && childOf(disk, 'encryption') === undefined && childOf(disk, 'mirror') === undefined) return undefined;
  return blocked(`${dev} of ${name} has a source with layers or settings of its own`, 'Change it with `virsh edit`.');
}

function objectionToDevice(name: string, root: XmlElement, { source, devices, others }: Around & { source: string }): Blocked | undefined {
  if (devices === undefined) return undefined;
  const busy = whyBusy(devices, source);
  if (busy !== undefined) return blocked(`${source} ${busy}`, 'A guest may only have a block device that nothing else uses.');
  const device = devices.resolve(source);
  const uses = (domain: XmlElement) =>
    disksOf(domain).some((disk) => devices.resolve(childOf(disk, 'source')?.attributes['dev'] ?? '') === device);
  const other = others.find(([, domain]) => uses(domain))?.[0] ?? (uses(root) ? `${name} already` : undefined);
  return other === undefined ? undefined : blocked(`${source} is a disk of ${other}`, 'Two users of a device destroy what is on it.');
}
