import * as z from 'zod';
import { given, listOf, standing, type Unmet, unmetBy } from './wish.ts';
import { childOf, childrenOf, type XmlElement } from './xml.ts';
import { attributesSet, childWith, type NewElement, type XmlAttributes, type XmlEdit } from './xml-edit.ts';

const Disk = z
  .strictObject({
    target: z
      .string()
      .regex(/^(sd|vd|hd)[a-z]{1,3}$/)
      .optional()
      .describe(
        'Which disk, by its name in the definition; with bus by the name that it gets. Without it all, but no CD and floppy drives.',
      ),
    cache: z.enum(['default', 'none', 'writethrough', 'writeback', 'directsync']).optional().describe('The use of the page cache.'),
    io: z.enum(['threads', 'native', 'io_uring']).optional().describe('native needs cache none or directsync.'),
    discard: z.enum(['unmap', 'ignore']).optional().describe('Whether what the guest frees is given back.'),
    iothread: z.int().min(1).max(64).optional().describe('The I/O thread that serves it; virtio only.'),
    bus: z.enum(['virtio', 'sata']).optional().describe('How the guest sees it. The name follows: vda on virtio, sda on sata.'),
    guest_ready: z
      .literal(true)
      .optional()
      .describe('Said by you: the guest has the driver of the new bus, and names no disk as /dev/sda. Needed to change the bus.'),
    source: z
      .string()
      .regex(/^\/dev\/[\w./:+@-]+$/)
      .refine((path) => !path.includes('/../') && !path.endsWith('/'), 'write it without ..')
      .optional()
      .describe(
        'The block device of the host that it is, raw; best one of /dev/disk/by-id. Needs target, which is added if it is not there.',
      ),
  })
  .refine(({ target: _, guest_ready: __, ...rest }) => Object.keys(rest).length > 0, 'say cache, io, discard, iothread, bus or source')
  .refine(({ target, source }) => source === undefined || target !== undefined, 'source needs target');
export const Disks = z.union([Disk, z.array(Disk).min(1)]);
export type Disks = z.output<typeof Disks>;
export type Disk = z.output<typeof Disk>;

/** A disk of a definition with all that is asked of it; of two wishes the later holds. */
export interface AskedDisk {
  readonly disk: XmlElement;
  readonly dev: string;
  readonly want: Disk;
}

/** The block devices that are asked for. */
export function sourcesIn(disks: Disks | undefined): readonly string[] {
  return [...new Set(listOf(disks).flatMap(({ source }) => source ?? []))];
}

/** All disks of a definition, but no CD and floppy drives, each with what is asked of it. */
export function askedDisks(root: XmlElement, disks: Disks): readonly AskedDisk[] {
  const all = disksOf(root).filter(({ attributes: { device = 'disk' } }) => device === 'disk' || device === 'lun');
  return all.map((disk) => {
    const own = listOf(disks).filter((one) => one.target === undefined || diskFor(root, one) === disk);
    return { disk, dev: devOf(disk) ?? 'disk', want: Object.assign({}, ...own) };
  });
}

/** The disk that a wish names: by its name, or by the one that it has on the bus of before. */
export function diskFor(root: XmlElement, { target = '', bus }: Disk): XmlElement | undefined {
  const all = disksOf(root);
  const named = all.find((disk) => devOf(disk) === target);
  if (named !== undefined || bus === undefined) return named;
  return all.find((disk) => devOf(disk)?.slice(2) === target.slice(2) && busOf(disk) !== bus);
}

/** Wishes for a block device under a name that no disk has yet. */
export function newDisks(root: XmlElement, disks: Disks): readonly Disk[] {
  return listOf(disks).filter((one) => one.source !== undefined && diskFor(root, one) === undefined);
}

export function unmetDisks(root: XmlElement, disks: Disks): readonly Unmet[] {
  const parent = childOf(root, 'devices') ?? root;
  const added = newDisks(root, disks).map(
    (one): Unmet => ({
      words: `no disk ${one.target}`,
      edits: [{ kind: 'add', parent, child: newDisk(one) }],
    }),
  );
  return [...askedDisks(root, disks).flatMap(unmetDisk), ...added];
}

function unmetDisk({ disk, dev, want }: AskedDisk): readonly Unmet[] {
  const moved = want.bus === undefined || busOf(disk) === want.bus ? [] : onBus(disk, dev, want.bus);
  const { source } = want;
  const replaced = source === undefined || isFrom(disk, source) ? [] : fromDevice(disk, source);
  return [
    ...unmetDriver(disk, dev, driverOf(want)),
    ...unmetBy(`${dev} bus ${busOf(disk) ?? 'unset'}`, moved),
    ...unmetBy(`${dev} source ${sourceOf(disk) ?? 'unset'}`, replaced),
  ];
}

function unmetDriver(disk: XmlElement, dev: string, attributes: XmlAttributes): readonly Unmet[] {
  const driver = childOf(disk, 'driver');
  const isNothing = driver === undefined && Object.values(attributes).every((value) => value === undefined);
  return isNothing ? [] : unmetBy(`${dev} ${standing(driver, attributes) || 'driver of virtio'}`, childWith(disk, 'driver', attributes));
}

/** Other buses have no I/O threads and queues, and another kind of address. */
function onBus(disk: XmlElement, dev: string, bus: 'virtio' | 'sata'): readonly XmlEdit[] {
  const target = childOf(disk, 'target');
  const addresses = childrenOf(disk, 'address').map((element): XmlEdit => ({ kind: 'remove', element }));
  return [...(target === undefined ? [] : attributesSet(target, { dev: devOn(bus, dev), bus })), ...addresses];
}

/** What names the source of before goes. */
function fromDevice(disk: XmlElement, source: string): readonly XmlEdit[] {
  const others = Object.fromEntries(Object.keys(childOf(disk, 'source')?.attributes ?? {}).map((key) => [key, undefined]));
  return [...attributesSet(disk, { type: 'block' }), ...childWith(disk, 'source', { ...others, dev: source })];
}

function newDisk(want: Disk): NewElement {
  const { target = '', source, bus } = want;
  return {
    name: 'disk',
    attributes: { type: 'block', device: 'disk' },
    children: [
      { name: 'driver', attributes: { name: 'qemu', ...driverOf(want) } },
      { name: 'source', attributes: { dev: source } },
      { name: 'target', attributes: { dev: target, bus: bus ?? busFor(target) } },
    ],
  };
}

function driverOf({ cache, io, discard, iothread, bus, source }: Disk): XmlAttributes {
  const thread = iothread === undefined ? undefined : String(iothread);
  const wanted = given({ type: source === undefined ? undefined : 'raw', cache, io, discard, iothread: thread });
  return bus === 'sata' ? { ...wanted, iothread: undefined, queues: undefined } : wanted;
}

/** The name on a bus: the letters stay. */
export function devOn(bus: 'virtio' | 'sata', dev: string): string {
  return `${bus === 'virtio' ? 'vd' : 'sd'}${dev.slice(2)}`;
}

function busFor(dev: string): string {
  if (dev.startsWith('vd')) return 'virtio';
  return dev.startsWith('hd') ? 'ide' : 'sata';
}

/** Whether a disk is that block device; both are named alike. */
export function isFrom(disk: XmlElement, source: string): boolean {
  return disk.attributes['type'] === 'block' && childOf(disk, 'source')?.attributes['dev'] === source;
}

/** What a disk is made of, in words. */
export function sourceOf(disk: XmlElement): string | undefined {
  const { file, dev, name, volume } = childOf(disk, 'source')?.attributes ?? {};
  return file ?? dev ?? name ?? volume;
}

export function disksOf(root: XmlElement): readonly XmlElement[] {
  return childrenOf(childOf(root, 'devices'), 'disk');
}

export function devOf(disk: XmlElement): string | undefined {
  return childOf(disk, 'target')?.attributes['dev'];
}

export function busOf(disk: XmlElement): string | undefined {
  return childOf(disk, 'target')?.attributes['bus'];
}
