import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';

/** Files with what hosts print, in a folder a host: for what is too much to be held in memory or shown. */
export interface OutputFiles {
  readonly folder: string;
  /**
   * Adds lines, printable and without secrets, to a host's file of that name; its path. Undefined where it cannot be written: that is no
   * reason to stop what the host does.
   */
  readonly add: (host: string, name: string, lines: readonly string[]) => string | undefined;
  /** That something could not be written, and why; from then on nothing is. */
  readonly failed: () => string | undefined;
}

/** Files in this folder, which is made with the first of them. One that is there already is left as it is: the new one gets a number. */
export function outputFiles(folder: string): OutputFiles {
  const paths = new Map<string, string>();
  let failed: string | undefined;
  return {
    folder,
    add: (host, name, lines) => {
      if (failed !== undefined) return undefined;
      try {
        const own = join(folder, encodeURIComponent(host));
        const path = paths.get(join(own, name)) ?? newPath(own, name);
        paths.set(join(own, name), path);
        appendFileSync(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
        return path;
      } catch (error) {
        failed = `${folder}: what hosts print could not be saved: ${(error as Error).message}`;
        return undefined;
      }
    },
    failed: () => failed,
  };
}

function newPath(folder: string, name: string): string {
  makeFolder(folder);
  let path = join(folder, name);
  for (let i = 2; existsSync(path); i += 1) path = join(folder, `${name}.${i}`);
  return path;
}
