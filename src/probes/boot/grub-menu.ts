import { type Settle, settle } from '../../core/change.ts';
import { file, glob, stat } from '../../core/file.ts';
import { all, map, type Probe, type Readings } from '../../core/probe.ts';
import type { GrubMenu } from '../../core/settling.ts';
import { splitWords } from '../kernel-words.ts';
import { orUnknown } from '../unknown.ts';

/** A file that GRUB reads at boot, and the tool that makes it. */
export interface Menu {
  readonly path: string;
  readonly tool: GrubMenu['tool'];
  readonly text: string;
}

/** An entry's kernel line. */
export interface MenuLine {
  /** From 1. */
  readonly line: number;
  readonly kernel: string;
  readonly words: readonly string[];
  readonly isRecovery: boolean;
}

const DEBIAN = '/boot/grub/grub.cfg';
const GRUB2 = '/boot/grub2/grub.cfg';

/**
 * The menu of this host. Debian, Arch and Alpine have it in /boot/grub; Red Hat and SUSE in /boot/grub2, but for Red Hat's releases
 * before 9 with UEFI: there it is on the EFI partition, where others have a short file that only points to it.
 */
export const grubMenu: Probe<Menu | undefined> = map(
  all<{
    debian: string | undefined;
    grub2: string | undefined;
    efi: readonly { readonly path: string; readonly content: string }[] | 'unknown';
    mkconfig: unknown;
    mkconfig2: unknown;
  }>({
    debian: file(DEBIAN),
    grub2: file(GRUB2),
    efi: orUnknown(glob('/boot/efi/EFI/*/grub.cfg')),
    mkconfig: stat('/usr/sbin/grub-mkconfig'),
    mkconfig2: stat('/usr/sbin/grub2-mkconfig'),
  }),
  ({ debian, grub2, efi, mkconfig, mkconfig2 }) => {
    const real = efi === 'unknown' ? undefined : efi.find(({ content }) => /^\s*(menuentry|blscfg)\b/m.test(content));
    if (mkconfig2 !== undefined && real !== undefined) return { path: real.path, tool: 'grub2-mkconfig', text: real.content };
    if (mkconfig2 !== undefined && grub2 !== undefined) return { path: GRUB2, tool: 'grub2-mkconfig', text: grub2 };
    // Arch has its programs in /usr/bin, to which /usr/sbin is a link.
    if (mkconfig !== undefined && debian !== undefined) return { path: DEBIAN, tool: 'grub-mkconfig', text: debian };
    return undefined;
  },
);

/** The kernel lines of the entries that 10_linux has made; entries that somebody wrote are left out. */
export function menuLines(text: string): readonly MenuLine[] {
  const found: MenuLine[] = [];
  let isOurs = false;
  let isRecovery = false;
  for (const [i, line] of text.split('\n').entries()) {
    if (/^### (BEGIN|END) .*\/10_linux /.test(line)) isOurs = line.startsWith('### BEGIN');
    if (/^\s*menuentry\s/.test(line)) isRecovery = line.includes('(recovery mode)');
    const [, kernel, rest = ''] = /^\s*linux(?:efi|16)?\s+(\S+)(.*)$/.exec(line) ?? [];
    if (isOurs && kernel !== undefined) found.push({ line: i + 1, kernel, words: splitWords(rest), isRecovery });
  }
  return found;
}

/** Whether the menu is only a frame: the entries are files of their own, by the Boot Loader Specification. */
export function isBls(text: string): boolean {
  return /^\s*blscfg\b/m.test(text);
}

/** The menu is made anew, with or without certain words, for this reason. */
export function remake(
  { path, tool }: Menu,
  because: string,
  more: Pick<GrubMenu, 'present' | 'absent'> & { readonly leadsTo?: Readings } = {},
): Settle {
  const { leadsTo, ...words } = more;
  // Red Hat's tool may rewrite entries as well, and its menu may lie on the EFI partition, where it is looked for by a pattern.
  const globs = tool === 'grub2-mkconfig' ? ['glob /boot/*'] : [];
  const touches = [`file ${path}`, `stat ${path}`, ...globs];
  return settle({ what: 'grub', path, tool, ...words }, { because, touches, ...(leadsTo === undefined ? {} : { leadsTo }) });
}

/**
 * The menu and the next boot's command line, once these variables have other values; undefined where the entries do not look as
 * 10_linux of grub-common makes them: root, ro, then the one variable and the other, in recovery entries the first alone.
 */
export function foreseenMenu(
  text: string,
  before: CmdlineValues,
  after: CmdlineValues,
): { readonly menu: string; readonly live: string | undefined } | undefined {
  const numbers = new Map(menuLines(text).map((one) => [one.line, one]));
  const [old, now] = [tails(before), tails(after)];
  const lines = text.split('\n').map((line, i) => {
    const entry = numbers.get(i + 1);
    if (entry === undefined) return line;
    const kind = entry.isRecovery ? 'recovery' : 'normal';
    return line.endsWith(old[kind]) ? `${line.slice(0, line.length - old[kind].length)}${now[kind]}` : undefined;
  });
  if (lines.includes(undefined) || numbers.size === 0) return undefined;
  const menu = lines.join('\n');
  const [first] = menuLines(menu);
  // GRUB itself adds the first word. Which entry is the default is sure only where nothing but the number says so.
  const isFirst = /^\s*set default="0"$/m.test(text) && first !== undefined && !first.isRecovery;
  return { menu, live: isFirst ? `${['BOOT_IMAGE='.concat(first.kernel), ...first.words].join(' ')}\n` : undefined };
}

/** What effectiveCmdline gives. */
type CmdlineValues = Readonly<Record<'GRUB_CMDLINE_LINUX' | 'GRUB_CMDLINE_LINUX_DEFAULT', readonly string[]>>;

function tails({ GRUB_CMDLINE_LINUX: all, GRUB_CMDLINE_LINUX_DEFAULT: normal }: CmdlineValues) {
  return { normal: ` ro ${all.join(' ')} ${normal.join(' ')}`, recovery: ` ro single ${all.join(' ')}` };
}
