import { dir, file, glob, stat } from '../../core/file.ts';
import { all, command, map, type Probe } from '../../core/probe.ts';
import { containerOf } from '../host.ts';
import { orUnknown } from '../unknown.ts';

/** Whether a boot is due on a host, and what it would stop. */
export interface BootState {
  readonly container: string;
  /** The kernel that runs, and those that are installed, by the names of their folders of modules. */
  readonly kernel: string;
  readonly installed: readonly string[];
  /** Packages that asked for a reboot (Debian's /run/reboot-required); undefined where none did. */
  readonly required: readonly string[] | undefined;
  /** When the host was booted, in seconds since 1970. */
  readonly bootedAt: number | undefined;
  /** Guests of libvirt that run, and whether they outlast their end. */
  readonly guests: readonly { readonly name: string; readonly isPersistent: boolean }[];
}

/** The state files of libvirt's guests that run: they are there while its daemon sleeps, too. */
const runningGuests: Probe<readonly string[]> = map(orUnknown(glob('/run/libvirt/qemu/*.xml')), (found) =>
  found === 'unknown' ? [] : found.map(({ path }) => path),
);

/** What changes with every boot of what is asked here, beside files. */
export const BOOT_COMMANDS = ['command uname *', 'command grep -m 1 ^btime /proc/stat'];

/** Everything that tells whether a boot is due. */
export const bootState: Probe<BootState> = map(
  all({
    container: containerOf,
    uname: command('uname', '-r'),
    installed: dir('/lib/modules'),
    mark: stat('/run/reboot-required'),
    packages: file('/run/reboot-required.pkgs'),
    btime: command('grep', '-m', '1', '^btime', '/proc/stat'),
    running: runningGuests,
    defined: orUnknown(glob('/etc/libvirt/qemu/*.xml')),
  }),
  ({ container, uname, installed, mark, packages, btime, running, defined }) => {
    const persistent = new Set((defined === 'unknown' ? [] : defined).map(({ path }) => baseName(path)));
    const seconds = Number(/^btime (\d+)/.exec(btime.stdout)?.[1]);
    return {
      container,
      kernel: uname.stdout.trim(),
      installed: installed ?? [],
      required: mark === undefined ? undefined : [...new Set((packages ?? '').split('\n').filter((line) => line !== ''))],
      bootedAt: Number.isNaN(seconds) ? undefined : seconds,
      guests: running.map((path) => ({
        name: guestName(path),
        isPersistent: persistent.has(baseName(path)),
      })),
    };
  },
);

/** The newest installed kernel of the running one's kind, where that is not the running one: names of a kind differ in numbers alone. */
export function newerKernel({ kernel, installed }: BootState): string | undefined {
  const kind = (name: string): string => name.replaceAll(/\d+/g, '#');
  const newest = installed
    .filter((name) => kind(name) === kind(kernel))
    .sort(byNumbers)
    .at(-1);
  return newest === undefined || byNumbers(newest, kernel) <= 0 ? undefined : newest;
}

function byNumbers(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => (name.match(/\d+/g) ?? []).map(Number));
  const at = (left ?? []).findIndex((number, i) => number !== right?.[i]);
  return at < 0 ? 0 : (left?.[at] ?? 0) - (right?.[at] ?? 0);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The guest that a file of libvirt is about. */
export function guestName(path: string): string {
  return baseName(path).slice(0, -'.xml'.length);
}
