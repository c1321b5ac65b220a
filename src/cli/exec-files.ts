import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { execFolder } from '../journal/folders.ts';
import { makeFolder } from '../journal/make-folder.ts';
import { outputFiles } from '../journal/output-files.ts';
import { linesOf, type OutputKeeper, type Stream } from '../report/exec-output.ts';
import { printable } from '../report/printable.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';
import { runsFolder } from './runs-folder.ts';
import { usageError } from './usage.ts';

/** Files that have what hosts print: all of it where a folder was asked for, else that of hosts that print more than is kept. */
export interface ExecFiles {
  /** What takes the lines of a host as they come; `keeper` has had them. */
  readonly forHost: (host: string, keeper: OutputKeeper) => LineTaker;
  /** What there is to say of them at the end. */
  readonly told: () => readonly string[];
}

/** Takes the lines of one host. */
export interface LineTaker {
  readonly take: (stream: Stream, lines: readonly string[]) => void;
  /** The folder, where this host has files in it that are whole. */
  readonly saved: () => string | undefined;
}

/** `spills`: whether what is not kept would be lost. Throws USAGE where the folder that was asked for cannot be made, or holds something. */
export function execFiles(args: Args<'exec'>, io: Io, { scrub, spills }: Pick<Output, 'scrub'> & { readonly spills: boolean }): ExecFiles {
  const isAsked = args.outdir !== undefined;
  const files = outputFiles(isAsked ? emptyFolder(args.outdir, io) : execFolder(runsFolder(args, io), new Date()));
  let isUsed = isAsked;
  return {
    forHost: (host, keeper) => {
      // Lines that were given out while all of them were kept.
      const given = { stdout: 0, stderr: 0 };
      let isSaving = isAsked;
      const add = (stream: Stream, lines: readonly string[]) => lines.length > 0 && files.add(host, stream, lines.map(scrub));
      return {
        take: (stream, lines) => {
          if (!isSaving && spills && keeper.isFull()) {
            isSaving = true;
            isUsed = true;
            const kept = keeper.kept();
            for (const one of ['stdout', 'stderr'] as const) add(one, linesOf(kept[one]).slice(0, given[one]));
          }
          if (isSaving) add(stream, lines);
          else given[stream] += lines.length;
        },
        saved: () => (isSaving && files.failed() === undefined ? files.folder : undefined),
      };
    },
    told: () => {
      const failed = files.failed();
      if (failed !== undefined) return [printable(failed)];
      return isUsed ? [printable(`all that they printed: ${files.folder}/HOST/stdout and stderr`)] : [];
    },
  };
}

function emptyFolder(name: string, { cwd }: Io): string {
  const folder = resolve(cwd, name);
  try {
    makeFolder(folder);
    if (readdirSync(folder).length === 0) return folder;
  } catch (error) {
    throw usageError(`--outdir ${folder}: ${(error as Error).message}`, 'Name a folder that can be made.');
  }
  throw usageError(`--outdir ${folder}: is not empty`, 'Name a new one: nothing is written over.');
}
