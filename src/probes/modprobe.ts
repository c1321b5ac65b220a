import { glob } from '../core/file.ts';
import { all, each, map, type Probe } from '../core/probe.ts';
import { kernelArguments } from './kernel.ts';

/** One place that sets a module's parameter. */
export interface ModuleOption {
  /** The file's path, or `the kernel command line`. */
  readonly source: string;
  readonly value: string;
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
  const parts = all({ folders: each(FOLDERS.map((folder) => glob(`${folder}/*.conf`))), words: kernelArguments });
  return map(parts, ({ folders, words }) => [
    ...inOrder(folders.flat()).flatMap(({ path, content }) =>
      optionsIn(content, module, parameter).map((value) => ({ source: path, value })),
    ),
    ...words.flatMap((word) => {
      const [key = '', value] = splitOnce(word, '=');
      const [owner = '', name] = splitOnce(key, '.');
      return isModule(owner, module) && name === parameter ? [{ source: COMMAND_LINE, value: value ?? '' }] : [];
    }),
  ]);
}

/** Whether an option in the one file is heard after those in the other: files go by their names, the folder does not matter. */
export function isHeardAfter(source: string, path: string): boolean {
  return source === COMMAND_LINE || baseName(source) > baseName(path);
}

/** The values that `options` lines of a modprobe.d file give a parameter, in order. */
export function optionsIn(text: string, module: string, parameter: string): readonly string[] {
  return text
    .replaceAll('\\\n', '')
    .split('\n')
    .flatMap((line) => {
      const [directive, owner = '', ...settings] = line.trim().split(/[ \t]+/);
      if (directive !== 'options' || !isModule(owner, module)) return [];
      // The kernel takes quotes around a whole setting or around its value away.
      const plain = settings.map((setting) => setting.replaceAll('"', ''));
      return plain.filter((setting) => setting.startsWith(`${parameter}=`)).map((setting) => setting.slice(parameter.length + 1));
    });
}

/** kmod takes the dash and the underscore for one. */
function isModule(written: string, module: string): boolean {
  return written.replaceAll('-', '_') === module;
}

function inOrder<F extends { readonly path: string }>(files: readonly F[]): readonly F[] {
  const strongest = new Map([...files].reverse().map((file) => [baseName(file.path), file]));
  return [...strongest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function splitOnce(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
