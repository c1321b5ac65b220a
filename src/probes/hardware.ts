import { dir, glob, stat } from '../core/file.ts';
import { all, command, commandIf, map, type Probe, type Reading } from '../core/probe.ts';
import { orUnknown } from './unknown.ts';

/**
 * How the kernel's log speaks of virtualization that the firmware has turned off, over all releases since 2.6. `disabled by BIOS`, in
 * capitals, it says of SGX too.
 */
const FIRMWARE_OFF = '(VMX|SVM|kvm).*(disabled|not (fully )?enabled).*(bios|BIOS)|disabled by bios';

/** How it says on Arm that the firmware has started it where there is no room for a hypervisor (below EL2). */
const NO_EL2 = 'HYP mode not available';

/** What the firmware has left the kernel of the CPU's virtualization. */
export interface Firmware {
  readonly isOff: boolean | 'unknown';
  readonly isBelowEl2: boolean;
}

/** Whether the firmware has turned the CPU's extension off: by the CPU's own register where it can be read, else as the kernel logged it at boot. */
export const firmware: Probe<Firmware> = map(
  all({
    journal: command('journalctl', '-k', '-b', '-q', '-o', 'cat', '--no-pager', '--grep', `${FIRMWARE_OFF}|${NO_EL2}`),
    // Where there is no journal. Elsewhere it would only send the whole log over the wire.
    ring: commandIf('/run/openrc', 'dmesg'),
    intel: register('0x3a'),
    amd: register('0xc0010114'),
  }),
  ({ journal, ring, intel, amd }) => {
    const log = `${journal.stdout}\n${ring.stdout}`;
    const isRead = journal.status === 0 || isSilent(journal) || ring.status === 0;
    const logged = new RegExp(FIRMWARE_OFF).test(log) || (isRead ? false : 'unknown');
    return { isOff: ofRegisters(intel, amd) ?? logged, isBelowEl2: log.includes(NO_EL2) };
  },
);

/** A register of the first CPU. Only where the module msr is loaded already: a look loads none. */
function register(address: string): Probe<bigint | undefined> {
  return map(commandIf('/dev/cpu/0/msr', 'rdmsr', '-p', '0', address), ({ status, stdout }) =>
    status === 0 && /^[\da-f]+$/i.test(stdout.trim()) ? BigInt(`0x${stdout.trim()}`) : undefined,
  );
}

/** IA32_FEATURE_CONTROL: locked (bit 0) without VMX outside of SMX (bit 2). VM_CR of AMD: SVMDIS (bit 4). A CPU has one of the two. */
function ofRegisters(intel: bigint | undefined, amd: bigint | undefined): boolean | undefined {
  if (intel !== undefined) return (intel & 5n) === 1n;
  return amd === undefined ? undefined : (amd & 16n) !== 0n;
}

/** journalctl has status 1 and says nothing where no line fits; where it may not look, it says so. */
function isSilent({ status, stdout, stderr }: Reading): boolean {
  return status <= 1 && stdout === '' && stderr === '';
}

/** What stands between devices and memory. */
export interface Iommu {
  /** The firmware's table that describes one: DMAR (Intel), IVRS (AMD), IORT (Arm). */
  readonly firmware: string;
  readonly groups: number;
  /** How most of the groups are set up: identity with iommu=pt, else DMA or DMA-FQ. `unknown` before Linux 5.11. */
  readonly domain: string;
}

/** The IOMMU as firmware offers it and as the kernel uses it: groups are the criterion, as for libvirt. */
export const iommu: Probe<Iommu> = map(
  all({
    tables: orUnknown(dir('/sys/firmware/acpi/tables')),
    groups: orUnknown(dir('/sys/kernel/iommu_groups')),
    types: orUnknown(glob('/sys/kernel/iommu_groups/*/type')),
  }),
  ({ tables, groups, types }) => ({
    firmware: tables === 'unknown' ? tables : (['DMAR', 'IVRS', 'IORT'].find((table) => tables?.includes(table)) ?? 'none'),
    groups: groups === 'unknown' ? 0 : (groups?.length ?? 0),
    domain: types === 'unknown' ? types : mostFrequent(types.map(({ content }) => content.trim())),
  }),
);

function mostFrequent(words: readonly string[]): string {
  const count = (word: string): number => words.filter((other) => other === word).length;
  return [...new Set(words)].sort((a, b) => count(b) - count(a))[0] ?? 'unknown';
}

const LOADERS = {
  grub: '/boot/grub/grub.cfg',
  grub2: '/boot/grub2/grub.cfg',
  'systemd-boot': '/boot/loader/loader.conf',
  extlinux: '/boot/extlinux.conf',
  zipl: '/etc/zipl.conf',
} as const;

/** The boot loader whose files are there, and the firmware that starts it. */
export const bootLoader: Probe<{ readonly loader: string; readonly firmware: 'uefi' | 'bios' | 'other' }> = map(
  all({
    efi: stat('/sys/firmware/efi'),
    dmi: stat('/sys/class/dmi/id'),
    loaders: all<Record<string, unknown>>(Object.fromEntries(Object.entries(LOADERS).map(([name, path]) => [name, orUnknown(stat(path))]))),
  }),
  ({ efi, dmi, loaders }) => {
    const there = Object.entries(loaders).filter(([, found]) => found !== undefined);
    const loader = there.find(([, found]) => found !== 'unknown')?.[0] ?? (there.length > 0 ? 'unknown' : 'none');
    return { loader, firmware: efi !== undefined ? 'uefi' : dmi !== undefined ? 'bios' : 'other' };
  },
);

/** Whether Docker is there, and runs; told without asking it. */
export const dockerPresence: Probe<'absent' | 'stopped' | 'running'> = map(
  all({ pid: stat('/run/docker.pid'), upstream: stat('/usr/bin/dockerd'), debian: stat('/usr/sbin/dockerd') }),
  ({ pid, upstream, debian }) => {
    if (pid !== undefined) return 'running';
    return upstream === undefined && debian === undefined ? 'absent' : 'stopped';
  },
);
