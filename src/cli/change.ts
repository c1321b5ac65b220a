import type { Host } from '../core/host.ts';
import { fold } from '../core/nodeset.ts';
import { type HostOutcome, isBad } from '../core/outcome.ts';
import { isOnlyReboot } from '../core/reboot.ts';
import type { Work } from '../core/work.ts';
import { exitCode } from '../engine/fleet/exit-code.ts';
import type { Earlier, FleetOutcome } from '../engine/fleet/fleet.ts';
import type { SavedPlan } from '../journal/saved-plan.ts';
import { fleetLines } from '../report/fleet-text.ts';
import { htmlPage } from '../report/html-page.ts';
import { countOf } from '../report/summary.ts';
import { confirm, hasTerminal } from './asking.ts';
import type { Args, FleetArgs } from './command-flags.ts';
import { type Conducted, type Conducting, conduct, present } from './conduct.ts';
import { handOver, type ReportArgs, refuseHandOver } from './hand-over.ts';
import type { Io } from './io.ts';
import { locksOf } from './locks.ts';
import { recordedRun } from './past-run.ts';
import { pastRunPage } from './past-run-page.ts';
import { type Reach, withReach } from './reach.ts';
import { type Asked, type RunRecord, startRecord } from './run-record.ts';
import { refuseTooMany, usageError } from './usage.ts';

/** Somebody said no, which is as if they had pressed Ctrl-C. */
const INTERRUPTED = 130;
const YES = 'Use -y to go on without being asked, or -C to see the plan.';
const CHOOSE = 'Use -y without --step, and choose steps with -t, --skip-tags or --start-at-task.';

type PlanArgs = FleetArgs & ReportArgs & Pick<Args<'task'>, 'diff' | 'detailed-exitcode'> & { readonly reboot?: boolean | undefined };
export type ChangeArgs = PlanArgs &
  Pick<Args<'task'>, 'check' | 'yes' | 'wait-lock' | 'break-lock'> & { readonly step?: boolean | undefined };

/** What a run needs besides its work. */
export interface BringingAbout {
  readonly io: Io;
  readonly recorder: Recorder;
  /** What an earlier part of the run has brought about. */
  readonly earlier?: Earlier;
  /** A plan that was agreed to: a host that is not as it says is not changed. */
  readonly agreed?: SavedPlan;
  /** Takes a run back that stopped early, where its rollout wants that. */
  readonly back?: (run: string, reach: Reach) => Promise<void>;
}

/** How a run gets its record: a new one, or that of the run it goes on with. */
export type Recorder = (work: Work, reach: Reach) => Promise<RunRecord>;

/** Looks and plans, and shows it; nothing is changed. */
export async function planOnly(work: Work, args: PlanArgs, io: Io, save?: SavePlan): Promise<number> {
  refuseTooMany(work.hosts.length, args['max-hosts']);
  refuseHandOver(args, io);
  return await withReach({ args, io, hosts: hostsOf(work) }, async (reach) => {
    const planned = await conduct('plan', work, { reach, io, reboots: args.reboot === true });
    const exit = exitCode(planned.outcome, { detailed: args['detailed-exitcode'] === true });
    present(planned, exit, reach.output);
    handOver(planned, reach.output, { args, io, work });
    save?.(planned, reach);
    return exit;
  });
}

/** Keeps a plan, so that it can be agreed to and done as it stands. */
export type SavePlan = (planned: Conducted, reach: Reach) => void;

/** Brings the hosts to what the work says. Without -y it plans, shows and asks before; with -y each host is looked at only once. */
export async function bringAbout(work: Work, args: ChangeArgs, { io, recorder, earlier, agreed, back }: BringingAbout): Promise<number> {
  const rest = earlier === undefined ? work : { ...work, hosts: work.hosts.filter(({ host }) => !earlier.ended.has(host.name)) };
  if (args.check === true) return await planOnly(rest, args, io);
  const reboots = args.reboot === true;
  const locks = locksOf(args);
  refuseTooMany(rest.hosts.length, args['max-hosts']);
  refuseHandOver(args, io);
  refuseUnasked(args);
  return await withReach({ args, io, hosts: hostsOf(rest) }, async (reach) => {
    // Where no host is left, there is nothing to plan and nothing to agree to: a gate is asked again.
    if (args.yes !== true && rest.hosts.length > 0) {
      const decided = await decide(rest, { reach, io, reboots, step: args.step === true }, args);
      if (decided !== 'go on') return decided;
    }
    const record = await recorder(work, reach);
    const more = { ...(earlier === undefined ? {} : { earlier }), ...(agreed === undefined ? {} : { agreed }) };
    const { exit, isStopped, done } = await runRecorded(work, record, { reach, io, reboots, locks, step: args.step === true, ...more });
    handOver(done, reach.output, { args, io, work, page: () => htmlPage(pastRunPage(recordedRun(record))) });
    if (isStopped && work.rollout.onStop === 'rollback') await back?.(record.run, reach);
    return exit;
  });
}

/** Runs, shows what came of it, and closes the record whatever happens. */
export async function runRecorded(
  work: Work,
  record: RunRecord,
  at: Conducting,
): Promise<{ readonly exit: number; readonly isStopped: boolean; readonly done: Conducted }> {
  let exit: number | undefined;
  try {
    const done = await conduct('run', work, { ...at, record });
    // What a run leaves to be done waits for a reboot, and is not as wanted.
    exit = exitCode(done.outcome, { detailed: true });
    present(done, exit, at.reach.output);
    tellWays(record, done.outcome, at.reach);
    return { exit, isStopped: done.outcome.stopped !== undefined, done };
  } finally {
    await record.close(exit);
  }
}

/** A recorder that begins a new run. */
export function newRun(asked: Asked, io: Io): Recorder {
  return async (work, { output: { scrub } }) => await startRecord(work, asked, { io, scrub });
}

/** How to go on and how to go back, where there is something to go on with or back from. */
function tellWays({ run, of }: RunRecord, outcome: FleetOutcome, { output }: Reach): void {
  const ways = of === undefined ? waysOn(run, outcome) : waysBack(of, outcome);
  if (ways.length > 0) output.talk([output.talkStyle.paint.dim(ways.join('; '))]);
}

function waysOn(run: string, { hosts, interrupted, stopped }: FleetOutcome): readonly string[] {
  // Where no act was made, there is nothing to take back.
  const changed = hosts.some(({ acts, status }) => acts > 0 || status === 'changed');
  const open = interrupted || stopped !== undefined || hosts.some(({ status }) => status === 'not started');
  const bad = hosts.some(({ status, error }) => isBad(status) && error?.code !== 'GATE_FAILED');
  return [
    ...(bad ? [`\`drover retry ${run}\` tries the bad hosts again`] : []),
    // They count until they are put right: before that it would stop where it stands.
    ...(open ? [`\`drover resume ${run}\` goes on${bad && stopped !== undefined ? ' after that' : ''}`] : []),
    ...(changed ? [`\`drover rollback ${run}\` takes it back`] : []),
  ];
}

/** A rollback that stopped would stop there again: others are taken back without the hosts that a person has to look at. */
function waysBack(of: string, { hosts, stopped }: FleetOutcome): readonly string[] {
  const bad = hosts.filter(({ status }) => isBad(status)).map(({ host }) => host);
  if (stopped === undefined || bad.length === 0) return [];
  return [`\`drover rollback ${of} -l 'all:!${fold(bad)}'\` takes back the others`];
}

/** Plans, shows the plan and asks; an exit status where that is the end. */
async function decide(work: Work, at: Conducting, args: ReportArgs): Promise<'go on' | number> {
  const planned = await conduct('plan', work, at);
  const { output } = at.reach;
  const pending = planned.outcome.hosts.filter(isPending);
  // With nothing to ask for, the plan is the end of the run.
  const exit = exitCode(planned.outcome, { detailed: true });
  if (planned.outcome.interrupted || pending.length === 0) {
    present(planned, exit, output);
    handOver(planned, output, { args, io: at.io, work });
    return exit;
  }
  output.talk(fleetLines(planned.report, output.talkStyle));
  const how = at.step === true ? 'Go through these changes step by step' : 'Make these changes';
  if (await confirm(`${how} on ${countOf(pending.length, 'host')}?`, YES)) return 'go on';
  output.talk(['nothing was changed']);
  return INTERRUPTED;
}

/** What is agreed to beforehand is asked of nobody, and without a terminal nobody is asked. */
function refuseUnasked({ yes, step }: ChangeArgs): void {
  if (yes === true && step === true) throw usageError('--step asks before each step, and -y wants nothing asked', CHOOSE);
  if (yes === true || hasTerminal()) return;
  throw usageError('changes are not made without a yes, and there is no terminal to ask on', step === true ? CHOOSE : YES);
}

function hostsOf({ hosts }: Work): readonly Host[] {
  return hosts.map(({ host }) => host);
}

/** Whether a run would change the host. */
function isPending({ steps }: HostOutcome): boolean {
  return steps.some(({ outcome }) => {
    if (outcome.status === 'drift') return !('waitsFor' in outcome) || !isOnlyReboot(outcome);
    return outcome.status === 'unknown';
  });
}
