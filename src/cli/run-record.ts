import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Helm } from '../core/control.ts';
import type { Listener } from '../core/events.ts';
import type { Host } from '../core/host.ts';
import type { Json } from '../core/json.ts';
import type { Work } from '../core/work.ts';
import { holdRun, newRunFolder, type RunFolder, removeRun } from '../journal/folders.ts';
import { journalListener } from '../journal/listener.ts';
import { type OutputFiles, outputFiles } from '../journal/output-files.ts';
import { JOURNAL_VERSION, type RunStarted } from '../journal/record.ts';
import { type Journal, openJournal } from '../journal/writer.ts';
import { hidden, type Scrub } from '../report/scrub.ts';
import type { Io } from './io.ts';
import { runsFolder } from './runs-folder.ts';
import { openControl } from './steering.ts';

/** A run that is being put on record. */
export interface RunRecord {
  readonly run: string;
  readonly folder: RunFolder;
  /** The run that it takes back, where it does; such a one is itself not gone on with. */
  readonly of?: string;
  /** Runs that are over, whose hosts it takes over where they still hold them. */
  readonly heirTo: readonly string[];
  readonly listener: Listener;
  /** What hosts print that is too much to be shown. */
  readonly outputs: OutputFiles;
  readonly durable: () => Promise<void>;
  /** From now on it can be steered through the socket in its folder. */
  readonly attach: (helm: Helm) => void;
  /** Writes how it ended and lets go of it. */
  readonly close: (exit: number | undefined) => Promise<void>;
}

/** What a run is called by, and what it was asked for. */
export interface Asked {
  readonly command: RunStarted['command'];
  readonly args: object;
  /** The run that is taken back. */
  readonly of?: string;
  readonly heirTo?: readonly string[];
}

/** Begins the record of a new run. */
export async function startRecord(work: Work, asked: Asked, { io, scrub }: { readonly io: Io; readonly scrub: Scrub }): Promise<RunRecord> {
  const folder = newRunFolder(runsFolder(asked.args, io), new Date());
  try {
    const recording = { folder, scrub, io, of: asked.of, heirTo: asked.heirTo ?? [], release: holdRun(folder) };
    return await record(recording, (journal) => journal.append(startOf(folder, work, asked, { io, scrub })));
  } catch (error) {
    // A run that could not begin is none.
    removeRun(folder.path);
    throw error;
  }
}

function startOf({ run }: RunFolder, work: Work, asked: Asked, { io, scrub }: { readonly io: Io; readonly scrub: Scrub }): RunStarted {
  return {
    type: 'run started',
    version: JOURNAL_VERSION,
    run,
    command: asked.command,
    name: scrub(work.name),
    args: plainArgs(asked.args, scrub),
    cwd: io.cwd,
    digest: digestOf(work, scrub),
    ...(asked.of === undefined ? {} : { of: asked.of }),
    rollout: asJson(work.rollout),
    hosts: work.hosts.map(({ host }) => ({ name: host.name, groups: [...host.groups], connection: asJson(host.connection) })),
    at: Date.now(),
  };
}

/** Goes on with the record of a run that this process holds. */
export async function continueRecord(
  folder: RunFolder,
  again: { readonly how: 'resume' | 'retry'; readonly hosts: readonly string[] },
  { io, scrub }: { readonly io: Io; readonly scrub: Scrub },
): Promise<RunRecord> {
  return await record({ folder, scrub, io, of: undefined, heirTo: [], release: () => {} }, (journal) => {
    journal.append({ type: 'run continued', how: again.how, hosts: [...again.hosts], at: Date.now() });
  });
}

interface Recording {
  readonly folder: RunFolder;
  readonly scrub: Scrub;
  readonly io: Io;
  readonly of: string | undefined;
  readonly heirTo: readonly string[];
  /** Lets go of the run. */
  readonly release: () => void;
}

async function record(recording: Recording, begin: (journal: Journal) => void): Promise<RunRecord> {
  const { folder, scrub, io, of, heirTo, release } = recording;
  const journal = await openJournal(folder.path);
  begin(journal);
  await journal.durable();
  const control = await openControl(folder, io);
  return {
    run: folder.run,
    folder,
    ...(of === undefined ? {} : { of }),
    heirTo,
    listener: journalListener(journal, scrub),
    outputs: outputFiles(join(folder.path, 'output')),
    durable: journal.durable,
    attach: control.attach,
    close: async (exit) => {
      control.close();
      if (exit !== undefined) journal.append({ type: 'run ended', exit, at: Date.now() });
      try {
        await journal.durable();
      } finally {
        await journal.close();
        release();
      }
    },
  };
}

/** Tells whether a run would still be what it was: its hosts, its steps with their values, the texts of the playbook. Secrets do not count. */
export function digestOf(work: Work, scrub: Scrub): string {
  const hosts = work.hosts.map(({ host, steps }) => [host.name, reachedAs(host), steps.map(({ prepare: _, ...step }) => step)]);
  return createHash('sha256')
    .update(JSON.stringify(hidden([work.texts ?? [], work.rollout, hosts], scrub)))
    .digest('hex');
}

/** Where a host is and as whom it is worked on. How one logs in, with which agent or key, may change between two parts of a run. */
function reachedAs({ connection: { address, port, user, become } }: Host): object {
  return { address, port, user, ...(become === undefined ? {} : { become }) };
}

/** What was typed: flags by their long names and words, without what yargs adds. */
export function plainArgs(args: object, scrub: Scrub): Record<string, Json> {
  const typed = Object.entries(args).filter(([name, value]) => value !== undefined && name.length > 1 && !['$0', '--'].includes(name));
  return hidden(asJson(Object.fromEntries(typed)), scrub) as Record<string, Json>;
}

function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value));
}
