import { type FileImage, type FileMeta, fileImage, stat } from '../core/file.ts';
import { all, command, constant, each, map, type Probe } from '../core/probe.ts';

/** What is asked for of a file beside its content. */
export interface WantedFile {
  readonly path: string;
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly parents: boolean;
}

/** A file on a host, the folders that it needs, and who would make it. */
export interface FileState {
  readonly found: { readonly meta: FileMeta; readonly image?: FileImage } | undefined;
  readonly folders: readonly { readonly path: string; readonly meta: FileMeta | undefined }[];
  readonly maker: { readonly owner: string; readonly group: string };
}

/** Everything that matters for one file. */
export function fileState({ path, parents, owner, group }: WantedFile): Probe<FileState> {
  const above = foldersOf(path);
  const folders = parents ? above : above.slice(-1);
  return all<{ [K in keyof FileState]: FileState[K] }>({
    found: fileImage(path),
    folders: each(folders.map((folder) => map(stat(folder), (meta) => ({ path: folder, meta })))),
    maker: owner !== undefined && group !== undefined ? constant({ owner, group }) : maker,
  });
}

const maker: Probe<FileState['maker']> = map(command('id'), ({ stdout }) => ({
  owner: nameOf('uid', stdout),
  group: nameOf('gid', stdout),
}));

/** id(1) leaves the name out where there is none: `uid=1000 gid=100(users)`. */
function nameOf(kind: 'uid' | 'gid', text: string): string {
  const [, id = '0', found] = new RegExp(`\\b${kind}=(\\d+)(?:\\(([^)]+)\\))?`).exec(text) ?? [];
  return found ?? id;
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`);
}
