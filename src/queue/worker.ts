import { Worker } from 'bullmq';
import { DroverError } from '../core/errors.ts';
import type { Engine } from './engine-file.ts';
import { type Keep, keepSession } from './keep-session.ts';
import { ALIVE_MS, SILENCE_MS } from './line.ts';
import { beatOf, PREFIX, queueOf, type SessionJob } from './queue-names.ts';
import { openWire, type Wire } from './wire.ts';

export interface WorkerOptions extends Keep {
  readonly engine: Engine;
  readonly sites: readonly string[];
  /** Sessions at a time. */
  readonly concurrency: number;
}

/** Takes sessions until it is stopped, or the server goes away. */
export interface RunningWorker {
  /** Takes no more, and ends when those it has are ended. */
  readonly stop: () => void;
  /** Ends those it has, too: what was under way on their hosts is in doubt. */
  readonly cut: () => void;
  /** Its end. Rejects with ENGINE_UNREACHABLE where the server went away: its sessions are cut then, for words of them are lost. */
  readonly ended: Promise<void>;
}

const GONE = "the engine's server went away, or nothing was heard of it for 15 s; sessions were cut";
const AGAIN = 'Start the worker again when the server is back; systemd does so: see docs/scale.md.';

/** Starts a worker. Throws ENGINE_UNREACHABLE. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { engine, sites, concurrency } = options;
  const wire = await openWire(engine);
  const [cut, stop] = [new AbortController(), new AbortController()];
  const kept = new Set<Promise<void>>();
  const take = async ({ data }: { readonly data: SessionJob }): Promise<void> => {
    const keeping = keepSession(data, { ...options, wire, cut: cut.signal });
    kept.add(keeping);
    await keeping.finally(() => kept.delete(keeping));
  };
  const workers = sites.map((site) => {
    const worker = new Worker<SessionJob>(queueOf(site), take, { ...TERMS, connection: wire.connection, concurrency });
    worker.on('error', () => {}); // the wire tells of it
    return worker;
  });
  const quiet = beat(wire, sites);
  stop.signal.addEventListener('abort', quiet, { once: true });
  const over = new Promise<void>((done) => {
    wire.onDown(done);
    const close = (): void => {
      // Where the server goes away meanwhile, they fail to close, and there is nothing more to wait for either.
      Promise.all(workers.map((worker) => worker.close())).then(
        () => done(),
        () => done(),
      );
    };
    stop.signal.addEventListener('abort', close, { once: true });
  });
  const ended = over.then(async () => {
    const isGone = !wire.isUp();
    quiet();
    await Promise.all(kept);
    wire.close();
    await Promise.all(workers.map((worker) => worker.close(true)));
    if (isGone) throw new DroverError('ENGINE_UNREACHABLE', GONE, { hint: AGAIN });
  });
  return { stop: () => stop.abort(), cut: () => cut.abort(), ended };
}

/** The job of a worker that no longer moves is given on as soon as its session is lost, and a server that is gone is not waited for. */
const TERMS = { prefix: PREFIX, lockDuration: SILENCE_MS, stalledInterval: SILENCE_MS, runRetryDelay: 1_000 } as const;

/** Shows controllers that somebody takes sessions of these sites. */
function beat({ connection }: Wire, sites: readonly string[]): () => void {
  const count = (): void => {
    for (const site of sites) connection.incr(beatOf(site)).catch(() => {});
  };
  count();
  const timer = setInterval(count, ALIVE_MS);
  return () => clearInterval(timer);
}
