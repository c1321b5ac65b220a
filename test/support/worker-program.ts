/** A worker as a process of its own, whose hosts are real shells of this machine: `worker-program.ts URL KEY SITE`. It says what happens. */
import { startWorker } from '../../src/queue/worker.ts';
import { localSession } from './local-session.ts';

const [, , url = '', key = '', site = ''] = process.argv;
const worker = await startWorker({
  engine: { url, key: Buffer.from(key, 'base64') },
  sites: [site],
  concurrency: 4,
  connect: async () => localSession(),
  onEvent: (event, host) => process.stdout.write(`${host} ${event}\n`),
});
process.stdout.write('ready\n');
await worker.ended;
