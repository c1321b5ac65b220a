import { dirname, resolve } from 'node:path';
import { adhocWork, type Inventory, type LoadedWork, loadPlaybook, type PlaybookOptions, type WorkOptions } from '../config/load.ts';
import type { Checked } from '../core/mistake.ts';
import { health } from '../probes/health.ts';
import { hostFacts } from '../probes/host.ts';
import type { Args } from './command-flags.ts';
import { type ConnectArgs, connectWith } from './connection.ts';
import { loadInventoryFor, within } from './inventory.ts';
import type { Io } from './io.ts';
import { type Catalogue, catalogueOf } from './own-tasks.ts';

type PlaybookArgs = TaskArgs & Pick<Args<'validate'>, 'tags' | 'skip-tags' | 'start-at-task'> & Partial<Pick<Args<'plan'>, 'seed'>>;

/** A playbook laid over the inventory, with everything checked that can be known without a connection. */
export async function loadPlaybookFor(path: string, args: PlaybookArgs, io: Io): Promise<Checked<LoadedWork>> {
  const inventory = loadInventoryFor(args, io);
  if (!inventory.ok) return inventory;
  const catalogue = await catalogueOf(dirname(resolve(io.cwd, path)), dirname(path));
  if (!catalogue.ok) return catalogue;
  const tags = commas(args.tags);
  const skipTags = commas(args['skip-tags']);
  const startAt = args['start-at-task'];
  const { seed } = args;
  const options: PlaybookOptions = {
    ...workOptions(args, io, { inventory: inventory.value, catalogue: catalogue.value }),
    ...(seed === undefined ? {} : { seed }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(skipTags.length === 0 ? {} : { skipTags }),
    ...(startAt === undefined ? {} : { startAt }),
  };
  return withTexts(loadPlaybook(path, inventory.value, options), catalogue.value);
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
export async function loadTaskFor(args: TaskArgs & TaskWords, io: Io): Promise<Checked<LoadedWork>> {
  const inventory = loadInventoryFor(args, io);
  if (!inventory.ok) return inventory;
  const catalogue = await catalogueOf(io.cwd, '');
  if (!catalogue.ok) return catalogue;
  const { name: task, pattern, params } = args;
  const options = workOptions(args, io, { inventory: inventory.value, catalogue: catalogue.value });
  return withTexts(adhocWork({ task, pattern, params }, inventory.value, options), catalogue.value);
}

/** A task that has changed makes other work. */
function withTexts(loaded: Checked<LoadedWork>, { texts }: Catalogue): Checked<LoadedWork> {
  if (!loaded.ok || texts.length === 0) return loaded;
  const { work } = loaded.value;
  return { ok: true, value: { ...loaded.value, work: { ...work, texts: [...(work.texts ?? []), ...texts] } } };
}

interface WorkBase {
  readonly inventory: Inventory;
  readonly catalogue: Catalogue;
}

function workOptions(args: TaskArgs, io: Io, { inventory, catalogue }: WorkBase): WorkOptions {
  const extraVars = args['extra-vars'];
  return {
    tasks: catalogue.tasks,
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
