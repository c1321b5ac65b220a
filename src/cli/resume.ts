import { type HostStatus, isBad } from '../core/outcome.ts';
import { blocked } from '../core/plan.ts';
import { map } from '../core/probe.ts';
import type { HostStep, StepFinding } from '../core/step.ts';
import type { Work } from '../core/work.ts';
import { hasGate } from '../engine/fleet/gate.ts';
import { batchesOf } from '../engine/fleet/waves.ts';
import type { RunHistory } from '../journal/history.ts';
import type { HostHistory } from '../journal/track.ts';
import { bringAbout, type Recorder } from './change.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { outputFor, refuse } from './output.ts';
import { type PastRun, pastRuns, statusOf, withRun } from './past-run.ts';
import { remake } from './remake.ts';
import { goingBack } from './rollback.ts';
import { continueRecord } from './run-record.ts';
import { usageError } from './usage.ts';

type AgainArgs = Args<'resume'> & { readonly run: string };

/** `drover resume RUN`: the hosts that the run has not ended, in the same waves. */
export async function resumeCommand(args: AgainArgs, io: Io): Promise<number> {
  return await goOn('resume', args, io);
}

/** `drover retry RUN`: the hosts that ended badly. */
export async function retryCommand(args: AgainArgs, io: Io): Promise<number> {
  return await goOn('retry', args, io);
}

async function goOn(how: 'resume' | 'retry', args: AgainArgs, io: Io): Promise<number> {
  return await withRun(args, io, async (past) => {
    refuseTakenBack(past, args, io);
    return await goOnWith(past, how, { args, io });
  });
}

function refuseTakenBack({ history: { start } }: PastRun, args: AgainArgs, io: Io): void {
  if (start.of !== undefined)
    throw usageError(`${start.run} is a rollback`, `Run \`drover rollback ${start.of}\` again: what is back is left alone.`);
  const back = pastRuns(args, io).find(({ history }) => history.start.of === start.run);
  if (back !== undefined) throw usageError(`${start.run} was rolled back by ${back.folder.run}`, 'Run the playbook again instead.');
}

async function goOnWith(
  past: PastRun,
  how: 'resume' | 'retry',
  { args, io }: { readonly args: AgainArgs; readonly io: Io },
): Promise<number> {
  const { start, hosts } = past.history;
  const output = outputFor(args, io);
  const { run: label, command, args: then, cwd, digest } = start;
  const remade = await remake({ label, command: command === 'task' ? 'task' : 'run', args: then, cwd, digest }, args, io);
  if (!remade.ok) return refuse(output, remade.mistakes);
  const { work } = remade.value;

  // Where only the gate failed, the steps are done: there is nothing in them to try again.
  const isMeant = ({ status, isLeft, gate }: HostHistory) =>
    how === 'retry'
      ? status !== 'running' && isBad(status) && gate === undefined
      : status === 'not started' || status === 'running' || isLeft;
  const again = hosts.filter(isMeant).map(({ name }) => name);
  // A run whose last host had ended, and which was cut before its own end or is held at its last gate, is brought to that.
  if (again.length === 0 && (how === 'retry' || (past.history.end !== undefined && past.history.stopped === undefined))) {
    const because = how === 'retry' ? 'no host ended badly' : 'every host has come to its end';
    if (output.format === 'human') output.talk([because]);
    else output.json({ exit: 0, because });
    return 0;
  }
  const ended = new Map<string, HostStatus>(
    hosts.filter((host) => !isMeant(host)).map((host) => [host.name, host.gate === 'held' ? 'changed' : statusOf(host)]),
  );
  const measured = new Map(hosts.flatMap(({ name, measures }) => (measures === undefined ? [] : [[name, measures] as const])));
  const earlier = { ended, measured, passed: passedBatches(past.history, work, new Set(again)) };
  const recorder: Recorder = async (_, { output: { scrub } }) => await continueRecord(past.folder, { how, hosts: again }, { io, scrub });
  return await bringAbout(withoutRepeats(work, hosts), remade.value.args, {
    io: remade.value.io,
    recorder,
    earlier,
    back: goingBack(args, io),
  });
}

/**
 * Batches that are not waited for again: their gate has let the run through or, where no gate is asked, they have baked; and none of
 * their hosts is gone through again, of which no gate knows.
 */
function passedBatches({ passed, baked }: RunHistory, work: Work, again: ReadonlySet<string>): ReadonlySet<string> {
  const through = new Set([...passed, ...(hasGate(work) ? [] : baked)]);
  const names = work.hosts.map(({ host }) => host.name);
  const open = batchesOf(work.rollout, names).filter(({ hosts }) => hosts.some((host) => again.has(host)));
  for (const { name } of open) through.delete(name);
  return through;
}

/** A command that is due on every run cannot be looked up on the host: what the journal knows of it decides. */
function withoutRepeats(work: Work, hosts: readonly HostHistory[]): Work {
  const standing = new Map(hosts.map((host) => [host.name, host.standing]));
  return {
    ...work,
    hosts: work.hosts.map((one) => ({
      ...one,
      steps: one.steps.map((step) => {
        const done = standing.get(one.host.name)?.findLast(({ number, repeats }) => number === step.number && repeats === true);
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
