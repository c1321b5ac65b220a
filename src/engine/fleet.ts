import { setTimeout } from 'node:timers/promises';
import { DroverError } from '../core/errors.ts';
import type { Listener } from '../core/events.ts';
import type { Host } from '../core/host.ts';
import { type HostOutcome, type HostStatus, isBad } from '../core/outcome.ts';
import type { Session } from '../core/session.ts';
import type { HostWork, Work } from '../core/work.ts';
import { type Ended, spent } from './budget.ts';
import { convergeHost, planHost } from './converge.ts';
import { forEachHost } from './for-each-host.ts';
import type { Limits } from './limits.ts';
import type { HostOptions, Planned, Rebooting } from './progress.ts';
import { batchesOf } from './waves.ts';

/** How hosts are reached, and when to stop. */
export interface Reaching {
  readonly connect: (host: Host, signal: AbortSignal) => Promise<Session>;
  /** Hosts that go at a time. */
  readonly concurrency: number;
  /** `stop`: no further host starts, what runs goes on. `cut`: connections are closed, what was being changed is in doubt. */
  readonly interrupt: { readonly stop: AbortSignal; readonly cut: AbortSignal };
}

/** What a run or plan of many hosts is given. */
export interface FleetOptions extends Reaching {
  readonly limits: Limits;
  readonly listener: Listener;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Settles when all that was told so far would outlast a power loss. Throws DroverError. */
  readonly durable: () => Promise<void>;
  /** Asked before each act of a host: an error ends the host as it is. */
  readonly object?: (host: string, plans: readonly Planned[]) => DroverError | undefined;
  /** Hosts that an earlier part of the run has ended: they are counted, and not gone through again. */
  readonly ended?: ReadonlyMap<string, HostStatus>;
  /** Whether hosts may be rebooted; without it no. */
  readonly reboots?: boolean;
}

/** How a run or plan ended: one outcome for each host, in the order of the work. */
export interface FleetOutcome {
  readonly hosts: readonly HostOutcome[];
  /** Why hosts were not started. */
  readonly stopped?: { readonly because: string };
  readonly interrupted: boolean;
}

/** Converges all hosts: wave by wave, none after the budget is spent, none harmed by another. */
export async function runFleet(work: Work, options: FleetOptions): Promise<FleetOutcome> {
  const byName = new Map(work.hosts.map((one) => [one.host.name, one]));
  const outcomes = new Map<string, HostOutcome>();
  const ended: Ended[] = [];
  let stopped: string | undefined;
  const { listener, now, interrupt, concurrency } = options;
  const batches = batchesOf(work.rollout, [...byName.keys()]);

  for (const [i, { wave, name, hosts }] of batches.entries()) {
    const stop = (): boolean => {
      if (stopped === undefined && !interrupt.stop.aborted) {
        stopped = spent(work.rollout.budget, ended, wave);
        if (stopped !== undefined) listener({ type: 'stopped', because: stopped, at: now() });
      }
      return stopped !== undefined || interrupt.stop.aborted;
    };
    listener({ type: 'wave started', wave: name, hosts, at: now() });
    const earlier = hosts.flatMap((host) => options.ended?.get(host) ?? []);
    ended.push(...earlier.map((status) => ({ wave, status })));
    const members = hosts.filter((host) => options.ended?.has(host) !== true).flatMap((host) => byName.get(host) ?? []);
    const run = async (one: HostWork): Promise<void> => {
      const outcome = await goThrough(one, options, (session, host) => convergeHost(session, one.steps, host));
      outcomes.set(one.host.name, outcome);
      ended.push({ wave, status: outcome.status });
    };
    await forEachHost(members, run, { concurrency, stop });
    const bad = hosts.filter((host) => isBad(outcomes.get(host)?.status ?? options.ended?.get(host) ?? 'not started')).length;
    listener({ type: 'wave ended', wave: name, bad, at: now() });
    // A budget that the wave's very last host has spent keeps the next wave from starting.
    if (i < batches.length - 1 && stop()) break;
  }
  for (const one of work.hosts) {
    const status = options.ended?.get(one.host.name);
    if (status !== undefined) outcomes.set(one.host.name, { ...unreached(one, 'it ended before the run was gone on with'), status });
  }
  return summed(work, outcomes, { stopped, interrupted: interrupt.stop.aborted });
}

/** Plans all hosts. What plans is given no way to change a host. */
export async function planFleet(work: Work, options: FleetOptions): Promise<FleetOutcome> {
  const outcomes = new Map<string, HostOutcome>();
  const { stop } = options.interrupt;
  await forEachHost(
    work.hosts,
    async (one) => {
      const plan = (session: Session, host: HostOptions) =>
        planHost({ look: (script, exchange) => session.look(script, exchange) }, one.steps, host);
      outcomes.set(one.host.name, await goThrough(one, options, plan));
    },
    { concurrency: options.concurrency, stop: () => stop.aborted },
  );
  return summed(work, outcomes, { stopped: undefined, interrupted: stop.aborted });
}

/** Connects, does something with the session, and closes it, also when it is cut meanwhile. */
export async function withSession<T>(
  host: Host,
  { connect, interrupt: { cut } }: Reaching,
  fn: (session: Session, rebooting: Rebooting) => Promise<T>,
): Promise<T> {
  let session = await reach(host, connect, cut);
  const close = (): void => void session.close();
  const reconnect = async (): Promise<Session> => {
    await session.close();
    // Who waits for a host counts its attempts himself.
    session = await reach({ ...host, connection: { ...host.connection, connectRetries: 0 } }, connect, cut);
    return session;
  };
  const pause = async (ms: number): Promise<void> => {
    await setTimeout(ms, undefined, { signal: cut }).catch(() => undefined);
  };
  cut.addEventListener('abort', close, { once: true });
  try {
    // It may have come between the connect and the listener.
    if (cut.aborted) close();
    return await fn(session, { reconnect, pause, cut });
  } finally {
    cut.removeEventListener('abort', close);
    await session.close();
  }
}

async function reach(host: Host, connect: Reaching['connect'], cut: AbortSignal): Promise<Session> {
  try {
    return await connect(host, cut);
  } catch (error) {
    if (error instanceof DroverError || !cut.aborted) throw error;
    throw new DroverError('HOST_UNREACHABLE', 'interrupted while connecting', { cause: error });
  }
}

async function goThrough(
  work: HostWork,
  options: FleetOptions,
  fn: (session: Session, host: HostOptions) => Promise<HostOutcome>,
): Promise<HostOutcome> {
  const { limits, listener, now, durable, object, reboots } = options;
  const host = work.host.name;
  const startedAt = now();
  listener({ type: 'host started', host, at: startedAt });
  let outcome: HostOutcome;
  try {
    const more = object === undefined ? {} : { object: (plans: readonly Planned[]) => object(host, plans) };
    const inside = await withSession(work.host, options, (session, rebooting) =>
      fn(session, { host, limits, listener, now, durable, ...more, ...(reboots === true ? { rebooting } : {}) }),
    );
    outcome = { ...inside, durationMs: now() - startedAt };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    const reached = { ...unreached(work, error.message), status: 'unreachable' } as const;
    outcome = { ...reached, error: error.at({ host }), durationMs: now() - startedAt };
  }
  listener({ type: 'host ended', host, outcome, at: now() });
  await durable();
  return outcome;
}

function unreached({ host, steps }: HostWork, because: string): HostOutcome {
  const none = steps.map(({ number, name, task }) => ({ number, name, task, outcome: { status: 'not reached', because } as const }));
  return { host: host.name, status: 'not started', steps: none, looks: 0, acts: 0, durationMs: 0 };
}

interface Ending {
  readonly stopped: string | undefined;
  readonly interrupted: boolean;
}

function summed({ hosts }: Work, outcomes: ReadonlyMap<string, HostOutcome>, { stopped, interrupted }: Ending): FleetOutcome {
  const because = stopped ?? (interrupted ? 'the run was interrupted' : 'it is in no wave');
  return {
    hosts: hosts.map((one) => outcomes.get(one.host.name) ?? unreached(one, because)),
    ...(stopped === undefined ? {} : { stopped: { because: stopped } }),
    interrupted,
  };
}
