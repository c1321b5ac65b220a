import { dirname, resolve } from 'node:path';
import { selectHosts } from '../config/load.ts';
import { DroverError } from '../core/errors.ts';
import type { Connection } from '../core/host.ts';
import type { Json } from '../core/json.ts';
import type { Probe } from '../core/probe.ts';
import type { Rollout } from '../core/rollout.ts';
import type { AnyTask, Finding } from '../core/task.ts';
import type { HostWork, Work } from '../core/work.ts';
import { lasting, rollbackSteps } from '../engine/fleet/rollback.ts';
import { holderOf } from '../journal/folders.ts';
import type { RunStarted } from '../journal/record.ts';
import { hostsLabel } from '../report/fold.ts';
import { printable } from '../report/printable.ts';
import { type BringingAbout, bringAbout, newRun, runRecorded } from './change.ts';
import type { Args } from './command-flags.ts';
import { within } from './inventory.ts';
import type { Io } from './io.ts';
import { locksOf } from './locks.ts';
import { outputFor, refuse } from './output.ts';
import { catalogueOf } from './own-tasks.ts';
import { inventoryOf, type PastRun, pastRun, pastRuns, standingOn, withRun } from './past-run.ts';
import { usageError } from './usage.ts';

type RollbackArgs = Args<'rollback'>;

/** `drover rollback RUN`: a run of its own, over the same hosts in the same waves, whose steps take back what stands. */
export async function rollbackCommand(args: RollbackArgs & { readonly run: string }, io: Io): Promise<number> {
  return await withRun(args, io, (past) => takeBack(past, args, io));
}

async function takeBack(past: PastRun, args: RollbackArgs, io: Io): Promise<number> {
  const { start } = past.history;
  if (start.of !== undefined) throw usageError(`${start.run} is itself a rollback, of ${start.of}`, 'Run the playbook again instead.');
  const output = outputFor(args, io);
  const chosen = selectHosts(inventoryOf(past), { pattern: 'all', ...within(args) }, { folder: io.cwd, home: io.home });
  if (!chosen.ok) return refuse(output, chosen.mistakes);
  const work = await workBack(past, { args, io, names: new Set(chosen.value.map(({ name }) => name)) });
  if (work.hosts.length === 0) {
    const because = `nothing of ${start.run} stands on these hosts`;
    if (output.format === 'human') output.talk([because]);
    else output.json({ exit: 0, because });
    return 0;
  }
  output.talk(stayingLines(past, work));
  // Why a step is left alone is what people have to know here.
  const told = { ...args, verbose: Math.max(args.verbose, 1) };
  return await bringAbout(work, told, {
    io,
    recorder: newRun({ command: 'rollback', args, of: start.run, heirTo: heirTo(start.run, args, io) }, io),
  });
}

/** Takes back a run that has just stopped, over the same connections' secrets. It was agreed to with the playbook. */
export function goingBack(args: RollbackArgs, io: Io): NonNullable<BringingAbout['back']> {
  return async (run, reach) => {
    const past = pastRun(run, args, io);
    const work = await workBack(past, { args, io, names: new Set(past.history.hosts.map(({ name }) => name)) });
    const { output } = reach;
    if (work.hosts.length === 0) return;
    output.talk([`${run} stopped, and is taken back`, ...stayingLines(past, work)]);
    // A document has one end: this one is told beside it.
    const told = output.format === 'json' ? { ...output, format: 'human' as const, data: output.talk } : output;
    const record = await newRun({ command: 'rollback', args, of: run, heirTo: [run] }, io)(work, reach);
    await runRecorded(work, record, {
      reach: { ...reach, output: told },
      io,
      reboots: args.reboot === true,
      locks: locksOf(args),
    });
  };
}

/** The run that is taken back, and rollbacks of it that were cut: their hosts need not be waited for. */
function heirTo(of: string, args: RollbackArgs, io: Io): readonly string[] {
  const backs = pastRuns(args, io).filter(({ history, folder }) => history.start.of === of && holderOf(folder.path) === undefined);
  return [of, ...backs.map(({ folder }) => folder.run)];
}

interface Back {
  readonly args: RollbackArgs;
  readonly io: Io;
  readonly names: ReadonlySet<string>;
}

/** What cannot be taken back, told before anybody agrees. */
function stayingLines({ history, folder }: PastRun, work: Work): readonly string[] {
  const names = new Set(work.hosts.map(({ host }) => host.name));
  const staying = history.hosts
    .filter(({ name }) => names.has(name))
    .flatMap((host) => standingOn(host, folder).flatMap((step) => lasting(step).map((what) => ({ host: host.name, step, what }))));
  const texts = [...new Set(staying.map(({ step, what }) => `step ${step.number} ${step.name}: ${what}`))];
  return texts.map((text) => {
    const hosts = staying.filter(({ step, what }) => `step ${step.number} ${step.name}: ${what}` === text).map(({ host }) => host);
    return printable(`${hostsLabel([...new Set(hosts)])}: stays, for it cannot be taken back: ${text}`);
  });
}

async function workBack(past: PastRun, { args, io, names }: Back): Promise<Work> {
  const { start, hosts } = past.history;
  const done = takenBack(start.run, args, io);
  const review = reviewBy(await tasksOf(start));
  const connections = new Map(start.hosts.map((host) => [host.name, host]));
  const laid = hosts.flatMap((host): readonly HostWork[] => {
    const recorded = connections.get(host.name);
    const standing = standingOn(host, past.folder).filter(({ number }) => !done.has(`${host.name} ${number}`));
    if (recorded === undefined || standing.length === 0 || !names.has(host.name)) return [];
    const { name, groups, connection } = recorded;
    return [{ host: { name, groups, vars: {}, connection: connection as unknown as Connection }, steps: rollbackSteps(standing, review) }];
  });
  // Waves and budget are those of the run; it bakes no more, asks nobody again, and is not taken back itself.
  const { waves, budget } = start.rollout as unknown as Rollout;
  const plain = waves.map(({ bakeMs: _, confirm: __, ...wave }) => wave);
  return { name: `rollback of ${start.name}`, hosts: laid, rollout: { waves: plain, ...(budget === undefined ? {} : { budget }) } };
}

/** What earlier rollbacks of the run have taken back, as `host step`. */
function takenBack(run: string, args: RollbackArgs, io: Io): ReadonlySet<string> {
  const backs = pastRuns(args, io).filter(({ history }) => history.start.of === run);
  const hosts = backs.flatMap(({ history }) => history.hosts);
  return new Set(
    hosts.flatMap(({ name, standing }) => standing.filter(({ inDoubt }) => !inDoubt).map(({ params }) => `${name} ${stepOf(params)}`)),
  );
}

/** The step that a rollback's step took back; it is on record as its params. */
function stepOf(params: Json | undefined): number | undefined {
  const step = typeof params === 'object' && params !== null && 'step' in params ? params['step'] : undefined;
  return typeof step === 'number' ? step : undefined;
}

/** The tasks that the run had, in the folder of its playbook. */
async function tasksOf({ args, cwd }: RunStarted): Promise<readonly AnyTask[]> {
  const { playbook } = args;
  const folder = typeof playbook === 'string' ? dirname(resolve(cwd, playbook)) : cwd;
  const catalogue = await catalogueOf(folder, folder);
  if (catalogue.ok) return catalogue.value.tasks;
  const [first] = catalogue.mistakes;
  throw new DroverError('PLAYBOOK_INVALID', `${first?.source}: ${first?.message}`, {
    hint: 'The tasks of the run are asked what stands; put the file right.',
  });
}

function reviewBy(tasks: readonly AnyTask[]) {
  return (name: string, params: Json): Probe<Finding> | undefined => {
    const task = tasks.find((one) => one.name === name);
    return task?.params.safeParse(params).success === true ? task.prepare(params) : undefined;
  };
}
