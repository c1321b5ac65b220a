import { DroverError } from '../../core/errors.ts';
import { all, command, map, type Probe, type Reading } from '../../core/probe.ts';

interface Device {
  readonly name: string;
  readonly parent: string;
  readonly type: string;
  readonly holds: string;
  readonly mounted: string;
}

/** The block devices of a host, and the names that lead to them. */
export interface BlockDevices {
  readonly list: readonly Device[];
  /** Where the links of a path lead to. */
  readonly resolve: (path: string) => string;
}

/** The kernel's devices, what they hold and where they are mounted, and the links of udev and LVM. */
export const blockDevices: Probe<BlockDevices> = map(
  all({
    list: command('lsblk', '--json', '--list', '--output', 'KNAME,PKNAME,TYPE,FSTYPE,MOUNTPOINT'),
    links: command('find', '/dev', '-xdev', '-type', 'l', '-printf', '%p\\t%l\\n'),
  }),
  ({ list, links }) => {
    const byPath = new Map(links.stdout.split('\n').map((line) => line.split('\t') as [string, string]));
    return { list: devicesIn(list), resolve: (path) => resolved(path, byPath) };
  },
);

function devicesIn({ status, stdout, stderr }: Reading): readonly Device[] {
  try {
    const { blockdevices }: { blockdevices: readonly Readonly<Record<string, string | null>>[] } = JSON.parse(stdout);
    return blockdevices.map((one) => ({
      name: one['kname'] ?? '',
      parent: one['pkname'] ?? '',
      type: one['type'] ?? '',
      holds: one['fstype'] ?? '',
      mounted: one['mountpoint'] ?? '',
    }));
  } catch (cause) {
    // It says so with a status where the host has no block device at all.
    if (stdout.trim() === '' && stderr.trim() === '' && status !== 127) return [];
    throw new DroverError('STATE_UNREADABLE', `lsblk: ${stderr.trim() || `status ${status}`}`, { cause });
  }
}

/** Links are followed a bounded number of times, as the kernel does. */
function resolved(path: string, links: ReadonlyMap<string, string>): string {
  let at = path;
  for (let steps = 0; steps < 40; steps += 1) {
    const to = links.get(at);
    if (to === undefined) return at;
    at = normal(to.startsWith('/') ? to : `${at.slice(0, at.lastIndexOf('/'))}/${to}`);
  }
  return at;
}

function normal(path: string): string {
  return path.split('/').reduce((done, name) => {
    if (name === '' || name === '.') return done;
    return name === '..' ? done.slice(0, Math.max(0, done.lastIndexOf('/'))) : `${done}/${name}`;
  }, '');
}

/** Why a device must not be given to a guest; undefined where nothing on the host uses it. */
export function whyBusy({ list, resolve }: BlockDevices, path: string): string | undefined {
  const name = resolve(path).replace(/^\/dev\//, '');
  const own = list.filter((one) => one.name === name);
  const [device] = own;
  if (device === undefined) return 'is no block device of the host';
  if (device.type === 'rom') return 'is a CD drive';
  const below = belowOf(list, name);
  const mounted = [...own, ...below].find((one) => one.mounted !== '');
  if (mounted !== undefined) return mounted.mounted === '[SWAP]' ? 'is swap space of the host' : `is mounted on ${mounted.mounted}`;
  // A partition is no user yet; what is built upon it is.
  const holder = below.find(({ type }) => type !== 'part');
  if (holder !== undefined) return `is held by ${holder.name} (${holder.type})`;
  // A member of a volume group or of a RAID that is not started.
  const member = [...own, ...below].find(({ holds }) => /_member$/i.test(holds));
  return member === undefined ? undefined : `holds a part of something larger (${member.holds})`;
}

function belowOf(list: readonly Device[], name: string, seen: readonly string[] = []): readonly Device[] {
  const children = list.filter(({ parent, name: own }) => parent === name && !seen.includes(own));
  return children.flatMap((child) => [child, ...belowOf(list, child.name, [...seen, name])]);
}
