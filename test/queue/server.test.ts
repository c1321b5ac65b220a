import { randomBytes } from 'node:crypto';
import { describe, expect, it, type TestContext } from 'vitest';
import { queueConnector } from '../../src/queue/controller.ts';
import { openWays } from '../../src/queue/way.ts';
import { startWorker } from '../../src/queue/worker.ts';
import { authority } from '../support/certificates.ts';
import { localSession } from '../support/local-session.ts';
import { hostOf } from '../support/queue-hosts.ts';
import { type RedisOptions, type RedisServer, startRedis } from '../support/redis.ts';
import { tempFolder } from '../support/temp-folder.ts';

const KEY = randomBytes(32);
const LIMITS = { timeoutMs: 40_000, maxBytes: 2 ** 20 };

async function redisWith({ onTestFinished }: TestContext, options: RedisOptions = {}): Promise<RedisServer> {
  const redis = await startRedis(options);
  onTestFinished(redis.stop);
  return redis;
}

/** A worker in this process, whose hosts are real shells of this machine. */
async function workAt({ onTestFinished }: TestContext, url: string, sites = ['a']) {
  const worker = await startWorker({
    engine: { url, key: KEY },
    sites,
    concurrency: 4,
    connect: async () => localSession(),
    onEvent: () => {},
  });
  worker.ended.catch(() => {});
  onTestFinished(() => {
    worker.cut();
    worker.stop();
  });
  return worker;
}

async function controllerAt({ onTestFinished }: TestContext, url: string) {
  const controller = await queueConnector({ url, key: KEY });
  onTestFinished(controller.close);
  return controller;
}

describe.concurrent('a server', { timeout: 60_000 }, () => {
  it('that is back soon costs no look and no connect: other workers are asked', async (context) => {
    const redis = await redisWith(context);
    const first = await workAt(context, redis.url);
    const controller = await controllerAt(context, redis.url);
    const session = await controller.connect(hostOf('h1', 'a'));
    const look = session.look('sleep 1; echo seen', LIMITS);
    const act = session.act('sleep 30', LIMITS);
    const nobody = controller.connect(hostOf('h2', 'b'));
    const [actEnds, workerEnds] = [
      expect(act).rejects.toMatchObject({ code: 'CONNECTION_LOST', message: 'the worker was lost: the server of the engine went away' }),
      expect(first.ended).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' }),
    ];
    await redis.stop();
    await Promise.all([actEnds, workerEnds]);
    const again = await redis.again();
    context.onTestFinished(again.stop);
    await workAt(context, redis.url, ['a', 'b']);
    expect(String((await look).stdout)).toBe('seen\n');
    expect(String((await (await nobody).look('echo too', LIMITS)).stdout)).toBe('too\n');
    expect(String((await session.act('echo next', LIMITS)).stdout)).toBe('next\n');
  });

  it('that stays away is waited for 15 s, once and not by each host, and is asked again later', async (context) => {
    const redis = await redisWith(context);
    const controller = await controllerAt(context, redis.url);
    const waiting = controller.connect(hostOf('h1', 'a'));
    const fails = expect(waiting).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', where: { host: 'h1' } });
    await redis.stop();
    const from = performance.now();
    await fails;
    expect(performance.now() - from).toBeGreaterThan(14_000);
    const later = performance.now();
    await expect(controller.connect(hostOf('h2', 'a'))).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', where: { host: 'h2' } });
    expect(performance.now() - later).toBeLessThan(5_000);
    const again = await redis.again();
    context.onTestFinished(again.stop);
    await workAt(context, redis.url);
    expect(String((await (await controller.connect(hostOf('h3', 'a'))).look('echo seen', LIMITS)).stdout)).toBe('seen\n');
  });

  it('that is silent, though its connections stand, is as one that is gone', async (context) => {
    const redis = await redisWith(context);
    const worker = await workAt(context, redis.url);
    const controller = await controllerAt(context, redis.url);
    const session = await controller.connect(hostOf('h1', 'a'));
    const act = expect(session.act('sleep 40', LIMITS)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    const ends = expect(worker.ended).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    redis.freeze();
    await Promise.all([act, ends]);
  });

  it('is asked through one queue a site, however many hosts there are', async (context) => {
    const { url } = await redisWith(context);
    const ways = await openWays({ url, key: KEY });
    context.onTestFinished(ways.close);
    const { queue } = await ways.now();
    const queues = Array.from({ length: 20 }, () => queue('a'));
    expect(new Set(queues).size).toBe(1);
    expect(queue('a').listenerCount('error')).toBe(1);
  });

  it('that is not there, or wants another password, says so', async (context) => {
    const { url } = await redisWith(context, { password: 'right' });
    await expect(queueConnector({ url: 'redis://127.0.0.1:1', key: KEY })).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(queueConnector({ url: url.replace('right', 'wrong'), key: KEY })).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('WRONGPASS'),
    });
  });

  it('without TLS is not waited for long by who wants it', async (context) => {
    const { url } = await redisWith(context);
    await expect(queueConnector({ url: url.replace('redis', 'rediss'), key: KEY })).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('no answer within 10 s'),
    });
  });
});

describe('TLS', () => {
  it.each([
    {
      what: 'a certificate of an unknown CA',
      name: 'IP:127.0.0.1',
      scheme: 'rediss',
      message: 'certificate',
      hint: 'NODE_EXTRA_CA_CERTS=FILE',
    },
    { what: 'a URL without it', name: 'IP:127.0.0.1', scheme: 'redis', message: 'cannot be reached', hint: 'Check its URL' },
  ])('fails with $what', async ({ name, scheme, message, hint }) => {
    const redis = await startRedis({ tls: authority(tempFolder(), 'own').sign(name) });
    const engine = { url: redis.url.replace('rediss', scheme), key: KEY };
    await expect(queueConnector(engine)).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    await redis.stop();
  });
});
