import { setTimeout } from 'node:timers/promises';
import { DroverError } from '../core/errors.ts';
import type { Measures } from '../core/gate.ts';
import { type HostOutcome, isBad } from '../core/outcome.ts';
import type { HostWork, Work } from '../core/work.ts';
import { convergeHost } from './converge.ts';
import { type FleetOptions, type FleetOutcome, goThrough, summed, unreached, withSession } from './fleet.ts';
import { forEachHost } from './for-each-host.ts';
import { type Judging, judgeHost, measureHost } from './gate.ts';
import { afterEvent, beginRollout, mayStart, type RolloutEvent, type RolloutState, waiting } from './rollout.ts';
import { type HostVerdict, sayVerdict } from './verdict.ts';
import { type Batch, batchesOf } from './waves.ts';

/** A run under way: the rollout decides, this does. */
interface Drive {
  readonly work: Work;
  readonly options: FleetOptions;
  readonly byName: ReadonlyMap<string, HostWork>;
  readonly outcomes: Map<string, HostOutcome>;
  readonly measured: Map<string, Measures>;
  state: RolloutState;
}

/** Converges all hosts: wave by wave, none after the budget is spent, none harmed by another, a gate between waves. */
export async function runFleet(work: Work, options: FleetOptions): Promise<FleetOutcome> {
  const byName = new Map(work.hosts.map((one) => [one.host.name, one]));
  const batches = batchesOf(work.rollout, [...byName.keys()]);
  const hasGate = (work.gate?.conditions.length ?? 0) > 0 || work.hosts.some(({ gate }) => gate !== undefined && gate.length > 0);
  const { earlier, interrupt } = options;
  const state = beginRollout({ batches, budget: work.rollout.budget, hasGate, ...(earlier === undefined ? {} : { earlier }) });
  const outcomes = new Map<string, HostOutcome>();
  for (const [name, status] of earlier?.ended ?? []) {
    const one = byName.get(name);
    if (one !== undefined) outcomes.set(name, { ...unreached(one, 'it ended before the run was gone on with'), status });
  }
  const drive: Drive = { work, options, byName, outcomes, measured: new Map(earlier?.measured), state };
  if (state.stopped !== undefined) tellStopped(drive);
  while (drive.state.order.do !== 'end') await obey(drive);
  return summed(work, outcomes, { stopped: drive.state.stopped, interrupted: interrupt.stop.aborted });
}

/** Does what is ordered, and tells the rollout how it came out. */
async function obey(drive: Drive): Promise<void> {
  const { options, state } = drive;
  const { order } = state;
  const batch = state.batches[state.at];
  if (batch === undefined) throw new Error('a rollout without a batch');
  switch (order.do) {
    case 'ask': {
      const yes = (await options.agree?.(batch.name, batch.hosts)) ?? false;
      return happen(drive, { type: 'answered', yes });
    }
    case 'run':
      return await runBatch(drive, batch);
    case 'bake':
      options.listener({ type: 'baking', wave: batch.name, ms: order.ms, at: options.now() });
      await setTimeout(order.ms, undefined, { signal: options.interrupt.stop }).catch(() => undefined);
      return happen(drive, { type: 'baked' });
    case 'judge':
      return await judgeBatch(drive, batch);
    case 'end':
      return;
    default:
      order satisfies never;
  }
}

function happen(drive: Drive, event: RolloutEvent): void {
  const wasStopped = drive.state.stopped !== undefined;
  if (drive.options.interrupt.stop.aborted && !drive.state.interrupted) drive.state = afterEvent(drive.state, { type: 'interrupted' });
  drive.state = afterEvent(drive.state, event);
  if (!wasStopped && drive.state.stopped !== undefined) tellStopped(drive);
}

function tellStopped({ options: { listener, now }, state: { stopped } }: Drive): void {
  if (stopped !== undefined) listener({ type: 'stopped', because: stopped, at: now() });
}

async function runBatch(drive: Drive, { name, hosts, concurrency: bound = Number.POSITIVE_INFINITY }: Batch): Promise<void> {
  const { options, outcomes, work } = drive;
  const { listener, now, interrupt } = options;
  const concurrency = Math.min(bound, options.concurrency);
  const members = waiting(drive.state).flatMap((host) => drive.byName.get(host) ?? []);
  listener({ type: 'wave started', wave: name, hosts, at: now() });
  const run = async (one: HostWork): Promise<void> => {
    const host = one.host.name;
    happen(drive, { type: 'host started', host });
    const outcome = await goThrough(one, options, async (session, inside) => {
      if (work.gate !== undefined && work.gate.conditions.length > 0) {
        const measures = await measureHost(session, work.gate, inside);
        drive.measured.set(host, measures);
        listener({ type: 'measured', host, measures, at: now() });
      }
      return await convergeHost(session, one.steps, inside);
    });
    outcomes.set(host, outcome);
    happen(drive, { type: 'host ended', host, status: outcome.status });
  };
  await forEachHost(members, run, { concurrency, stop: () => interrupt.stop.aborted || !mayStart(drive.state) });
  const bad = hosts.filter((host) => isBad(outcomes.get(host)?.status ?? 'not started')).length;
  listener({ type: 'wave ended', wave: name, bad, at: now() });
  await options.durable();
  happen(drive, { type: 'batch ended' });
}

/** Asks the gate of every host of the batch that was changed. */
async function judgeBatch(drive: Drive, { name, hosts }: Batch): Promise<void> {
  const { options, outcomes, byName, measured, work } = drive;
  const changed = hosts.filter((host) => outcomes.get(host)?.status === 'changed').flatMap((host) => byName.get(host) ?? []);
  const verdicts = await judgeHosts(changed, options, { gate: work.gate, before: (host) => measured.get(host) });
  const { verdict } = sayVerdict(verdicts);
  const held = verdicts.filter((one) => one.verdict !== 'pass');
  const event = { type: 'judged', hosts: verdicts } as const;
  const through = verdict === 'pass' || afterEvent(drive.state, event).passed.has(name);
  options.listener({ type: 'gate judged', wave: name, verdict, through, hosts: held, at: options.now() });
  for (const one of held) failAtGate(outcomes, one);
  await options.durable();
  happen(drive, event);
}

/** A host whose gate fails has failed, whatever its steps came to. */
function failAtGate(outcomes: Map<string, HostOutcome>, { host, verdict, because }: HostVerdict): void {
  const outcome = outcomes.get(host);
  if (outcome === undefined || verdict !== 'fail') return;
  const error = new DroverError('GATE_FAILED', `its gate failed: ${because}`, { where: { host } });
  outcomes.set(host, { ...outcome, status: 'failed', error });
}

/** Asks the gate of every host as it is now, whatever changed it. */
export async function judgeFleet(work: Work, options: FleetOptions): Promise<readonly HostVerdict[]> {
  return await judgeHosts(work.hosts, options, { gate: work.gate, before: () => 'as now' });
}

interface Asking {
  readonly gate: Judging['gate'];
  readonly before: (host: string) => Judging['before'];
}

async function judgeHosts(hosts: readonly HostWork[], options: FleetOptions, { gate, before }: Asking): Promise<readonly HostVerdict[]> {
  const { now, concurrency, limits, durable, interrupt } = options;
  const judge = async (one: HostWork): Promise<HostVerdict> => {
    const host = one.host.name;
    const inside = { host, limits, listener: () => {}, now, durable };
    try {
      return await withSession(one.host, options, (session) => judgeHost(session, one, { gate, before: before(host), options: inside }));
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      return { host, verdict: 'inconclusive', because: error.message };
    }
  };
  const verdicts = await forEachHost(hosts, judge, { concurrency, stop: () => interrupt.cut.aborted });
  return hosts.map(({ host }, i) => verdicts[i] ?? { host: host.name, verdict: 'inconclusive', because: 'it was not asked' });
}
