import { setTimeout } from 'node:timers/promises';
import { type HostOutcome, isBad } from '../../core/outcome.ts';
import type { AskedStep } from '../../core/step.ts';
import type { HostWork, Work } from '../../core/work.ts';
import { convergeHost } from '../host/converge.ts';
import { newAsker } from './asker.ts';
import { type Drive, happen, reply, tellStopped } from './drive.ts';
import { type FleetOptions, type FleetOutcome, goThrough, summed, unreached } from './fleet.ts';
import { forEachHost } from './for-each-host.ts';
import { hasGate, measureHost } from './gate.ts';
import { helmOf } from './helm.ts';
import { judgeBatch, measureUntouched } from './judge-fleet.ts';
import { beginRollout, mayStart, waiting } from './rollout.ts';
import { type Batch, batchesOf } from './waves.ts';

/** Converges all hosts: wave by wave, none after the budget is spent, none harmed by another, a gate between waves. */
export async function runFleet(work: Work, options: FleetOptions): Promise<FleetOutcome> {
  const byName = new Map(work.hosts.map((one) => [one.host.name, one]));
  const batches = batchesOf(work.rollout, [...byName.keys()]);
  const { earlier, interrupt } = options;
  const state = beginRollout({
    batches,
    budget: work.rollout.budget,
    hasGate: hasGate(work),
    ...(earlier === undefined ? {} : { earlier }),
  });
  const outcomes = new Map<string, HostOutcome>();
  for (const [name, status] of earlier?.ended ?? []) {
    const one = byName.get(name);
    if (one !== undefined) outcomes.set(name, { ...unreached(one, 'it ended before the run was gone on with'), status });
  }
  const measured = new Map(earlier?.measured);
  const wake = new AbortController();
  const asker = options.askStep && newAsker(options.askStep, { ...options, stop: interrupt.stop });
  const drive: Drive = { work, options, byName, outcomes, measured, asker, begun: new Set(), state, bakesUntil: undefined, wake };
  const interrupted = (): void => happen(drive, { type: 'interrupted' });
  if (interrupt.stop.aborted) interrupted();
  interrupt.stop.addEventListener('abort', interrupted, { once: true });
  tellStopped(drive);
  options.steering?.attach(helmOf(drive, options.steering.abort));
  while (drive.state.order.do !== 'end') await obey(drive);
  interrupt.stop.removeEventListener('abort', interrupted);
  return summed(work, outcomes, { stopped: drive.state.stopped, interrupted: interrupt.stop.aborted });
}

/** Does what is ordered, and tells the rollout how it came out. */
async function obey(drive: Drive): Promise<void> {
  const { options, state } = drive;
  const { order } = state;
  const batch = state.batches[state.at];
  if (batch === undefined) throw new Error('a rollout without a batch');
  drive.wake = new AbortController();
  const { signal } = drive.wake;
  switch (order.do) {
    case 'ask': {
      const yes = (await options.agree?.(batch.name, batch.hosts, signal)) ?? false;
      return reply(drive, order, { type: 'answered', yes });
    }
    case 'run':
      return await runBatch(drive, batch);
    case 'pause':
      return await new Promise<void>((done) => signal.addEventListener('abort', () => done()));
    case 'bake':
      drive.bakesUntil = options.now() + order.ms;
      options.listener({ type: 'baking', wave: batch.name, ms: order.ms, at: options.now() });
      await setTimeout(order.ms, undefined, { signal }).catch(() => undefined);
      if (!options.interrupt.stop.aborted) options.listener({ type: 'baked', wave: batch.name, at: options.now() });
      await options.durable();
      return reply(drive, order, { type: 'baked' });
    case 'judge':
      return await judgeBatch(drive, batch);
    case 'end':
      return;
    default:
      order satisfies never;
  }
}

async function runBatch(drive: Drive, { name, hosts, concurrency: bound = Number.POSITIVE_INFINITY }: Batch): Promise<void> {
  const { options, outcomes, work, begun, asker } = drive;
  const { listener, now } = options;
  const concurrency = Math.min(bound, options.concurrency);
  const members = waiting(drive.state).flatMap((host) => drive.byName.get(host) ?? []);
  if (!begun.has(name)) listener({ type: 'wave started', wave: name, hosts, at: now() });
  // Where an earlier part of the run has begun the batch, it was measured then.
  if (!begun.has(name) && hosts.every((host) => !drive.state.started.has(host))) await measureUntouched(drive);
  begun.add(name);
  const run = async (one: HostWork): Promise<void> => {
    const host = one.host.name;
    happen(drive, { type: 'host started', host });
    asker?.join(host);
    const outcome = await goThrough(one, options, async (session, inside) => {
      if (work.gate !== undefined && work.gate.conditions.length > 0) {
        const measures = await measureHost(session, work.gate, inside);
        drive.measured.set(host, measures);
        listener({ type: 'measured', host, measures, at: now() });
      }
      const asking = asker && { ask: (step: AskedStep) => asker.ask({ ...step, host }) };
      return await convergeHost(session, one.steps, { ...inside, ...asking });
    });
    asker?.leave(host);
    outcomes.set(host, outcome);
    happen(drive, { type: 'host ended', host, status: outcome.status });
  };
  await forEachHost(members, run, { concurrency, stop: () => !mayStart(drive.state) });
  // Held by a person, it has not ended.
  const { stopped, interrupted } = drive.state;
  if (waiting(drive.state).length > 0 && stopped === undefined && !interrupted) return happen(drive, { type: 'batch ended' });
  const bad = hosts.filter((host) => isBad(outcomes.get(host)?.status ?? 'not started')).length;
  listener({ type: 'wave ended', wave: name, bad, at: now() });
  await options.durable();
  happen(drive, { type: 'batch ended' });
}
