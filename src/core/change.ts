import type { FileImage } from './file.ts';
import { type Argv, type Readings, showArgv } from './probe.ts';
import { type Settling, settlingName } from './settling.ts';

/** How a run is taken back: by a command, by nothing (another change's inverse covers it), or not at all. */
export type Undo = Argv | 'not needed' | 'impossible';

/** Replaces a regular file whole, only while it still is `before`. An undefined side means: no such file. */
export interface Write {
  readonly kind: 'write';
  readonly path: string;
  readonly before: FileImage | undefined;
  readonly after: FileImage | undefined;
  readonly because: string;
  /** Its content is shown nowhere, neither the new one nor the old one. */
  readonly sensitive?: true;
}

/** Runs a program. */
export interface Run {
  readonly kind: 'run';
  readonly argv: Argv;
  readonly undo: Undo;
  readonly because: string;
  /** Keys of reads whose answers this may change; a trailing `*` makes a prefix, `*` alone means all. */
  readonly touches: readonly string[];
  /** Readings that are known to follow, so that later steps can be planned before it ran. */
  readonly leadsTo?: Readings;
  /** The default is the engine's limit for commands. */
  readonly timeoutMs?: number;
  /** Its output is shown nowhere. */
  readonly sensitive?: true;
}

/**
 * Done after the writes of a round, once a host whoever asks for it, in the order of SETTLING_ORDER. Taken back by doing it
 * again.
 */
export interface Settle {
  readonly kind: 'settle';
  readonly settling: Settling;
  readonly because: string;
  readonly touches: readonly string[];
  readonly leadsTo?: Readings;
}

/** One thing to do, with its reason and its way back. Data: the engine knows how. */
export type Change = Write | Run | Settle;

export function write(path: string, before: FileImage | undefined, after: FileImage | undefined, because: string): Write {
  return { kind: 'write', path, before, after, because };
}

export function run(argv: Argv, more: Omit<Run, 'kind' | 'argv'>): Run {
  return { kind: 'run', argv, ...more };
}

export function settle(settling: Settling, more: Omit<Settle, 'kind' | 'settling'>): Settle {
  return { kind: 'settle', settling, ...more };
}

/** The change that takes this one back. Pure; the inverse of an inverse is the first again (but for `leadsTo`). */
export function inverse(change: Change): Change | 'not needed' | 'impossible' {
  switch (change.kind) {
    case 'write':
      return { ...change, before: change.after, after: change.before };
    case 'run': {
      if (typeof change.undo === 'string') return change.undo;
      const { leadsTo: _, ...rest } = change;
      return { ...rest, argv: change.undo, undo: change.argv };
    }
    case 'settle': {
      const { leadsTo: _, ...rest } = change;
      return rest;
    }
    default:
      return change satisfies never;
  }
}

/** The change in a few words, for people. */
export function describe(change: Change): string {
  switch (change.kind) {
    case 'write':
      return `${writeVerb(change)} ${change.path}`;
    case 'run':
      return `run ${showArgv(named(change.argv))}`;
    case 'settle':
      return settlingName(change.settling);
    default:
      return change satisfies never;
  }
}

/** A script of drover itself goes by the name that it is given behind its text, `drover-…`. */
function named(argv: Argv): Argv {
  const [program, flag, , name, ...args] = argv;
  return program === 'sh' && flag === '-c' && name?.startsWith('drover-') === true ? [name, ...args] : argv;
}

function writeVerb({ before, after }: Write): string {
  if (after === undefined) return 'remove';
  if (before === undefined) return 'create';
  return before.content === after.content && before.encoding === after.encoding ? 'set mode or owner of' : 'edit';
}

/** Whether the answer to the read with this key may differ after the change. */
export function touches(change: Change, key: string): boolean {
  if (change.kind === 'write') return isOfPath(change.path, key);
  return change.touches.some((mark) => (mark.endsWith('*') ? key.startsWith(mark.slice(0, -1)) : key === mark));
}

/** A write changes the file's own reads, its folder's listing, and every glob (whose pattern is not matched here). */
function isOfPath(path: string, key: string): boolean {
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  return key === `file ${path}` || key === `stat ${path}` || key === `dir ${folder}` || key.startsWith('glob ');
}
