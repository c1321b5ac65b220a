import type { LoadedWork } from '../config/load.ts';
import { DroverError } from '../core/errors.ts';
import type { Checked } from '../core/mistake.ts';
import { type HostStatus, isBad } from '../core/outcome.ts';
import { blocked } from '../core/plan.ts';
import { map } from '../core/probe.ts';
import type { HostStep, StepFinding } from '../core/step.ts';
import type { Work } from '../core/work.ts';
import type { HostHistory } from '../journal/history.ts';
import { bringAbout } from './change.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { outputFor, refuse } from './output.ts';
import { type PastRun, pastRun, pastRuns, statusOf } from './past-run.ts';
import { continueRecord, digestOf, runsFolder } from './run-record.ts';
import { usageError } from './usage.ts';
import { loadPlaybookFor, loadTaskFor, type TaskWords } from './work.ts';

type AgainArgs = Args<'resume'> & { readonly run: string };
type RunArgs = Args<'run'> & { readonly playbook: string };

/** `drover resume RUN`: the hosts that the run has not ended, in the same waves. */
export async function resumeCommand(args: AgainArgs, io: Io): Promise<number> {
  return await goOn('resume', args, io);
}

/** `drover retry RUN`: the hosts that ended badly. */
export async function retryCommand(args: AgainArgs, io: Io): Promise<number> {
  return await goOn('retry', args, io);
}

async function goOn(how: 'resume' | 'retry', args: AgainArgs, io: Io): Promise<number> {
  const past = pastRun(args.run, args, io);
  const { start, hosts } = past.history;
  if (start.of !== undefined)
    throw usageError(`${start.run} is a rollback`, `Run \`drover rollback ${start.of}\` again: what is back is left alone.`);
  const back = pastRuns(args, io).find(({ history }) => history.start.of === start.run);
  if (back !== undefined) throw usageError(`${start.run} was rolled back by ${back.folder.run}`, 'Run the playbook again instead.');
  const output = outputFor(args, io);
  const there = { ...io, cwd: start.cwd };
  const asked = { ...start.args, ...given(args), 'run-dir': runsFolder(args, io) };
  const loaded = reload(past, asked, there);
  if (!loaded.ok) return refuse(output, loaded.mistakes);
  const { work } = loaded.value;
  const { scrub } = outputFor(args, io);
  if (digestOf(work, { command: start.command, args: asked }, { io: there, scrub }) !== start.digest) throw moved(start.run);

  const isMeant = ({ status }: HostHistory) =>
    how === 'retry' ? status !== 'running' && isBad(status) : status === 'not started' || status === 'running';
  const again = hosts.filter(isMeant).map(({ name }) => name);
  // A run whose last host had ended, and which was cut before its own end, is brought to that.
  if (again.length === 0 && (how === 'retry' || past.history.end !== undefined)) {
    const because = how === 'retry' ? 'no host ended badly' : 'every host has come to its end';
    if (output.format === 'human') output.talk([because]);
    else output.json({ exit: 0, because });
    return 0;
  }
  const ended = new Map<string, HostStatus>(hosts.filter((host) => !isMeant(host)).map((host) => [host.name, statusOf(host)]));
  const recorder = async () => await continueRecord(past.folder, { how, hosts: again }, scrub);
  return await bringAbout(withoutRepeats(work, hosts), args, { io, recorder, ended });
}

/** What is given now wins over what was given then; what was secret then has to be given again. */
function given(args: AgainArgs): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(args).filter(([name, value]) => value !== undefined && !['_', '$0', '--', 'run'].includes(name)),
  );
}

function reload({ history: { start } }: PastRun, asked: Readonly<Record<string, unknown>>, io: Io): Checked<LoadedWork> {
  // They are the very args that this command was called with once.
  if (start.command === 'run') return loadPlaybookFor((asked as unknown as RunArgs).playbook, asked as unknown as RunArgs, io);
  return loadTaskFor(asked as unknown as Args<'task'> & TaskWords, io);
}

function moved(run: string): DroverError {
  return new DroverError('PLAN_STALE', `the playbook, the inventory or a value is not what ${run} began with`, {
    hint: 'Bring them back to go on with it, or start a new run. Values that were secret have to be given again with -e.',
  });
}

/** A command that is due on every run cannot be looked up on the host: what the journal knows of it decides. */
function withoutRepeats(work: Work, hosts: readonly HostHistory[]): Work {
  const standing = new Map(hosts.map((host) => [host.name, host.standing]));
  return {
    ...work,
    hosts: work.hosts.map(({ host, steps }) => ({
      host,
      steps: steps.map((step) => {
        const done = standing.get(host.name)?.findLast(({ number, repeats }) => number === step.number && repeats === true);
        return done === undefined ? step : once(step, done.inDoubt);
      }),
    })),
  };
}

function once(step: HostStep, inDoubt: boolean): HostStep {
  const instead: StepFinding = inDoubt
    ? {
        plan: blocked(
          'it was begun before the run was cut, and nobody knows whether it was done',
          'Look at the host; then start a new run for it with -l.',
        ),
        result: null,
      }
    : { skipped: 'it was done before the run was cut' };
  return { ...step, prepare: (registered) => map(step.prepare(registered), () => instead) };
}
