import * as z from 'zod';
import { type Change, run, write } from '../core/change.ts';
import type { FileImage, FileMeta } from '../core/file.ts';
import { type Blocked, blocked, drift, type Plan, steady } from '../core/plan.ts';
import type { FileState, WantedFile } from '../probes/file-state.ts';

/** The params that every task about one file has. */
export const fileParams = {
  path: z
    .string()
    .regex(/^(\/[^/]+)+$/, 'write an absolute path, without a slash at the end')
    .refine((path) => !/\/\.\.?(\/|$)/.test(path) && !path.includes('\0'), 'write the path without . and ..')
    .refine((path) => !/^\/(proc|sys|dev)\//.test(path), 'this folder holds no files that last')
    .describe('Where the file stands on the host.'),
  mode: z
    .string()
    .regex(/^[0-7]{3,4}$/, 'write the mode in quotes, in octal, as in "0644"')
    .optional()
    .describe('In octal and in quotes. Without it a new file gets 0644, and one that is there keeps its own.'),
  owner: name('user'),
  group: name('group'),
  parents: z.boolean().default(false).describe('Whether missing folders on the way are made.'),
};

/** The content of a file that is text: NULs would not survive on their way through a shell. */
export function isText(content: string): boolean {
  return !content.includes('\0');
}

function name(kind: 'user' | 'group') {
  return z
    .string()
    .regex(/^[A-Za-z0-9_][\w.-]*\$?$/, `write the name or the number of one ${kind}, in quotes`)
    .optional()
    .describe(`The owning ${kind}. Without it a new file gets that of whoever makes it, and one that is there keeps its own.`);
}

/** Brings the file to this content, or away where there is none to be. */
export function planFile(state: FileState, wanted: WantedFile, content: string | undefined): Plan {
  const { path } = wanted;
  const { found } = state;
  if (found !== undefined && found.image === undefined) return notRegular(path, found.meta);
  const before = found?.image;
  if (content === undefined)
    return before === undefined ? steady(`there is no ${path}`) : drift(write(path, before, undefined, 'it is not to be there'));

  const after = imageOf(wanted, state, content);
  if (found !== undefined && before !== undefined) {
    const differs = differences(before, after);
    return differs.length === 0 ? steady(`${path} is as wanted`) : drift(write(path, before, after, differs.join(', ')));
  }
  const wrong = state.folders.find(({ meta }) => meta !== undefined && meta.type !== 'dir' && meta.type !== 'link');
  if (wrong !== undefined) return blocked(`${wrong.path} is no folder`, 'Name another path, or move it away.');
  const missing = state.folders.filter(({ meta }) => meta === undefined).map((folder) => folder.path);
  if (missing.length > 0 && !wanted.parents)
    return blocked(`there is no ${missing.at(-1)}`, 'Make the folder first, or set parents: true.');
  return drift(...missing.map(makeFolder), write(path, undefined, after, 'it is not there'));
}

/** The finding that something stands there which is no regular file. */
export function notRegular(path: string, { type }: FileMeta): Blocked {
  return blocked(`${path} is ${KINDS[type]}`, 'Only regular files are written or removed; name another path, or move it away.');
}

const KINDS = { file: 'unreadable', dir: 'a folder', link: 'a link', other: 'a device, a socket or a pipe' } as const satisfies Record<
  FileMeta['type'],
  string
>;

function imageOf({ mode, owner, group }: WantedFile, { found, maker }: FileState, content: string): FileImage {
  const meta = found?.meta;
  return {
    content,
    mode: mode === undefined ? (meta?.mode ?? 0o644) : Number.parseInt(mode, 8),
    owner: same(owner, [meta?.owner, meta?.uid], maker.owner),
    group: same(group, [meta?.group, meta?.gid], maker.group),
  };
}

/** What is there keeps its name where nothing else is wanted, or where its number is. */
function same(wanted: string | undefined, [name, id]: readonly [string | undefined, number | undefined], maker: string): string {
  if (wanted === undefined || wanted === String(id)) return name ?? maker;
  return wanted;
}

function differences(before: FileImage, after: FileImage): readonly string[] {
  return [
    ...(before.content === after.content && before.encoding === undefined ? [] : ['its content differs']),
    ...(before.mode === after.mode ? [] : [`its mode is ${octal(before.mode)}, not ${octal(after.mode)}`]),
    ...(before.owner === after.owner ? [] : [`its owner is ${before.owner}, not ${after.owner}`]),
    ...(before.group === after.group ? [] : [`its group is ${before.group}, not ${after.group}`]),
  ];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** A folder that a file is to stand in. */
export function makeFolder(folder: string): Change {
  const parent = folder.slice(0, folder.lastIndexOf('/')) || '/';
  return run(['mkdir', '-m', '0755', '--', folder], {
    undo: ['rmdir', '--', folder],
    because: 'it is on the way to the file',
    touches: [`stat ${folder}`, `dir ${folder}`, `dir ${parent}`],
  });
}
