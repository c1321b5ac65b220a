import { file, stat } from '../../core/file.ts';
import { type Blocked, blocked } from '../../core/plan.ts';
import { all, map, type Probe } from '../../core/probe.ts';
import { containerOf, generatedEtc } from '../host.ts';
import { orUnknown } from '../unknown.ts';

const VARIABLES = '/sys/firmware/efi/efivars';
const VENDOR = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f';

/** What a path's being there says of how the host boots, and where its kernel arguments are then. */
const OTHER_WAYS: readonly (readonly [path: string, what: string, hint: string])[] = [
  ['/run/ostree-booted', 'the host is booted from an ostree deployment', 'Set kernel arguments with `rpm-ostree kargs`.'],
  ['/usr/sbin/transactional-update', 'the host is updated in transactions', 'Set kernel arguments within `transactional-update`.'],
  [
    '/etc/kernel/proxmox-boot-uuids',
    'proxmox-boot-tool keeps the boot partitions',
    'Edit /etc/kernel/cmdline, then run `proxmox-boot-tool refresh`.',
  ],
  ['/etc/zipl.conf', 'the boot loader is zipl', 'Edit /etc/zipl.conf, then run `zipl`.'],
];

/** The same, where no menu of GRUB is there. */
const WITHOUT_GRUB: typeof OTHER_WAYS = [
  ['/boot/loader/loader.conf', 'the boot loader is systemd-boot', 'Set kernel arguments in /etc/kernel/cmdline.'],
  ['/boot/extlinux/extlinux.conf', 'the boot loader is extlinux', 'Set kernel arguments in its configuration.'],
  ['/boot/extlinux.conf', 'the boot loader is extlinux', 'Set kernel arguments in /etc/update-extlinux.conf, then run `update-extlinux`.'],
  ['/boot/firmware/cmdline.txt', 'the firmware boots the kernel itself', 'Set kernel arguments in /boot/firmware/cmdline.txt.'],
];

/** Why the kernel arguments of this host are not GRUB's matter; undefined where nothing says so. */
export function notGrubs(
  { container, etcBy, there, loader, stub }: BootSigns,
  { hasMenu }: { readonly hasMenu: boolean },
): Blocked | undefined {
  if (container !== 'none' && container !== 'unknown') {
    return blocked(`the host is a container (${container})`, 'Run this on the host that it lives on.');
  }
  if (etcBy !== undefined) return blocked(`${etcBy} makes /etc on this host`, `Set kernel arguments in the configuration of ${etcBy}.`);
  const other = OTHER_WAYS.find(([path]) => there.includes(path));
  if (other !== undefined) return blocked(`${other[1]} (${other[0]} is there)`, other[2]);
  if (stub !== undefined)
    return blocked(`a unified kernel image was booted (${stub})`, 'Its command line is within the image: build it anew.');
  if (loader?.startsWith('systemd-boot') === true) {
    return blocked(`the boot loader is not GRUB: ${loader}`, 'Set kernel arguments in /etc/kernel/cmdline.');
  }
  if (hasMenu) return undefined;
  const without = WITHOUT_GRUB.find(([path]) => there.includes(path));
  if (without !== undefined) return blocked(`${without[1]} (${without[0]} is there)`, without[2]);
  return blocked('there is no boot loader that we know', 'Set kernel arguments where the host is booted from, e.g. in its hypervisor.');
}

/** What is seen of how a host boots. */
export interface BootSigns {
  readonly container: string;
  readonly etcBy: string | undefined;
  /** Those of the telling paths that are there. */
  readonly there: readonly string[];
  /** As the loader and the stub of a unified kernel image name themselves (the Boot Loader Interface). */
  readonly loader: string | undefined;
  readonly stub: string | undefined;
}

const PATHS = [...OTHER_WAYS, ...WITHOUT_GRUB].map(([path]) => path);

/** Everything that tells how a host boots, but for GRUB's menu. */
export const bootSigns: Probe<BootSigns> = all<{ [K in keyof BootSigns]: BootSigns[K] }>({
  container: containerOf,
  etcBy: generatedEtc,
  there: map(all(Object.fromEntries(PATHS.map((path) => [path, orUnknown(stat(path))]))), (found: Record<string, unknown>) =>
    PATHS.filter((path) => found[path] !== undefined && found[path] !== 'unknown'),
  ),
  loader: efiText('LoaderInfo'),
  stub: efiText('StubInfo'),
});

/** A variable's text is UTF-16 after four bytes of attributes; what is plain of it is enough. */
function efiText(name: string): Probe<string | undefined> {
  return map(orUnknown(file(`${VARIABLES}/${name}-${VENDOR}`)), (text) =>
    text === undefined || text === 'unknown' ? undefined : text.slice(4).replaceAll(/[^\x20-\x7e]/g, ''),
  );
}
