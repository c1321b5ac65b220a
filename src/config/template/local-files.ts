import { basename, dirname, join } from 'node:path';
import { absolutePath, type Surroundings } from '../inventory/connection.ts';
import type { TextSource } from '../source/text-source.ts';

/** Files beside the playbook that params name. */
export interface LocalFiles {
  /** The file's text, or the places where it was looked for. */
  readonly find: (name: string, kind: 'text' | 'template') => TextSource | { readonly lookedIn: readonly string[] };
  /** The same for a file that stands in another folder, which is looked at first. */
  readonly from: (folder: string | undefined) => LocalFiles;
}

/** Looks in the playbook's folder, then in `files/` (or `templates/`) there and one above. */
export function localFiles(around: Surroundings, read: (path: string) => TextSource | undefined): LocalFiles {
  const known = new Map<string, TextSource | undefined>();
  const readOnce = (path: string) => {
    if (!known.has(path)) known.set(path, read(path));
    return known.get(path);
  };
  const { home } = around;
  const filesOf = (roots: readonly string[]): LocalFiles => ({
    find: (name, kind) => {
      const beside = kind === 'text' ? 'files' : 'templates';
      const folders = roots.flatMap((folder) => [folder, join(folder, beside), join(dirname(folder), beside)]);
      const paths = [...new Set(folders.map((from) => absolutePath(name, { folder: from, home })))];
      for (const path of paths) {
        const source = readOnce(path);
        if (source !== undefined) return source;
      }
      return { lookedIn: paths };
    },
    from: (folder) => (folder === undefined ? filesOf([around.folder]) : filesOf([folder, around.folder])),
  });
  return filesOf([around.folder]);
}

/** A file's name as a task is told it. */
export function shortName(source: TextSource): string {
  return basename(source.name);
}
