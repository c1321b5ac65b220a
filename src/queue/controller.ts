import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { DroverError } from '../core/errors.ts';
import type { Host } from '../core/host.ts';
import type { Session } from '../core/session.ts';
import type { Engine } from './engine-file.ts';
import { Meeting } from './meeting.ts';
import { DEFAULT_SITE, PREFIX, queueOf, type SessionJob } from './queue-names.ts';
import { type Open, RemoteSession } from './remote-session.ts';
import { openWire, type Wire } from './wire.ts';

/** Opens sessions to hosts through workers near them. */
export interface QueueConnector {
  /** Rejects with a DroverError. The signal calls off a connect that is under way. */
  readonly connect: (host: Host, signal?: AbortSignal) => Promise<Session>;
  readonly close: () => Promise<void>;
}

/** Where a site has no worker for so long, its hosts cannot be reached. */
const NO_WORKER_MS = 15_000;
const ASK_MS = 3_000;

interface Shared {
  readonly engine: Engine;
  readonly wire: Wire;
  readonly queues: Map<string, Queue<SessionJob>>;
}

/** A connector for one run. Throws ENGINE_UNREACHABLE. */
export async function queueConnector(engine: Engine): Promise<QueueConnector> {
  const wire = await openWire(engine);
  const shared: Shared = { engine, wire, queues: new Map() };
  return {
    connect: async (host, signal) => {
      const open = () => openSession(shared, host, signal);
      return new RemoteSession(host.name, await open(), open);
    },
    close: async () => {
      // BullMQ would wait for a server that is gone.
      if (wire.isUp()) await Promise.all([...shared.queues.values()].map((queue) => queue.close()));
      wire.close();
    },
  };
}

function queueFor({ queues, wire }: Shared, site: string): Queue<SessionJob> {
  const queue = queues.get(site) ?? new Queue<SessionJob>(queueOf(site), { connection: wire.connection, prefix: PREFIX });
  queue.on('error', () => {}); // the wire tells of it
  queues.set(site, queue);
  return queue;
}

/** Puts a job into the queue of the host's site and waits for a worker that takes it and reaches the host. */
async function openSession(shared: Shared, host: Host, signal: AbortSignal | undefined): Promise<Open> {
  const { wire } = shared;
  const session = randomUUID();
  const site = host.connection.site ?? DEFAULT_SITE;
  const queue = queueFor(shared, site);
  const meeting = new Meeting({ ...shared, host, session });
  const calledOff = () => meeting.fail(new DroverError('HOST_UNREACHABLE', 'interrupted while connecting'));
  signal?.addEventListener('abort', calledOff, { once: true });
  const hint = `Start one: drover worker --engine FILE --site ${site}`;
  const watch = watchJob(queue, session, (why) => meeting.fail(new DroverError('HOST_UNREACHABLE', `site ${site} ${why}`, { hint })));
  try {
    const options = { jobId: session, removeOnComplete: true, removeOnFail: true };
    await queue.add('session', { session, from: wire.channel }, options);
    return await meeting.opened;
  } catch (error) {
    // Nobody need take it any more; who has it is told when he asks.
    await queue.remove(session).catch(() => undefined);
    throw error instanceof DroverError ? error.at({ host: host.name }) : error;
  } finally {
    clearInterval(watch);
    signal?.removeEventListener('abort', calledOff);
  }
}

/** Calls where a job waits in vain: its site has no workers for a while, or whoever took it is gone. */
function watchJob(queue: Queue<SessionJob>, session: string, onVain: (why: string) => void): NodeJS.Timeout {
  let seenAt = performance.now();
  const look = async (): Promise<void> => {
    const [count, job] = await Promise.all([queue.getWorkersCount(), queue.getJob(session)]);
    if (count > 0) seenAt = performance.now();
    if (performance.now() - seenAt > NO_WORKER_MS) onVain('has no worker');
    else if (job === undefined) onVain('had a worker for it that is gone');
  };
  // Where the server does not answer, the wire tells of it.
  return setInterval(() => void look().catch(() => undefined), ASK_MS);
}
