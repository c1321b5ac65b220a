import { basename, dirname, join } from 'node:path';
import { absolutePath, type Surroundings } from './connection.ts';
import type { TextSource } from './text-source.ts';

/** Files beside the playbook that params name. */
export interface LocalFiles {
  /** The file's text, or the places where it was looked for. */
  readonly find: (name: string, kind: 'text' | 'template') => TextSource | { readonly lookedIn: readonly string[] };
}

/** Looks in the playbook's folder, then in `files/` (or `templates/`) there and one above. */
export function localFiles(around: Surroundings, read: (path: string) => TextSource | undefined): LocalFiles {
  const known = new Map<string, TextSource | undefined>();
  const readOnce = (path: string) => {
    if (!known.has(path)) known.set(path, read(path));
    return known.get(path);
  };
  return {
    find: (name, kind) => {
      const beside = kind === 'text' ? 'files' : 'templates';
      const { folder, home } = around;
      const folders = [folder, join(folder, beside), join(dirname(folder), beside)];
      const paths = [...new Set(folders.map((from) => absolutePath(name, { folder: from, home })))];
      for (const path of paths) {
        const source = readOnce(path);
        if (source !== undefined) return source;
      }
      return { lookedIn: paths };
    },
  };
}

/** A file's name as a task is told it. */
export function shortName(source: TextSource): string {
  return basename(source.name);
}
