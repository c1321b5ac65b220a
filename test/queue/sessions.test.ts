import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import type { Host } from '../../src/core/host.ts';
import type { Exchange, Session } from '../../src/core/session.ts';
import { type QueueConnector, queueConnector } from '../../src/queue/controller.ts';
import { type RunningWorker, startWorker } from '../../src/queue/worker.ts';
import { localSession } from '../support/local-session.ts';
import { hostOf } from '../support/queue-hosts.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

const LIMITS: Exchange = { timeoutMs: 20_000, maxBytes: 2 ** 24 };
const KEY = randomBytes(32);

let redis: RedisServer;
let controller: QueueConnector;
beforeAll(async () => {
  redis = await startRedis();
  controller = await queueConnector({ url: redis.url, key: KEY });
});
afterAll(async () => {
  await controller.close();
  await redis.stop();
});

/** A worker of a site in this process, and the hosts that it was told. */
async function work(site: string, connect: (host: Host) => Promise<Session> = async () => localSession(), key: Buffer = KEY) {
  const hosts: Host[] = [];
  const events: string[] = [];
  const worker: RunningWorker = await startWorker({
    engine: { url: redis.url, key },
    sites: [site],
    concurrency: 4,
    connect: async (host) => {
      hosts.push(host);
      return await connect(host);
    },
    onEvent: (event, host) => events.push(`${host} ${event}`),
  });
  onTestFinished(async () => {
    worker.cut();
    worker.stop();
    await worker.ended;
  });
  return { worker, hosts, events };
}

async function sessionTo(name: string, site: string): Promise<Session> {
  const session = await controller.connect(hostOf(name, site));
  onTestFinished(() => session.close());
  return session;
}

describe('a session through a worker', () => {
  it('looks, acts and runs commands there, and is told no more of the host than it needs', async () => {
    const { hosts, events } = await work('one');
    const session = await sessionTo('h1', 'one');
    expect(await session.look('echo seen; echo warned >&2; exit 3', LIMITS)).toEqual({
      status: 3,
      stdout: Buffer.from('seen\n'),
      stderr: Buffer.from('warned\n'),
    });
    expect(String((await session.act('echo made', LIMITS)).stdout)).toBe('made\n');
    expect(String((await session.exec('cat', Buffer.from([0, 255, 10]), LIMITS)).stdout)).toBe(String(Buffer.from([0, 255, 10])));
    expect(await session.look('kill -9 $$', LIMITS)).toMatchObject({ status: undefined, signal: 'SIGKILL' });
    expect(hosts).toEqual([{ name: 'h1', groups: [], vars: {}, connection: hostOf('h1', 'one').connection }]);
    await session.close();
    await expect.poll(() => events, { timeout: 20_000 }).toEqual(['h1 opened', 'h1 ended']);
  });

  it('hands on five megabytes whole, to listeners as they come, and keeps the head of what is more', async () => {
    await work('two');
    const session = await sessionTo('h2', 'two');
    const script = 'i=0; while [ $i -lt 80 ]; do head -c 65536 /dev/zero | tr "\\0" x; i=$((i + 1)); done';
    const whole = await session.look(script, LIMITS);
    expect(whole.stdout.equals(Buffer.alloc(80 * 65_536, 'x'))).toBe(true);
    let heard = 0;
    const head = await session.exec(script, undefined, { ...LIMITS, maxBytes: 10, onStdout: (chunk) => (heard += chunk.length) });
    expect(String(head.stdout)).toBe('xxxxxxxxxx');
    expect(heard).toBe(80 * 65_536);
  });

  it('fails as the host fails', async () => {
    await work('three', async ({ name }) => {
      if (name === 'gone') throw new DroverError('AUTH_FAILED', 'no key is taken', { hint: 'Look at it.' });
      return localSession();
    });
    await expect(controller.connect(hostOf('gone', 'three'))).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: 'no key is taken',
      hint: 'Look at it.',
      where: { host: 'gone' },
    });
    const session = await sessionTo('h3', 'three');
    await expect(session.look('sleep 20', { ...LIMITS, timeoutMs: 200 })).rejects.toMatchObject({ code: 'LOOK_TIMEOUT' });
    expect(String((await session.look('echo still here', LIMITS)).stdout)).toBe('still here\n');
  });

  it('is closed with what is under way, and then does nothing', async () => {
    await work('four');
    const session = await sessionTo('h4', 'four');
    const look = session.look('sleep 20', LIMITS);
    await session.close();
    await expect(look).rejects.toMatchObject({ code: 'CONNECTION_LOST', message: 'the session was closed' });
    await expect(session.act('true', LIMITS)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});

describe('a worker that is lost', () => {
  it('is replaced, and the look asked again; an act under way is in doubt', async () => {
    const first = await work('five');
    const session = await sessionTo('h5', 'five');
    const look = session.look('sleep 1; echo seen', LIMITS);
    const second = await work('five');
    first.worker.cut();
    first.worker.stop();
    expect(String((await look).stdout)).toBe('seen\n');
    expect(second.hosts.map(({ name }) => name)).toEqual(['h5']);

    const act = session.act('sleep 20', LIMITS);
    act.catch(() => {});
    const third = await work('five');
    second.worker.cut();
    second.worker.stop();
    await expect(act).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(String((await session.act('echo next', LIMITS)).stdout)).toBe('next\n');
    expect(third.hosts).toHaveLength(1);
  });

  it('and never came, is said to be missing', async () => {
    await expect(controller.connect(hostOf('h6', 'nowhere'))).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: 'site nowhere has no worker',
    });
  });

  it('is not waited for once the connect is called off', async () => {
    const calledOff = AbortSignal.timeout(100);
    await expect(controller.connect(hostOf('h7', 'nowhere'), calledOff)).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: 'interrupted while connecting',
    });
  });
});

describe('a worker with another key', () => {
  it('is told nothing', async () => {
    const { hosts } = await work('six', undefined, randomBytes(32));
    await expect(controller.connect(hostOf('h8', 'six'))).rejects.toMatchObject({ code: 'ENGINE_INVALID' });
    expect(hosts).toEqual([]);
  });
});
