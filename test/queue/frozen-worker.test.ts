import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { queueConnector } from '../../src/queue/controller.ts';
import { hostOf } from '../support/queue-hosts.ts';
import { startRedis } from '../support/redis.ts';
import { tempFolder } from '../support/temp-folder.ts';

const KEY = randomBytes(32);
const LIMITS = { timeoutMs: 60_000, maxBytes: 2 ** 20 };

/** A worker in a process of its own that is there, and all that it has said. */
async function workerProcess(url: string, site: string): Promise<{ readonly child: ChildProcess; readonly said: () => string }> {
  const tsx = resolve('node_modules/tsx/dist/esm/index.mjs');
  const words = ['--import', tsx, resolve('test/support/worker-program.ts'), url, KEY.toString('base64'), site];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await expect.poll(() => said, { timeout: 30_000 }).toContain('ready');
  return { child, said: () => said };
}

it('a worker that stands still is replaced, is no worker of its site, and follows no order late when it goes on', async () => {
  const redis = await startRedis();
  onTestFinished(redis.stop);
  const controller = await queueConnector({ url: redis.url, key: KEY });
  onTestFinished(controller.close);
  const [frozen, alone] = await Promise.all([workerProcess(redis.url, 'a'), workerProcess(redis.url, 'b')]);
  const [acting, ordered, looking] = await Promise.all(['h1', 'h2', 'h3'].map((name) => controller.connect(hostOf(name, 'a'))));
  if (acting === undefined || ordered === undefined || looking === undefined) throw new Error('no sessions');
  const second = await workerProcess(redis.url, 'a');
  const folder = tempFolder();
  const [begun, late] = [join(folder, 'begun'), join(folder, 'late')];
  const act = expect(acting.act(`touch ${begun}; sleep 60`, LIMITS)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  const look = looking.look(`touch ${begun}.look; sleep 2; echo seen`, LIMITS);
  await expect.poll(() => existsSync(begun) && existsSync(`${begun}.look`), { timeout: 30_000 }).toBe(true);
  for (const { child } of [frozen, alone]) child.kill('SIGSTOP');
  const order = expect(ordered.act(`touch ${late}`, LIMITS)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  const nobody = expect(controller.connect(hostOf('h4', 'b'))).rejects.toMatchObject({ message: 'site b has no worker' });
  await Promise.all([act, order, nobody]);
  expect(String((await look).stdout)).toBe('seen\n');
  expect(second.said()).toContain('h3 opened');
  frozen.child.kill('SIGCONT');
  await expect.poll(frozen.said, { timeout: 30_000 }).toMatch(/h2 ended/);
  expect(existsSync(late)).toBe(false);
});
