import { setTimeout } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { Engine } from './engine-file.ts';
import { SILENCE_MS } from './line.ts';
import { PREFIX, queueOf, type SessionJob } from './queue-names.ts';
import { openWire, type Wire } from './wire.ts';

/** A wire, and the queues of sites over it. */
export interface Way {
  readonly wire: Wire;
  readonly queue: (site: string) => Queue<SessionJob>;
}

/** A controller's ways to the server, one after the other. */
export interface Ways {
  /** The present one, or a new one where it broke. Throws ENGINE_UNREACHABLE when the server is away for longer than SILENCE_MS. */
  readonly now: () => Promise<Way>;
  readonly close: () => Promise<void>;
}

const PAUSE_MS = 500;

/** Opens the first. Throws ENGINE_UNREACHABLE. */
export async function openWays(engine: Engine): Promise<Ways> {
  let way = await openWay(engine);
  let laying: Promise<Way> | undefined;
  const lay = async (): Promise<Way> => {
    const { downAt } = way;
    for (;;) {
      try {
        way = await openWay(engine);
        return way;
      } catch (error) {
        // Since the break, not since this call: a fleet does not wait for it host by host.
        if (performance.now() - downAt() > SILENCE_MS) throw error;
        await setTimeout(PAUSE_MS);
      }
    }
  };
  return {
    now: async () => {
      if (way.wire.isUp()) return way;
      laying ??= lay().finally(() => {
        laying = undefined;
      });
      return await laying;
    },
    close: () => way.close(),
  };
}

async function openWay(engine: Engine) {
  const wire = await openWire(engine);
  const queues = new Map<string, Queue<SessionJob>>();
  let downAt = 0;
  wire.onDown(() => {
    downAt = performance.now();
  });
  return {
    wire,
    queue: (site: string): Queue<SessionJob> => {
      const known = queues.get(site);
      if (known !== undefined) return known;
      const queue = new Queue<SessionJob>(queueOf(site), { connection: wire.connection, prefix: PREFIX });
      queue.on('error', () => {}); // the wire tells of it
      queues.set(site, queue);
      return queue;
    },
    downAt: () => downAt,
    close: async (): Promise<void> => {
      // BullMQ would wait for a server that is gone.
      if (wire.isUp()) await Promise.all([...queues.values()].map((queue) => queue.close()));
      wire.close();
    },
  };
}
