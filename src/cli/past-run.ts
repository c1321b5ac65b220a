import type { Inventory, InventoryHost } from '../config/load.ts';
import type { Change } from '../core/change.ts';
import { DroverError } from '../core/errors.ts';
import type { HostStatus } from '../core/outcome.ts';
import type { StandingStep } from '../engine/fleet/rollback.ts';
import { findRun, holderOf, holdRun, type RunFolder, runFolders } from '../journal/folders.ts';
import { historyOf, type RunHistory } from '../journal/history.ts';
import { readJournal, readObject } from '../journal/reader.ts';
import { restoreChange } from '../journal/stored.ts';
import type { HostHistory } from '../journal/track.ts';
import type { Io } from './io.ts';
import { runsFolder } from './runs-folder.ts';

/** A run that was put on record. */
export interface PastRun {
  readonly folder: RunFolder;
  readonly history: RunHistory;
}

/** The run that is meant by a word. */
export function pastRun(word: string, args: Parameters<typeof runsFolder>[0], io: Io): PastRun {
  return recordedRun({ folder: findRun(runsFolder(args, io), word) });
}

/**
 * Keeps a run in this process's hands while something is done with it. That comes before its journal is read: what another process did
 * with it after that would be done twice. With -C nothing is done, and others may have it.
 */
export async function withRun(
  { run, check, ...args }: Parameters<typeof runsFolder>[0] & { readonly run: string; readonly check?: boolean | undefined },
  io: Io,
  use: (past: PastRun) => Promise<number>,
): Promise<number> {
  const folder = findRun(runsFolder(args, io), run);
  const release = check === true ? () => {} : holdRun(folder);
  try {
    return await use(recordedRun({ folder }));
  } finally {
    release();
  }
}

/** The run of this folder. */
export function recordedRun({ folder }: { readonly folder: RunFolder }): PastRun {
  return { folder, history: historyOf(readJournal(folder.path), folder.path) };
}

/** All runs that can be read, the oldest first. */
export function pastRuns(args: Parameters<typeof runsFolder>[0], io: Io): readonly PastRun[] {
  return readRuns(args, io).runs;
}

/** All runs, the oldest first, and why some cannot be read: one damaged journal keeps nobody from the others. */
export function readRuns(
  args: Parameters<typeof runsFolder>[0],
  io: Io,
): { readonly runs: readonly PastRun[]; readonly unreadable: readonly DroverError[] } {
  const runs: PastRun[] = [];
  const unreadable: DroverError[] = [];
  for (const folder of runFolders(runsFolder(args, io))) {
    try {
      runs.push(recordedRun({ folder }));
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      unreadable.push(error);
    }
  }
  return { runs, unreadable };
}

/** How a run stands: `running` while a process has it, `held` where that is after its end, `cut` where none has and no end is on record. */
export function stateOf({ folder, history }: PastRun): string {
  if (holderOf(folder.path) !== undefined) return history.end === undefined ? 'running' : 'held';
  return history.end === undefined ? 'cut' : `exit ${history.end.exit}`;
}

/** A host's status as people know it: of a run that was cut nobody knows how the running ones ended. */
export function statusOf({ status }: HostHistory): HostStatus {
  return status === 'running' ? 'unknown' : status;
}

/** What of a run stands on a host, whole again. */
export function standingOn({ standing }: HostHistory, { path }: RunFolder): readonly StandingStep[] {
  return standing.map(({ number, name, task, params, repeats, inDoubt, changes }) => ({
    number,
    name,
    task,
    ...(params === undefined ? {} : { params }),
    ...(repeats === undefined ? {} : { repeats }),
    inDoubt,
    changes: changes.flatMap((change): readonly Change[] =>
      change.kind === 'secret' ? [] : [restoreChange(change, (digest) => readObject(path, digest))],
    ),
    secret: changes.flatMap((change) => (change.kind === 'secret' ? [change.what] : [])),
  }));
}

/** The hosts of a run as an inventory, for patterns. */
export function inventoryOf({ folder, history }: PastRun): Inventory {
  const hosts = history.start.hosts.map(
    ({ name, groups }): InventoryHost => ({ name, groups, vars: {}, settings: {}, layers: [], source: folder.run }),
  );
  const names = [...new Set(hosts.flatMap(({ groups }) => groups))];
  const groups = names.map((name) => {
    const members = hosts.filter((host) => host.groups.includes(name)).map((host) => host.name);
    return [name, { name, hosts: members, children: [], parents: [], source: folder.run }] as const;
  });
  return { hosts: new Map(hosts.map((host) => [host.name, host])), groups: new Map(groups), warnings: [] };
}
