/** A program and its arguments. Never a shell string: quoting happens in one place, in the engine. */
export type Argv = readonly [program: string, ...args: string[]];

/**
 * One thing to read on a host. Data, so that the reads of many tasks can be merged and sent together.
 * - `file`: a regular file's bytes. `stat`: type, mode and owner of a path; links are not followed.
 * - `dir`: the names in a folder. `glob`: path and bytes of every regular file that a shell pattern matches.
 * - `command`: a harmless command's output. It must not load modules, start units or write anything. With `onlyIf` it is
 *   run only where that path exists (else ABSENT): a client that would wake its daemon through a socket must not be asked.
 *   With `unless` it is run only where that path does not exist: where the kernel has no modules, none can be loaded.
 *   With `aside` it is run as a user who may write nothing of the host, for a program that writes while it reads.
 *   With `omit`, lines of its output that begin so are left out: what tells the time is no state, and no plan may depend on it.
 */
export type Read =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stat'; readonly path: string }
  | { readonly kind: 'dir'; readonly path: string }
  | { readonly kind: 'glob'; readonly pattern: string }
  | {
      readonly kind: 'command';
      readonly argv: Argv;
      readonly onlyIf?: string;
      readonly unless?: string;
      readonly aside?: Aside;
      readonly omit?: string;
    };

/**
 * Folders that a program must be able to write in before it reads at all. Each is covered by one in memory, which nobody else sees and
 * which goes when the program ends: an empty one, or one with links to what is there. Without any, the program is not told that it is root.
 */
export interface Aside {
  readonly empty: readonly string[];
  readonly linked: readonly string[];
}

/** There is no such path or program (as in shells). */
export const ABSENT = 127;
/** It is there, and cannot be read: permission, or not a regular file. `stderr` says which. */
export const UNREADABLE = 126;
/** A command was ended by its time limit (as timeout(1) says it). */
export const TIMED_OUT = 124;

/** The raw answer to one Read. Text is UTF-8; bytes that are not UTF-8 are kept one char a byte, and `encoding` says so. */
export interface Reading {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly encoding?: 'latin1';
}

/** Readings under the keys of their reads: what a look yields, what a fixture holds, what a change leads to. */
export type Readings = Readonly<Record<string, Reading>>;

/** What to read, and how to understand it. `parse` is pure; it gets one Reading for each Read, in the same order. */
export interface Probe<T> {
  readonly reads: readonly Read[];
  readonly parse: (readings: readonly Reading[]) => T;
}

/** The name of a read: equal reads have equal keys, so that a look asks each only once. */
export function readKey(read: Read): string {
  switch (read.kind) {
    case 'file':
    case 'stat':
    case 'dir':
      return `${read.kind} ${read.path}`;
    case 'glob':
      return `glob ${read.pattern}`;
    case 'command':
      return `command ${showArgv(read.argv)}${guardName('only if', read.onlyIf)}${guardName('unless', read.unless)}${asideName(read.aside)}${guardName('without', read.omit)}`;
    default:
      return read satisfies never;
  }
}

function guardName(word: string, path: string | undefined): string {
  return path === undefined ? '' : ` [${word} ${path}]`;
}

function asideName(aside: Aside | undefined): string {
  return aside === undefined ? '' : ` [${['aside', ...aside.empty, ...aside.linked].join(' ')}]`;
}

/** A command as people read it; a word that a shell would split is quoted. For keys and messages, never for a shell. */
export function showArgv(argv: Argv): string {
  return argv.map((word) => (/^[\w@%+=:,./{}*-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

/** A probe of exactly one read. */
export function reading(read: Read): Probe<Reading> {
  return { reads: [read], parse: ([answer]) => answer as Reading };
}

/** A command's status and output. */
export function command(...argv: Argv): Probe<Reading> {
  return reading({ kind: 'command', argv });
}

/** As `command`, asked only where a path exists, e.g. a daemon's pid file. */
export function commandIf(onlyIf: string, ...argv: Argv): Probe<Reading> {
  return reading({ kind: 'command', argv, onlyIf });
}

/** As `command`, asked only where there is nothing at a path. */
export function commandUnless(unless: string, ...argv: Argv): Probe<Reading> {
  return reading({ kind: 'command', argv, unless });
}

/** As `commandIf`, as a user who may write nothing. */
export function commandAside({ omit, ...aside }: Aside & { readonly omit?: string }, onlyIf: string, ...argv: Argv): Probe<Reading> {
  return reading({ kind: 'command', argv, onlyIf, aside, ...(omit === undefined ? {} : { omit }) });
}

/** A probe that asks nothing. */
export function constant<T>(value: T): Probe<T> {
  return { reads: [], parse: () => value };
}

/** The same reads, understood further. */
export function map<A, B>(probe: Probe<A>, fn: (value: A) => B): Probe<B> {
  return { reads: probe.reads, parse: (readings) => fn(probe.parse(readings)) };
}

/** Many probes as one, in order. */
export function each<T>(probes: readonly Probe<T>[]): Probe<readonly T[]> {
  return {
    reads: probes.flatMap((probe) => probe.reads),
    parse: (readings) => {
      let from = 0;
      return probes.map((probe) => {
        const to = from + probe.reads.length;
        const part = readings.slice(from, to);
        from = to;
        return probe.parse(part);
      });
    },
  };
}

/** Many probes as one, by name. */
export function all<T extends Record<string, unknown>>(probes: { readonly [K in keyof T]: Probe<T[K]> }): Probe<T> {
  const names = Object.keys(probes);
  const joined = each(names.map((name) => probes[name] as Probe<unknown>));
  return map(joined, (values) => Object.fromEntries(names.map((name, i) => [name, values[i]])) as T);
}

/** The probe, with what its parse throws turned into a value. */
export function recover<T>(probe: Probe<T>, fn: (error: unknown) => T): Probe<T> {
  return {
    reads: probe.reads,
    parse: (readings) => {
      try {
        return probe.parse(readings);
      } catch (error) {
        return fn(error);
      }
    },
  };
}
