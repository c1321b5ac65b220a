import { resolve } from 'node:path';
import { printable } from '../report/printable.ts';
import { connector } from '../transport/connector.ts';
import type { Args } from './command-flags.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { outputFor } from './output.ts';
import { secretsFor } from './reach.ts';
import { countFlag } from './usage.ts';

/** `drover worker`: reaches hosts for controllers elsewhere, until it is interrupted. */
export async function workerCommand(args: Args<'worker'>, io: Io): Promise<number> {
  const concurrency = countFlag('forks', args.forks);
  const { readEngineFile } = await import('../queue/engine-file.ts');
  const { startWorker } = await import('../queue/worker.ts');
  const engine = readEngineFile(resolve(io.cwd, args.engine));
  const secrets = await secretsFor(args, io, []);
  for (const secret of [secrets.becomePassword, secrets.loginPassword]) if (secret !== undefined) io.secrets.add(secret);
  const output = outputFor(args, io);
  const tell = (line: string): void => output.talk([printable(line)]);
  const reached = connector({ secrets, connectsAtOnce: concurrency, onWarning: tell });
  const interrupt = listenForInterrupt((line) => tell(line));
  const { connect } = reached;
  const sites = [...new Set(args.site.flatMap((word) => word.split(',')))];
  try {
    const worker = await startWorker({ engine, sites, concurrency, connect, onEvent: (event, host) => tell(`${host}: ${event}`) });
    tell(`takes up to ${concurrency} sessions of site ${sites.join(', ')}`);
    interrupt.cut.addEventListener('abort', worker.cut, { once: true });
    interrupt.stop.addEventListener('abort', worker.stop, { once: true });
    if (interrupt.stop.aborted) worker.stop();
    await worker.ended;
    return 0;
  } finally {
    interrupt.release();
    await reached.close();
  }
}
