import { glob } from '../core/file.ts';
import { all, each, map, type Probe } from '../core/probe.ts';
import { kernelArguments } from './kernel.ts';

/** One place that sets a module's parameter. */
export interface ModuleOption {
  /** The file's path, or `the kernel command line`. */
  readonly source: string;
  readonly value: string;
}

/** A line of modprobe.d, or a word of the kernel's command line, that keeps a module from being loaded as it is. */
export interface ModuleRule {
  /** The path of the file, or `the kernel command line`. */
  readonly source: string;
  /** The same with the number of the line. */
  readonly place: string;
  /** What is run in place of loading it; undefined where it is blacklisted. */
  readonly command: string | undefined;
}

/** The source that modprobe hears last, whatever the files say. */
const COMMAND_LINE = 'the kernel command line';

/** Where modprobe.d(5) looks, the strongest folder first: a file hides those of the same name in later folders. */
const FOLDERS = ['/etc/modprobe.d', '/run/modprobe.d', '/usr/local/lib/modprobe.d', '/usr/lib/modprobe.d', '/lib/modprobe.d'] as const;

/**
 * Everything that will set a module's parameter when it is loaded, in the order in which the kernel gets it: the last one holds.
 * Read from the files, not from `modprobe -c`, which adds megabytes of aliases.
 */
export function moduleOptions(module: string, parameter: string): Probe<readonly ModuleOption[]> {
  const parts = all({ files: configFiles(FOLDERS), words: kernelArguments });
  return map(parts, ({ files, words }) => [
    ...files.flatMap(({ path, content }) => optionsIn(content, module, parameter).map((value) => ({ source: path, value }))),
    ...words.flatMap((word) => {
      const [key = '', value] = splitOnce(word, '=');
      const [owner = '', name] = splitOnce(key, '.');
      return isModule(owner, module) && name === parameter ? [{ source: COMMAND_LINE, value: value ?? '' }] : [];
    }),
  ]);
}

/** Every `blacklist` and `install` that is about a module, in the order in which modprobe reads them: of commands the first holds. */
export function moduleRules(module: string): Probe<readonly ModuleRule[]> {
  const parts = all({ files: configFiles(FOLDERS), words: kernelArguments });
  return map(parts, ({ files, words }) => [
    ...files.flatMap(({ path, content }) =>
      directivesIn(content).flatMap(({ number, words: [directive, owner = '', ...rest] }) => {
        const isRule = directive === 'blacklist' ? isModule(owner, module) : directive === 'install' && matches(owner, module);
        const command = directive === 'install' ? rest.join(' ') : undefined;
        return isRule ? [{ source: path, place: `${path}:${number}`, command }] : [];
      }),
    ),
    // module_blacklist is the kernel's own (kernel-parameters.txt), modprobe.blacklist that of kmod and udev, modprobe(8).
    ...namedBy(words, ['module_blacklist', 'modprobe.blacklist'], module).map((place) => ({ source: place, place, command: undefined })),
  ]);
}

/** `the kernel command line` for each argument of these names whose list has the module. */
export function namedBy(words: readonly string[], names: readonly string[], module: string): readonly string[] {
  return words
    .map((word) => splitOnce(word, '='))
    .filter(([name = '', list = '']) => names.includes(name) && list.split(',').some((one) => isModule(one, module)))
    .map(() => COMMAND_LINE);
}

/** install lines may hold patterns, which kmod gives to fnmatch(3). */
function matches(pattern: string, module: string): boolean {
  const source = pattern
    .replaceAll('-', '_')
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^(${source})$`).test(module.replaceAll('-', '_'));
}

/** Whether an option in the one file is heard after those in the other: files go by their names, the folder does not matter. */
export function isHeardAfter(source: string, path: string): boolean {
  return source === COMMAND_LINE || baseName(source) > baseName(path);
}

/** The values that `options` lines of a modprobe.d file give a parameter, in order. */
export function optionsIn(text: string, module: string, parameter: string): readonly string[] {
  return directivesIn(text).flatMap(({ words: [directive, owner = '', ...settings] }) => {
    if (directive !== 'options' || !isModule(owner, module)) return [];
    // The kernel takes quotes around a whole setting or around its value away.
    const plain = settings.map((setting) => setting.replaceAll('"', ''));
    return plain.filter((setting) => setting.startsWith(`${parameter}=`)).map((setting) => setting.slice(parameter.length + 1));
  });
}

/** The lines of a modprobe.d file, word by word, with their numbers; one that is continued has the number of its end. */
function directivesIn(text: string): readonly { readonly number: number; readonly words: readonly string[] }[] {
  let continued = '';
  return text.split('\n').flatMap((line, i) => {
    const whole = continued + line;
    continued = line.endsWith('\\') ? whole.slice(0, -1) : '';
    return line.endsWith('\\') ? [] : [{ number: i + 1, words: whole.trim().split(/[ \t]+/) }];
  });
}

/** Whether a module is meant: kmod takes the dash and the underscore for one. */
export function isModule(written: string, module: string): boolean {
  return written.replaceAll('-', '_') === module.replaceAll('-', '_');
}

/** The files of folders, the strongest folder first, that hold: in the order of their names, without those that a stronger one hides. */
export function configFiles(folders: readonly string[]): Probe<readonly { readonly path: string; readonly content: string }[]> {
  return map(each(folders.map((folder) => glob(`${folder}/*.conf`))), (lists) => {
    const strongest = new Map([...lists.flat()].reverse().map((file) => [baseName(file.path), file]));
    return [...strongest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
  });
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function splitOnce(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
