import { type FileImage, type FileMeta, file, fileImage, glob } from '../../core/file.ts';
import { type Blocked, blocked } from '../../core/plan.ts';
import { ABSENT, all, map, type Probe, type Reading, type Readings } from '../../core/probe.ts';
import { kernelArguments, xenRole } from '../kernel.ts';
import { editWords, findWords, type WantedWords } from '../kernel-words.ts';
import { type BlsEntry, blsEntries } from './bls.ts';
import { type BootSigns, bootSigns } from './boot-way.ts';
import { GRUB_DEFAULTS, GRUB_DROP_IN } from './grub-cmdline.ts';
import type { DefaultsFile } from './grub-defaults.ts';
import { grubMenu, isBls, type Menu, menuLines } from './grub-menu.ts';

type Found = { readonly meta: FileMeta; readonly image?: FileImage } | undefined;

/** The three layers of a host's kernel arguments: what the next menu will be made of, what the menu says, what was booted. */
export interface CmdlineHost {
  readonly signs: BootSigns;
  readonly menu: Menu | undefined;
  /** /etc/default/grub, our drop-in, and what feeds the entries of kernels to come. */
  readonly defaults: Found;
  readonly own: Found;
  readonly kernelCmdline: Found;
  /** The other files that grub-mkconfig reads, where it reads such. */
  readonly dropIns: readonly DefaultsFile[] | undefined;
  readonly entries: readonly BlsEntry[];
  readonly live: readonly string[];
  readonly xen: 'dom0' | 'domU' | 'none' | 'unknown';
}

export const KERNEL_CMDLINE = '/etc/kernel/cmdline';

/** Everything about kernel arguments and what they come from. */
export const cmdlineHost: Probe<CmdlineHost> = map(
  all({
    signs: bootSigns,
    menu: grubMenu,
    defaults: fileImage(GRUB_DEFAULTS),
    own: fileImage(GRUB_DROP_IN),
    kernelCmdline: fileImage(KERNEL_CMDLINE),
    folder: glob('/etc/default/grub.d/*.cfg'),
    // Debian's reads the folder, Red Hat's does not; no version number says so.
    mkconfig: file('/usr/sbin/grub-mkconfig'),
    entries: blsEntries,
    live: kernelArguments,
    xen: xenRole,
  }),
  ({ folder, mkconfig, ...state }) => ({
    ...state,
    dropIns: mkconfig?.includes('/default/grub.d') === true ? folder.map(({ path, content }) => ({ path, text: content })) : undefined,
  }),
);

/** What grub-mkconfig reads, in its order. */
export function defaultsFiles({ defaults, dropIns = [] }: CmdlineHost): readonly DefaultsFile[] {
  return [{ path: GRUB_DEFAULTS, text: defaults?.image?.content ?? '' }, ...dropIns];
}

/** The kernel arguments of each normal entry, with its place. */
export function bootedEntries({ menu, entries }: CmdlineHost): readonly { readonly place: string; readonly words: readonly string[] }[] {
  if (menu === undefined) return [];
  if (isBls(menu.text)) return entries.map(({ path, words }) => ({ place: path, words }));
  return menuLines(menu.text).flatMap(({ line, words, isRecovery }) => (isRecovery ? [] : [{ place: `${menu.path}:${line}`, words }]));
}

/** The entries that start Xen have these in place of the others, where they say anything (20_linux_xen of grub-common). */
const FOR_XEN = /^\s*(?:export\s+)?GRUB_CMDLINE_LINUX_XEN_REPLACE(?:_DEFAULT)?=(?!(?:""|'')?\s*(?:#|$))/;

/** What gives the next boot other arguments than we could; undefined where nothing does. */
export function foreignArguments(host: CmdlineHost, wanted: WantedWords): Blocked | undefined {
  const [word] = host.entries.flatMap(({ tuned }) => findWords(tuned, wanted).unwanted);
  if (word !== undefined) return blocked(`TuneD gives all entries ${word}`, 'Change the section bootloader of its profile.');
  return host.xen === 'dom0' ? argumentsForXen(host) : undefined;
}

function argumentsForXen(host: CmdlineHost): Blocked | undefined {
  const places = defaultsFiles(host).flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => (FOR_XEN.test(line) ? [`${path}:${i + 1}`] : [])),
  );
  const [place] = places;
  return place === undefined
    ? undefined
    : blocked(`Xen starts this host, with the arguments of ${place} in place of the others`, 'Set them there, by hand.');
}

/** The reading of a text that can be read. */
export function fine(stdout: string): Reading {
  return { status: 0, stdout, stderr: '' };
}

/** What the next boot will answer as this one does: a host that GRUB boots is no other kind of host after it. */
export function sameKind({ xen }: CmdlineHost): Readings {
  const gone: Reading = { status: ABSENT, stdout: '', stderr: '' };
  return {
    'stat /run/ostree-booted': gone,
    'stat /run/.containerenv': gone,
    ...(xen === 'none' ? { 'file /sys/hypervisor/type': gone, 'file /proc/xen/capabilities': gone } : {}),
    ...(xen === 'dom0' ? { 'file /sys/hypervisor/type': fine('xen\n'), 'file /proc/xen/capabilities': fine('control_d\n') } : {}),
  };
}

/** COMMAND_LINE_SIZE of x86, Arm and POWER is 2048, with a zero at the end; what is beyond is cut off without a word. */
const LONGEST = 2047;

/** Why the kernel would not hear all that an entry gives it; undefined where it would. */
export function lengthObstacle(host: CmdlineHost, wanted: WantedWords): Blocked | undefined {
  // GRUB itself adds the first word.
  const image = host.live.filter((word) => word.startsWith('BOOT_IMAGE='));
  const lengthOf = (words: readonly string[]): number => Buffer.byteLength([...image, ...words].join(' '));
  const long = bootedEntries(host)
    .map(({ place, words }) => ({ place, before: lengthOf(words), after: lengthOf(editWords(words, wanted)) }))
    .find(({ before, after }) => after > Math.max(LONGEST, before));
  if (long === undefined) return undefined;
  return blocked(`${long.place} would have ${long.after} bytes of arguments, and the kernel takes ${LONGEST}`, 'Take others out first.');
}
