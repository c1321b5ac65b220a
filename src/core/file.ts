import { DroverError } from './errors.ts';
import { ABSENT, all, map, type Probe, type Reading, reading, UNREADABLE } from './probe.ts';

/** What a path is, as lstat(2) says: links are not followed. `mode` holds the lower 12 bits, e.g. 0o644. */
export interface FileMeta {
  readonly type: 'file' | 'dir' | 'link' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names where the host knows them, else the numbers as text. */
  readonly owner: string;
  readonly group: string;
  /** In bytes. */
  readonly size: number;
}

/** A regular file whole: what a write compares with, writes, and gives back. */
export interface FileImage {
  readonly content: string;
  /** Set where the bytes are no UTF-8; `content` then holds one char a byte. */
  readonly encoding?: 'latin1';
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

/** A file's text; undefined where there is none. Throws STATE_UNREADABLE where it is there and cannot be read. */
export function file(path: string): Probe<string | undefined> {
  return map(reading({ kind: 'file', path }), (answer) => present(`file ${path}`, answer)?.stdout);
}

/** What a path is; undefined where there is nothing. */
export function stat(path: string): Probe<FileMeta | undefined> {
  return map(reading({ kind: 'stat', path }), (answer) => {
    const found = present(`stat ${path}`, answer);
    return found === undefined ? undefined : parseStat(path, found.stdout);
  });
}

/** The names in a folder, sorted; undefined where there is none. */
export function dir(path: string): Probe<readonly string[] | undefined> {
  return map(reading({ kind: 'dir', path }), (answer) => {
    const found = present(`dir ${path}`, answer);
    return found?.stdout.split('\0').filter(Boolean).sort();
  });
}

/** Path and text of every regular file that a shell pattern matches, in the shell's order. */
export function glob(pattern: string): Probe<readonly { readonly path: string; readonly content: string }[]> {
  return map(reading({ kind: 'glob', pattern }), (answer) => {
    const found = present(`glob ${pattern}`, answer);
    return found === undefined || found.stdout === '' ? [] : JSON.parse(found.stdout);
  });
}

/** A regular file with its mode and owner; undefined where there is nothing; `meta` alone where it is not a regular file. */
export function fileImage(path: string): Probe<{ readonly meta: FileMeta; readonly image?: FileImage } | undefined> {
  const both = all<{ meta: FileMeta | undefined; answer: Reading }>({
    meta: stat(path),
    answer: reading({ kind: 'file', path }),
  });
  return map(both, ({ meta, answer }) => {
    if (meta === undefined) return undefined;
    if (meta.type !== 'file') return { meta };
    const found = present(`file ${path}`, answer);
    if (found === undefined) return undefined;
    const { mode, owner, group } = meta;
    const encoding = found.encoding === undefined ? {} : { encoding: found.encoding };
    return { meta, image: { content: found.stdout, ...encoding, mode, owner, group } };
  });
}

function present(key: string, answer: Reading): Reading | undefined {
  if (answer.status === ABSENT) return undefined;
  if (answer.status === 0) return answer;
  const why = answer.status === UNREADABLE ? answer.stderr.trim() || 'cannot be read' : `status ${answer.status}`;
  throw new DroverError('STATE_UNREADABLE', `${key}: ${why}`);
}

/** The file type bits of st_mode, inode(7). */
const TYPES = new Map<number, FileMeta['type']>([
  [0o100000, 'file'],
  [0o040000, 'dir'],
  [0o120000, 'link'],
]);

/** The line that the look asks of stat(1): `%f %u %g %s %U/%G`, the first in hex. Names may hold spaces (winbind's do), no slashes. */
const STAT_LINE = /^([0-9a-f]+) (\d+) (\d+) (\d+) ([^/]*)\/([^/]*)$/;

/** What such a line says of the path. Throws STATE_UNREADABLE. */
export function parseStat(path: string, line: string): FileMeta {
  const [, hex = '', uid = '', gid = '', size, user = '', group = ''] = STAT_LINE.exec(line.trimEnd()) ?? [];
  if (hex === '') throw new DroverError('STATE_UNREADABLE', `stat ${path}: not understood: ${JSON.stringify(line)}`);
  const raw = Number.parseInt(hex, 16);
  return {
    type: TYPES.get(raw & 0o170000) ?? 'other',
    mode: raw & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    owner: named(user, uid),
    group: named(group, gid),
    size: Number(size),
  };
}

/** stat(1) says UNKNOWN for an id without a name. */
function named(name: string, id: string): string {
  return name === '' || name === 'UNKNOWN' ? id : name;
}
