import { DroverError } from '../../core/errors.ts';
import { file, glob, stat } from '../../core/file.ts';
import { all, command, map, type Probe, type Reading } from '../../core/probe.ts';
import { localAddresses } from '../network.ts';
import { type GuestDevices, guestDevices } from './guest-devices.ts';
import { sriov } from './pci.ts';

/** Something that the host, or a guest, would miss if a device went. */
interface DeviceUse {
  /** The device, or a path of sysfs on which it stands. */
  readonly path: string;
  /** E.g. `vda1 is mounted at /`. */
  readonly what: string;
}

/** A link of sysfs or /dev: its path, and where it leads. */
interface Tie {
  readonly path: string;
  readonly name: string;
  readonly to: string;
}

const FOLDERS = [
  ...['net', 'block', 'drm', 'graphics'].map((kind) => `/sys/class/${kind}`),
  ...['id', 'path', 'uuid', 'partuuid'].map((by) => `/dev/disk/by-${by}`),
];

/** What hangs on the host's devices, and which disks are meant by which names: links lead there, and only find tells where. */
const ties: Probe<readonly Tie[]> = map(
  command('find', ...FOLDERS, '-mindepth', '1', '-maxdepth', '1', '-type', 'l', '-printf', '%p %l\\n'),
  (answer) => understood(answer).map(([path = '', to = '']) => ({ path, name: baseName(path), to })),
);

function understood({ stdout, stderr }: Reading): readonly (readonly string[])[] {
  // A host need not have all of these folders.
  const trouble = stderr.split('\n').find((line) => line !== '' && !line.endsWith('No such file or directory'));
  if (trouble !== undefined) throw new DroverError('STATE_UNREADABLE', `what uses devices: ${trouble}`);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ')]));
}

/** Everything that uses devices of the host. */
export const deviceUses: Probe<readonly DeviceUse[]> = map(
  all({
    ties,
    disks: diskUses(),
    links: linkUses(),
    outputs: glob('/sys/class/drm/*/enabled'),
    sriov,
    guests: guestDevices,
  }),
  ({ ties, disks, links, outputs, sriov, guests }) => {
    const lit = new Set(outputs.filter(({ content }) => content.trim() === 'enabled').map(({ path }) => path.split('/').at(-2)));
    const found = ties.flatMap(({ path, name, to }) => {
      const says = (...words: readonly string[]): readonly DeviceUse[] => words.map((what) => ({ path: to, what: `${name} ${what}` }));
      if (path.startsWith('/sys/class/net/')) return says(...(links.get(name) ?? []));
      if (path.startsWith('/sys/class/block/')) return says(...(disks.get(name) ?? []), ...guestDisk(name, ties, guests));
      if (path.startsWith('/sys/class/drm/')) return lit.has(name) ? says('shows a picture') : [];
      return name === 'fb0' ? says('is the framebuffer of the console') : [];
    });
    const functions = sriov
      .filter(({ active }) => active > 0)
      .map(({ address, active }) => ({ path: address, what: `${active} of its virtual functions are there` }));
    const passed = guests.flatMap(({ guest, pci }) => pci.map((address) => ({ path: address, what: `the guest ${guest} runs with it` })));
    return [...found, ...functions, ...passed];
  },
);

/** What uses the device at a PCI address, or something behind it. */
export function usesOf(uses: readonly DeviceUse[], address: string): readonly string[] {
  return [...new Set(uses.filter(({ path }) => path.split('/').includes(address)).map(({ what }) => what))];
}

function guestDisk(name: string, ties: readonly Tie[], guests: readonly GuestDevices[]): readonly string[] {
  const paths = [
    `/dev/${name}`,
    ...ties.filter(({ path, to }) => path.startsWith('/dev/') && baseName(to) === name).map(({ path }) => path),
  ];
  return guests.filter(({ disks }) => disks.some((disk) => paths.includes(disk))).map(({ guest }) => `is a disk of the guest ${guest}`);
}

/** By the names of block devices, what they are used for. */
function diskUses(): Probe<ReadonlyMap<string, readonly string[]>> {
  const parts = all({
    numbers: glob('/sys/class/block/*/dev'),
    holders: glob('/sys/class/block/*/holders/*/dev'),
    btrfs: glob('/sys/fs/btrfs/*/devices/*/dev'),
    zfs: stat('/sys/module/zfs'),
    mounts: file('/proc/self/mountinfo'),
    swaps: file('/proc/swaps'),
  });
  return map(parts, ({ numbers, holders, btrfs, zfs, mounts = '', swaps = '' }) => {
    const mounted = mounts.split('\n').map((line) => line.split(' '));
    const swap = swaps.split('\n').map((line) => baseName(line.split(/\s/)[0] ?? ''));
    const names = numbers.map(({ path, content }) => [path.split('/').at(-2) ?? '', content.trim()] as const);
    return new Map(
      names.map(([name, number]) => [
        name,
        [
          // mountinfo of proc_pid_mountinfo(5): device number and mount point; behind the dash type and source.
          ...mounted.filter((words) => words[2] === number || words.at(-2) === `/dev/${name}`).map((words) => `is mounted at ${words[4]}`),
          ...(swap.includes(name) ? ['is swap'] : []),
          ...holders.filter(({ path }) => path.split('/')[4] === name).map(({ path }) => `is part of ${path.split('/').at(-2)}`),
          ...(btrfs.some(({ path }) => path.split('/').at(-2) === name) ? ['is part of a btrfs'] : []),
          // ZFS tells nobody in sysfs which disks it has.
          ...(zfs === undefined ? [] : ['may be part of a pool of ZFS']),
        ],
      ]),
    );
  });
}

/** By the names of network links, what they are used for. */
function linkUses(): Probe<ReadonlyMap<string, readonly string[]>> {
  return map(all({ addresses: localAddresses, uppers: glob('/sys/class/net/*/upper_*/ifindex') }), ({ addresses, uppers }) => {
    const said = [
      ...addresses.map(({ link, address }) => [link, `has the address ${address}`] as const),
      ...uppers.map(({ path }) => {
        const [, , , , link = '', upper = ''] = path.split('/');
        return [link, `is part of ${upper.slice('upper_'.length)}`] as const;
      }),
    ];
    return new Map(said.map(([link]) => [link, said.filter(([other]) => other === link).map(([, what]) => what)]));
  });
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
