import type { LoadedWork } from '../config/load.ts';
import { DroverError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Checked } from '../core/mistake.ts';
import type { Work } from '../core/work.ts';
import type { ChangeArgs } from './change.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { outputFor } from './output.ts';
import { digestOf } from './run-record.ts';
import { loadPlaybookFor, loadTaskFor, type TaskWords } from './work.ts';

/** Work that was put on record once. */
export interface RecordedWork {
  /** What it is called in messages. */
  readonly label: string;
  readonly command: 'run' | 'task';
  readonly args: Readonly<Record<string, Json>>;
  readonly cwd: string;
  readonly digest: string;
}

/** The work made again, with the args and the folder that it was made with. */
export interface Remade {
  readonly work: Work;
  readonly args: ChangeArgs;
  readonly io: Io;
}

/** Asked for once, and not again without being said again. */
const NOT_AGAIN: ReadonlySet<string> = new Set([
  'yes',
  'check',
  'step',
  'out',
  'html',
  'junit',
  'run-dir',
  'wait-lock',
  'break-lock',
  'list-hosts',
  'list-tasks',
  'list-tags',
  'syntax-check',
]);
/** Added by yargs, or words of the command that goes on. */
const NOT_FLAGS: ReadonlySet<string> = new Set(['_', '$0', '--', 'run', 'playbook']);

/**
 * Makes work on record again from its playbook and inventory. What is given now wins over what was given then. Throws PLAN_STALE where
 * it is not the same any more.
 */
export async function remake(recorded: RecordedWork, now: object, io: Io): Promise<Checked<Remade>> {
  const then = Object.entries(recorded.args).filter(([name]) => !NOT_AGAIN.has(name));
  const given = Object.entries(now).filter(([name, value]) => value !== undefined && !NOT_FLAGS.has(name));
  // They are the very args that this program was called with once.
  const args = Object.fromEntries([...then, ...given]) as unknown as Args<'run'> & { readonly playbook: string };
  const there = { ...io, cwd: recorded.cwd };
  const loaded: Checked<LoadedWork> =
    recorded.command === 'run'
      ? await loadPlaybookFor(args.playbook, args, there)
      : await loadTaskFor(args as unknown as Args<'task'> & TaskWords, there);
  if (!loaded.ok) return loaded;
  const { work } = loaded.value;
  const { scrub } = outputFor(args, there);
  if (digestOf(work, scrub) !== recorded.digest) throw moved(recorded.label);
  return { ok: true, value: { work, args, io: there } };
}

function moved(label: string): DroverError {
  return new DroverError('PLAN_STALE', `the playbook, the inventory or a value is not what ${label} began with`, {
    hint: 'Bring them back to go on with it, or start anew. Values that were secret have to be given again with -e.',
  });
}
