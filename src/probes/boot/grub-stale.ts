import { DroverError } from '../../core/errors.ts';
import { dir } from '../../core/file.ts';
import { all, type Probe } from '../../core/probe.ts';
import { effectiveCmdline } from './grub-cmdline.ts';
import { isBls, menuLines } from './grub-menu.ts';
import { type CmdlineHost, cmdlineHost, defaultsFiles } from './kernel-cmdline.ts';

/** GRUB's menu, and what it is made of. */
export interface MenuHost {
  readonly cmdline: CmdlineHost;
  /** The names in /boot. */
  readonly boot: readonly string[] | undefined;
}

/** The menu, and what it is made of. */
export const menuHost: Probe<MenuHost> = all<{ [K in keyof MenuHost]: MenuHost[K] }>({ cmdline: cmdlineHost, boot: dir('/boot') });

/** What the menu says otherwise than it would if it were made now. Throws STATE_UNREADABLE where the files are not understood. */
export function menuStale({ cmdline, boot = [] }: MenuHost): readonly string[] {
  const { menu } = cmdline;
  if (menu === undefined || isBls(menu.text)) return [];
  const lines = menuLines(menu.text);
  if (lines.length === 0) {
    const hint = 'Look into it: it may be written by hand, or 10_linux does not run.';
    throw new DroverError('STATE_UNREADABLE', `${menu.path} has no entry that the system made`, { hint });
  }
  const named = new Set(lines.map(({ kernel }) => kernel.slice(kernel.lastIndexOf('/') + 1)));
  const installed = boot.filter(isKernel);
  const normal = lines.filter(({ isRecovery }) => !isRecovery);
  return [
    ...installed.filter((name) => !named.has(name)).map((name) => `it lacks ${name}`),
    ...[...named].filter((name) => !boot.includes(name)).map((name) => `it has ${name}, which is gone`),
    ...words(cmdline, normal, menu.path),
    ...header(cmdline, menu.text),
  ];
}

/** The names that 10_linux takes, without what it takes for garbage (grub_file_is_not_garbage of grub-mkconfig_lib). */
function isKernel(name: string): boolean {
  return /^(vmlinu[xz]|kernel)-/.test(name) && !/~$|\.(bak|orig|old|rpmsave|rpmnew)$|\.dpkg-/.test(name);
}

/** Arguments of the first entry that has others than the files lead to; what stands before `ro` is not from them. */
function words(host: CmdlineHost, lines: ReturnType<typeof menuLines>, path: string): readonly string[] {
  const wanted = Object.values(effectiveCmdline(defaultsFiles(host)))
    .flat()
    .map(plain);
  for (const { line, words: all } of lines) {
    const own = all.slice(all.findIndex((word) => word === 'ro' || word === 'rw') + 1).filter((word) => !word.startsWith('$'));
    const lacks = wanted.filter((word) => !all.includes(word));
    const extra = own.length === all.length ? [] : own.filter((word) => !wanted.includes(word));
    if (lacks.length > 0) return [`line ${line} of ${path} lacks ${lacks.join(' ')}`];
    if (extra.length > 0) return [`line ${line} of ${path} has ${extra.join(' ')}, which no file sets`];
  }
  return [];
}

/** In double quotes, a quote within the value is escaped for the shell. */
function plain(word: string): string {
  return word.replaceAll(/\\(.)/g, '$1');
}

/** The default entry and the timeout, where they are set plainly. */
function header(host: CmdlineHost, text: string): readonly string[] {
  const set = (name: string): string | undefined =>
    defaultsFiles(host)
      .flatMap((file) => [...file.text.matchAll(new RegExp(`^(?:export\\s+)?${name}=(["']?)(\\w+)\\1\\s*$`, 'gm'))])
      .at(-1)?.[2];
  const [entry, timeout] = [set('GRUB_DEFAULT'), set('GRUB_TIMEOUT')];
  const wantedEntry = entry === 'saved' ? `\${saved_entry}` : entry;
  return [
    ...(wantedEntry === undefined || text.includes(`set default="${wantedEntry}"`) ? [] : [`its default entry is not ${entry}`]),
    ...(timeout === undefined || new RegExp(`^\\s*set timeout=${timeout}$`, 'm').test(text) ? [] : [`its timeout is not ${timeout}`]),
  ];
}
