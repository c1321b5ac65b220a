import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DroverError } from '../core/errors.ts';
import { makeFolder } from './make-folder.ts';
import { JOURNAL } from './writer.ts';

const HELD = 'held';
const HOLDER = 'process';
const OTHER_PLACE = 'Name another place with --run-dir.';
const RUN_ID = /^\d{8}-\d{9}-[a-z]{2}$/;
const EXEC = /^exec-\d{8}-\d{9}-[a-z]{2}$/;

/** A run's folder. */
export interface RunFolder {
  readonly run: string;
  readonly path: string;
}

/** Makes the folder of a new run. Its name is the time (UTC), or comes right behind the newest one where the clock was set back. */
export function newRunFolder(parent: string, at: Date): RunFolder {
  try {
    makeFolder(parent);
    const newest = runFolders(parent).at(-1)?.run ?? '';
    const run = `${stamp(stamp(at) > newest.slice(0, 18) ? at : new Date(timeOf(newest) + 1))}-${letters()}`;
    const path = join(parent, run);
    mkdirSync(path, { mode: 0o700 });
    return { run, path };
  } catch (cause) {
    throw new DroverError('USAGE', `${parent}: the run's folder cannot be made: ${(cause as Error).message}`, {
      hint: OTHER_PLACE,
      cause,
    });
  }
}

function letters(): string {
  return Array.from({ length: 2 }, () => String.fromCharCode(97 + randomInt(26))).join('');
}

function stamp(at: Date): string {
  return at
    .toISOString()
    .replace(/[-:.Z]/g, '')
    .replace('T', '-');
}

/** The time that a run's name says. */
function timeOf(run: string): number {
  return Date.parse(run.replace(/^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})(\d{3}).*$/, '$1-$2-$3T$4:$5:$6.$7Z'));
}

/** A folder's path for what an ad hoc command printed, which is no run. */
export function execFolder(parent: string, at: Date): string {
  return join(parent, `exec-${stamp(at)}-${letters()}`);
}

/** All runs, the oldest first. */
export function runFolders(parent: string): readonly RunFolder[] {
  return namesIn(parent)
    .filter((name) => RUN_ID.test(name))
    .sort()
    .map((run) => ({ run, path: join(parent, run) }));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR'].includes(code)) return [];
    throw new DroverError('USAGE', `${folder} cannot be listed: ${message}`, { hint: OTHER_PLACE, cause: error });
  }
}

/** The run that is meant: by its name, by a beginning of it that no other has, or `last`. */
export function findRun(parent: string, word: string): RunFolder {
  const all = runFolders(parent);
  const found = word === 'last' ? all.slice(-1) : all.filter(({ run }) => run.startsWith(word));
  const [only] = found;
  const hint = `\`drover runs\` lists those in ${parent}.`;
  if (only === undefined) throw new DroverError('USAGE', `there is no run ${word}`, { hint });
  if (found.length > 1) throw new DroverError('USAGE', `${word} is the beginning of ${found.length} runs`, { hint });
  return only;
}

/** Keeps a run for this process; the way to let go of it. Throws RUN_HELD where another one has it. */
export function holdRun({ run, path }: RunFolder): () => void {
  const { count, holder } = lastHold(path);
  if (holder !== undefined) throw new DroverError('RUN_HELD', `${run} is held by process ${holder}`);
  const own = join(path, `hold-${process.pid}`);
  const hold = join(path, `${HELD}-${count + 1}`);
  try {
    mkdirSync(own, { recursive: true, mode: 0o700 });
    writeFileSync(join(own, HOLDER), `${process.pid} ${bornAt(process.pid) ?? ''}\n`, { mode: 0o600 });
    // It comes whole, and a folder that holds something is never replaced: of many that try at once one succeeds.
    renameSync(own, hold);
  } catch (error) {
    if (existsSync(own)) rmSync(own, { recursive: true });
    throw unheld({ run, path }, error);
  }
  return () => rmSync(hold, { recursive: true, force: true });
}

function unheld({ run, path }: RunFolder, cause: unknown): DroverError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOTEMPTY' || code === 'EEXIST') return new DroverError('RUN_HELD', `${run} was just taken by another process`, { cause });
  const hint = code === 'EACCES' || code === 'EROFS' ? { hint: 'Ask who made the run; -C shows what is left of it to do.' } : {};
  return new DroverError('JOURNAL_FAILED', `${path}: the run cannot be held: ${message}`, { ...hint, cause });
}

/** The process that has a run in its hands, if it lives. */
export function holderOf(path: string): number | undefined {
  return lastHold(path).holder;
}

/** The last hold that a process has not given back. Those of processes that are gone stay: to take one away would race with who takes over. */
function lastHold(path: string): { readonly count: number; readonly holder: number | undefined } {
  const counts = namesIn(path).flatMap((name) => (name.startsWith(`${HELD}-`) ? [Number(name.slice(HELD.length + 1))] : []));
  const count = Math.max(0, ...counts);
  const [pid, born] =
    tryRead(join(path, `${HELD}-${count}`, HOLDER))
      ?.trim()
      .split(' ') ?? [];
  const lives = pid !== undefined && born !== undefined && bornAt(Number(pid)) === born;
  return { count, holder: lives ? Number(pid) : undefined };
}

/** Removes runs, and what ad hoc commands printed, last written to before a time, if nobody holds them; their names. */
export function pruneRuns(parent: string, before: Date): readonly string[] {
  const execs = namesIn(parent).filter((name) => EXEC.test(name));
  const all = [...runFolders(parent), ...execs.map((run) => ({ run, path: join(parent, run) }))];
  const old = all.filter(({ path }) => writtenAt(path) < before.getTime());
  const free = old.filter(({ path }) => holderOf(path) === undefined);
  for (const { path } of free) removeRun(path);
  return free.map(({ run }) => run);
}

/** Removes a run's folder. */
export function removeRun(path: string): void {
  try {
    rmSync(path, { recursive: true });
  } catch (cause) {
    throw new DroverError('USAGE', `${path}: the run cannot be removed: ${(cause as Error).message}`, { hint: OTHER_PLACE, cause });
  }
}

function writtenAt(path: string): number {
  return (statSync(join(path, JOURNAL), { throwIfNoEntry: false }) ?? statSync(path)).mtimeMs;
}

/** When a process started, in the kernel's ticks: with it a number that was given anew is told apart (proc(5), /proc/pid/stat). */
function bornAt(pid: number): string | undefined {
  // The name in parentheses may hold anything; behind the last one the third field follows.
  return tryRead(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')[19];
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
