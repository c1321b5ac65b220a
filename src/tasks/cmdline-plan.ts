import { type Change, run, write } from '../core/change.ts';
import type { FileImage } from '../core/file.ts';
import { blocked, drift, type Plan, steady } from '../core/plan.ts';
import { reboot } from '../core/reboot.ts';
import { grubbyCommands } from '../probes/boot/bls.ts';
import { notGrubs } from '../probes/boot/boot-way.ts';
import { cmdlineWords, editCmdline } from '../probes/boot/cmdline-file.ts';
import { editDefaults, effectiveCmdline, GRUB_DEFAULTS, GRUB_DROP_IN, withTexts } from '../probes/boot/grub-cmdline.ts';
import { foreseenMenu, isBls, type Menu, remake } from '../probes/boot/grub-menu.ts';
import {
  bootedEntries,
  type CmdlineHost,
  defaultsFiles,
  fine,
  foreignArguments,
  KERNEL_CMDLINE,
  lengthObstacle,
  sameKind,
} from '../probes/boot/kernel-cmdline.ts';
import { editWords, findWords, isFound, isSameWord, presentWords, sayWords, type WantedWords } from '../probes/kernel-words.ts';

/** Changes for the next boot, and what its command line will be where that is sure. */
interface ForNextBoot {
  readonly changes: readonly Change[];
  readonly live: string | undefined;
}

/** What brings a host's kernel arguments to what is wanted: what the menu is made of, the menu, and a boot with it. */
export function planCmdline(host: CmdlineHost, wanted: WantedWords): Plan {
  const { menu, signs, live } = host;
  const other = notGrubs(signs, { hasMenu: menu !== undefined }) ?? foreignArguments(host, wanted);
  if (other !== undefined) return other;
  if (menu === undefined) return blocked('there is no menu of GRUB', 'Make it by hand first.');
  const odd = writable(host).find(([, found]) => found !== undefined && found.image === undefined);
  if (odd !== undefined) return blocked(`${odd[0]} is no regular file`, 'Put a regular file in its place.');
  if (bootedEntries(host).length === 0) {
    return blocked(`${menu.path} has no entry that the system made`, 'Look into it: it may be written by hand, or 10_linux does not run.');
  }

  const next = isBls(menu.text) ? blsChanges(host, wanted) : grubChanges(host, menu, wanted);
  const long = next.changes.length === 0 ? undefined : lengthObstacle(host, wanted);
  if (long !== undefined) return long;
  const now = findWords(live, wanted);
  if (isFound(now)) return next.changes.length > 0 ? drift(...next.changes) : steady(`${said(wanted)}, in this boot and the next`);
  const line = next.live ?? `${editWords(live, wanted).join(' ')}\n`;
  return drift(...next.changes, reboot(`this boot ${sayWords(now)}`, { leadsTo: { ...sameKind(host), 'file /proc/cmdline': fine(line) } }));
}

/** What is wanted, in words. */
function said(wanted: WantedWords): string {
  const present = presentWords(wanted);
  return [...(present.length === 0 ? [] : [`it has ${present.join(' ')}`]), ...wanted.remove.map((what) => `it has no ${what}`)].join(', ');
}

function writable({ defaults, own, kernelCmdline }: CmdlineHost) {
  return [
    [GRUB_DEFAULTS, defaults],
    [GRUB_DROP_IN, own],
    [KERNEL_CMDLINE, kernelCmdline],
  ] as const;
}

/** Where grub-mkconfig makes the entries: its variables, then the menu. */
function grubChanges(host: CmdlineHost, menu: Menu, wanted: WantedWords): ForNextBoot {
  const files = defaultsFiles(host);
  const texts = editDefaults(files, wanted, { dropIns: host.dropIns !== undefined });
  const writes = defaultsWrites(host, texts);
  const stale = bootedEntries(host).find(({ words }) => !isFound(findWords(words, wanted)));
  const before = effectiveCmdline(files);
  const after = effectiveCmdline(withTexts(files, texts));
  const foreseen = foreseenMenu(menu.text, before, after);
  if (writes.length === 0 && stale === undefined) return { changes: [], live: foreseen?.live };
  const because = stale === undefined ? 'it was not made from these files' : `${stale.place} ${sayWords(findWords(stale.words, wanted))}`;
  const all = [...Object.values(before).flat(), ...bootedEntries(host).flatMap(({ words }) => words)];
  const again = remake(menu, because, {
    present: Object.values(after)
      .flat()
      .filter((word) => presentWords(wanted).some((one) => isSameWord(one, word))),
    absent: findWords(all, wanted).unwanted,
    ...(foreseen === undefined ? {} : { leadsTo: { [`file ${menu.path}`]: fine(foreseen.menu) } }),
  });
  return { changes: [...writes, again], live: foreseen?.live };
}

function defaultsWrites(host: CmdlineHost, texts: ReadonlyMap<string, string | undefined>): readonly Change[] {
  return [...texts].map(([path, text]) => {
    const before = writable(host).find(([name]) => name === path)?.[1]?.image;
    return write(path, before, text === undefined ? undefined : image(before, text), 'grub-mkconfig takes kernel arguments from it');
  });
}

function image(before: FileImage | undefined, content: string): FileImage {
  return { mode: 0o644, owner: 'root', group: 'root', ...before, content };
}

/**
 * Where the entries are files of their own: by grubby, and in what entries of later kernels are made of. GRUB_CMDLINE_LINUX is kept
 * in step, for grub2-mkconfig before RHEL 9.3 writes it over the options of all entries (release notes of RHEL 9.3, 4.9).
 */
function blsChanges(host: CmdlineHost, wanted: WantedWords): ForNextBoot {
  const { entries, kernelCmdline, defaults } = host;
  const stale = entries.find(({ words }) => !isFound(findWords(words, wanted)));
  const texts = defaults === undefined ? new Map() : editDefaults(defaultsFiles(host), wanted, { dropIns: false });
  const text = kernelCmdline?.image?.content;
  const later = text === undefined || isFound(findWords(cmdlineWords(text), wanted)) ? undefined : editCmdline(text, wanted);
  const changes = [
    ...defaultsWrites(host, texts),
    ...(later === undefined
      ? []
      : [write(KERNEL_CMDLINE, kernelCmdline?.image, image(kernelCmdline?.image, later), 'entries of later kernels are made from it')]),
  ];
  if (stale === undefined) return { changes, live: undefined };
  const touches = ['glob /boot/loader/entries/*', 'file /boot/grub2/grubenv'];
  const because = `${stale.path} ${sayWords(findWords(stale.words, wanted))}`;
  const { argv, undo } = grubbyCommands(entries, wanted);
  return { changes: [...changes, run(argv, { undo, because, touches })], live: undefined };
}
