import { randomUUID } from 'node:crypto';
import { DroverError } from '../core/errors.ts';
import type { Host } from '../core/host.ts';
import type { Session } from '../core/session.ts';
import type { Engine } from './engine-file.ts';
import { ALIVE_MS, SILENCE_MS } from './line.ts';
import { type Lost, Meeting } from './meeting.ts';
import { beatOf, DEFAULT_SITE } from './queue-names.ts';
import { MOST_LOST, type Open, RemoteSession } from './remote-session.ts';
import { openWays, type Way, type Ways } from './way.ts';

/** Opens sessions to hosts through workers near them. */
export interface QueueConnector {
  /** Rejects with a DroverError. The signal calls off a connect that is under way. */
  readonly connect: (host: Host, signal?: AbortSignal) => Promise<Session>;
  readonly close: () => Promise<void>;
}

/** Who is to be reached, and until when somebody wants that. */
interface Wanted {
  readonly engine: Engine;
  readonly ways: Ways;
  readonly host: Host;
  readonly signal: AbortSignal | undefined;
}

/** A connector for one run. Throws ENGINE_UNREACHABLE. */
export async function queueConnector(engine: Engine): Promise<QueueConnector> {
  const ways = await openWays(engine);
  return {
    connect: async (host, signal) => {
      const open = () => openSession({ engine, ways, host, signal });
      return new RemoteSession(host.name, await open(), open);
    },
    close: ways.close,
  };
}

/** A worker that is lost before it has reached the host has done nothing: another one is asked. */
async function openSession(wanted: Wanted): Promise<Open> {
  try {
    for (let lost = 0; ; lost += 1) {
      const way = await orCalledOff(wanted.ways.now(), wanted.signal);
      const met = await meet(way, wanted);
      if ('say' in met) return met;
      if (lost >= MOST_LOST) throw new DroverError('HOST_UNREACHABLE', `the worker was lost: ${met.lost}`);
    }
  } catch (error) {
    throw error instanceof DroverError ? error.at({ host: wanted.host.name }) : error;
  }
}

/** Puts a job into the queue of the host's site and waits for a worker that takes it and reaches the host. */
async function meet(way: Way, { engine, host, signal }: Wanted): Promise<Open | Lost> {
  const { wire } = way;
  const session = randomUUID();
  const site = host.connection.site ?? DEFAULT_SITE;
  const queue = way.queue(site);
  const meeting = new Meeting({ engine, wire, host, session });
  const hint = `Start one: drover worker --engine FILE --site ${site}`;
  const watch = watchJob(way, {
    site,
    session,
    onNobody: () => meeting.fail(new DroverError('HOST_UNREACHABLE', `site ${site} has no worker`, { hint })),
    onGone: () => meeting.lose('it is gone'),
  });
  const options = { jobId: session, removeOnComplete: true, removeOnFail: true };
  queue.add('session', { session, from: wire.channel }, options).catch((cause: Error) => {
    const fault = new DroverError('ENGINE_UNREACHABLE', `the engine's server takes no sessions: ${cause.message}`, { cause });
    // Of a wire that broke the meeting hears by itself.
    if (wire.isUp()) meeting.fail(fault);
  });
  try {
    return await orCalledOff(meeting.ended, signal);
  } catch (error) {
    meeting.fail(new Error('over'));
    // Nobody need take it any more; who has it is told when he asks.
    await queue.remove(session).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(watch);
  }
}

async function orCalledOff<T>(wait: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  let onAbort = (): void => {};
  const calledOff = new Promise<never>((_, refuse) => {
    onAbort = () => refuse(new DroverError('HOST_UNREACHABLE', 'interrupted while connecting'));
  });
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([wait, calledOff]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

interface Watch {
  readonly site: string;
  readonly session: string;
  readonly onNobody: () => void;
  readonly onGone: () => void;
}

/**
 * Looks whether a job waits in vain: no worker of its site has shown for a while that it takes sessions, or whoever took it is gone.
 * That a connection to a worker stands says nothing: its process may be stopped.
 */
function watchJob({ wire, queue }: Way, { site, session, onNobody, onGone }: Watch): NodeJS.Timeout {
  let beat: string | null | undefined;
  let beatAt = performance.now();
  const look = async (): Promise<void> => {
    const [newest, job] = await Promise.all([wire.connection.get(beatOf(site)), queue(site).getJob(session)]);
    if (beat !== undefined && newest !== beat) beatAt = performance.now();
    beat = newest;
    if (performance.now() - beatAt > SILENCE_MS) onNobody();
    else if (job === undefined) onGone();
  };
  // Where the server does not answer, the wire tells of it.
  return setInterval(() => void look().catch(() => undefined), ALIVE_MS);
}
