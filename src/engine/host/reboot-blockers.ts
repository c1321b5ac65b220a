import { DroverError } from '../../core/errors.ts';
import { dir, file, glob, stat } from '../../core/file.ts';
import { all, command, map, type Probe, type Reading, recover } from '../../core/probe.ts';

/** What speaks against a reboot now, in words; guests apart, for they can be shut down. */
export interface RebootBlockers {
  readonly guests: readonly string[];
  readonly others: readonly string[];
}

/**
 * Programs that install or remove packages; a reboot in between leaves half of one. Not `unattended-upgr`: on Ubuntu a process
 * of that name always waits, and what it starts has another.
 */
const PACKAGE_MANAGERS =
  'dpkg|apt|apt-get|aptitude|rpm|yum|dnf|dnf5|microdnf|zypper|pacman|apk|update-initramf|dracut|grub-mkconfig|grub2-mkconfig';

/** Everything that is asked before a reboot. What cannot be asked on a host says nothing against it. */
export const rebootBlockers: Probe<RebootBlockers> = map(
  all({
    inhibitors: map(
      // Not systemd-inhibit --list, whose columns are cut at 80 signs and were no columns before systemd 240.
      command('busctl', 'call', 'org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager', 'ListInhibitors'),
      ({ stdout }) => blockInhibitors(stdout),
    ),
    packaging: map(command('pgrep', '-l', '-x', PACKAGE_MANAGERS), packagingIn),
    kexec: orNothing(file('/sys/kernel/kexec_loaded')),
    scheduled: orNothing(stat('/run/systemd/shutdown/scheduled')),
    // libvirt keeps the state of each guest that runs there (its drivers' stateDir), also while its daemon sleeps.
    guests: map(
      all({ qemu: orNothing(glob('/run/libvirt/qemu/*.xml')), lxc: orNothing(glob('/run/libvirt/lxc/*.xml')) }),
      ({ qemu, lxc }) => [...(qemu ?? []), ...(lxc ?? [])].map(({ path }) => path.slice(path.lastIndexOf('/') + 1, -'.xml'.length)),
    ),
    saved: map(orNothing(dir('/var/lib/libvirt/qemu/save')), (names) =>
      (names ?? []).flatMap((name) => (name.endsWith('.save') ? [name.slice(0, -'.save'.length)] : [])),
    ),
    kvm: map(
      all({ amd: orNothing(file('/sys/module/kvm_amd/refcnt')), intel: orNothing(file('/sys/module/kvm_intel/refcnt')) }),
      ({ amd, intel }) => Number(amd ?? 0) + Number(intel ?? 0) > 0,
    ),
  }),
  ({ inhibitors, packaging, kexec, scheduled, guests, saved, kvm }) => ({
    guests:
      guests.length > 0
        ? [`guests run: ${guests.join(', ')}`]
        : kvm
          ? ['something other than libvirt runs a guest (/dev/kvm is in use)']
          : [],
    others: [
      ...inhibitors,
      ...packaging,
      ...(kexec?.trim() === '1' ? ['a kernel is loaded for kexec, so the reboot would not go through the boot loader'] : []),
      ...(scheduled === undefined ? [] : ['a shutdown is scheduled already']),
      // With another kernel, or other arguments, the CPU that it was saved on may be no more.
      ...saved.map((name) => `${name} has a managed save image, which would be resumed on what it was saved on`),
    ],
  }),
);

/** An array of (what, who, why, mode, uid, pid), org.freedesktop.login1(5), as busctl prints it: strings in quotes, C escapes inside. */
function blockInhibitors(text: string): readonly string[] {
  const entries = text.matchAll(/"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)" \d+ (\d+)/g);
  return [...entries].flatMap(([, what = '', who, why, mode, pid]) =>
    what.split(':').includes('shutdown') && mode === 'block' ? [`${who} (process ${pid}) inhibits a shutdown: ${why}`] : [],
  );
}

function packagingIn({ stdout }: Reading): readonly string[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split(' ')).map(([pid, name]) => `packages are being worked on: ${name} (process ${pid})`);
}

function orNothing<T>(probe: Probe<T>): Probe<T | undefined> {
  return recover<T | undefined>(probe, (error) => {
    if (error instanceof DroverError) return undefined;
    throw error;
  });
}
