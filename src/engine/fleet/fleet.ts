import { setTimeout } from 'node:timers/promises';
import type { Helm } from '../../core/control.ts';
import { DroverError } from '../../core/errors.ts';
import type { Listener } from '../../core/events.ts';
import type { Measures } from '../../core/gate.ts';
import type { Host } from '../../core/host.ts';
import type { LeaseTerms } from '../../core/lease.ts';
import type { HostOutcome, HostStatus } from '../../core/outcome.ts';
import type { Session } from '../../core/session.ts';
import type { HostWork, Work } from '../../core/work.ts';
import { planHost } from '../host/converge.ts';
import type { HostOptions, Planned, Rebooting } from '../host/progress.ts';
import type { Limits } from '../script/limits.ts';
import type { AskStep } from './asker.ts';
import { forEachHost } from './for-each-host.ts';

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
  /** Asks a person of a step, for all hosts that have come to it; once `over`, nobody waits for the answer. Never rejects. */
  readonly askStep?: AskStep;
  /** Asks a person whether a wave may begin; once `over`, nobody waits for the answer. */
  readonly agree?: (batch: string, hosts: readonly string[], over: AbortSignal) => Promise<boolean>;
  /** Hands out the way to steer the run from outside. `abort` is as the first Ctrl-C. */
  readonly steering?: { readonly attach: (helm: Helm) => void; readonly abort: () => void };
  /** Whether hosts may be rebooted; without it no. */
  readonly reboots?: boolean;
  /** What the run says to hosts that it holds, so that no other run changes them meanwhile. */
  readonly lease?: LeaseTerms;
  /** What an earlier part of the run has brought about: its hosts are counted, and not gone through again. */
  readonly earlier?: Earlier;
}

/** What an earlier part of a run has brought about. */
export interface Earlier {
  readonly ended: ReadonlyMap<string, HostStatus>;
  /** Batches, by name, whose gate has let the run through. */
  readonly passed: ReadonlySet<string>;
  readonly measured: ReadonlyMap<string, Measures>;
}

/** How a run or plan ended: one outcome for each host, in the order of the work. */
export interface FleetOutcome {
  readonly hosts: readonly HostOutcome[];
  /** Why hosts were not started. */
  readonly stopped?: { readonly because: string };
  readonly interrupted: boolean;
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
    return await fn(session, { reconnect, pause, elapsed: () => performance.now(), cut });
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

/** Takes one host through something, whatever becomes of it. */
export async function goThrough(
  work: HostWork,
  options: FleetOptions,
  fn: (session: Session, host: HostOptions) => Promise<HostOutcome>,
): Promise<HostOutcome> {
  const { limits, listener, now, durable, object, reboots, lease } = options;
  const host = work.host.name;
  // Of a clock that nobody sets.
  const from = performance.now();
  const took = (): number => Math.round(performance.now() - from);
  listener({ type: 'host started', host, at: now() });
  let outcome: HostOutcome;
  try {
    const more = object === undefined ? {} : { object: (plans: readonly Planned[]) => object(host, plans) };
    const inside = await withSession(work.host, options, (session, rebooting) => {
      const { pause, cut } = rebooting;
      const leasing = lease === undefined ? {} : { lease: { ...lease, pause, cut } };
      return fn(session, { host, limits, listener, now, durable, ...more, ...leasing, ...(reboots === true ? { rebooting } : {}) });
    });
    outcome = { ...inside, durationMs: took() };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    const reached = { ...unreached(work, error.message), status: 'unreachable' } as const;
    outcome = { ...reached, error: error.at({ host }), durationMs: took() };
  }
  listener({ type: 'host ended', host, outcome, at: now() });
  await durable();
  return outcome;
}

/** A host that was not gone through. */
export function unreached({ host, steps }: HostWork, because: string): HostOutcome {
  const none = steps.map(({ number, name, task }) => ({ number, name, task, outcome: { status: 'not reached', because } as const }));
  return { host: host.name, status: 'not started', steps: none, looks: 0, acts: 0, durationMs: 0 };
}

/** Why it ended before the last host. */
export interface Ending {
  readonly stopped: string | undefined;
  readonly interrupted: boolean;
}

/** All outcomes in the order of the work. */
export function summed({ hosts }: Work, outcomes: ReadonlyMap<string, HostOutcome>, { stopped, interrupted }: Ending): FleetOutcome {
  const because = stopped ?? (interrupted ? 'the run was interrupted' : 'it is in no wave');
  return {
    hosts: hosts.map((one) => outcomes.get(one.host.name) ?? unreached(one, because)),
    ...(stopped === undefined ? {} : { stopped: { because: stopped } }),
    interrupted,
  };
}
