import { adhocWork, type Inventory, type LoadedWork, loadPlaybook, type PlaybookOptions, type WorkOptions } from '../config/load.ts';
import type { Checked } from '../core/mistake.ts';
import { health } from '../probes/health.ts';
import { hostFacts } from '../probes/host.ts';
import { tasks } from '../tasks/index.ts';
import type { Args } from './command-flags.ts';
import { type ConnectArgs, connectWith } from './connection.ts';
import type { Io } from './io.ts';
import { loadInventoryFor, within } from './targets.ts';

type PlaybookArgs = TaskArgs & Pick<Args<'validate'>, 'tags' | 'skip-tags' | 'start-at-task'> & Partial<Pick<Args<'plan'>, 'seed'>>;

/** A playbook laid over the inventory, with everything checked that can be known without a connection. */
export function loadPlaybookFor(path: string, args: PlaybookArgs, io: Io): Checked<LoadedWork> {
  const inventory = loadInventoryFor(args, io);
  if (!inventory.ok) return inventory;
  const tags = commas(args.tags);
  const skipTags = commas(args['skip-tags']);
  const startAt = args['start-at-task'];
  const { seed } = args;
  const options: PlaybookOptions = {
    ...workOptions(args, io, inventory.value),
    ...(seed === undefined ? {} : { seed }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(skipTags.length === 0 ? {} : { skipTags }),
    ...(startAt === undefined ? {} : { startAt }),
  };
  return loadPlaybook(path, inventory.value, options);
}

/** The words of `drover task` that are no flags. */
export interface TaskWords {
  readonly name: string;
  readonly pattern: string;
  readonly params: readonly string[];
}

type TaskArgs = Pick<Args<'task'>, 'inventory' | 'limit' | 'exclude'> &
  ConnectArgs & { readonly 'extra-vars'?: readonly string[] | undefined };

/** One task for the hosts of a pattern, as a playbook of one step. */
export function loadTaskFor(args: TaskArgs & TaskWords, io: Io): Checked<LoadedWork> {
  const inventory = loadInventoryFor(args, io);
  if (!inventory.ok) return inventory;
  const { name: task, pattern, params } = args;
  return adhocWork({ task, pattern, params }, inventory.value, workOptions(args, io, inventory.value));
}

function workOptions(args: TaskArgs, io: Io, inventory: Inventory): WorkOptions {
  const extraVars = args['extra-vars'];
  return {
    tasks,
    facts: hostFacts,
    measures: health,
    secrets: io.secrets,
    connect: connectWith(args, io, inventory),
    folder: io.cwd,
    home: io.home,
    ...within(args),
    ...(extraVars === undefined ? {} : { extraVars }),
  };
}

/** `-t a,b -t c` as Ansible reads it. */
function commas(words: readonly string[] | undefined): readonly string[] {
  return (words ?? []).flatMap((word) => word.split(',')).map((word) => word.trim());
}
