import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../src/core/host.ts';
import { connector } from '../../src/transport/connector.ts';
import { freePort, listening } from '../support/ports.ts';
import { startRecordingServer } from '../support/recording-server.ts';
import { hostOf, knownHostsLine, type Sshd, startSshd } from '../support/sshd.ts';

const LIMITS = { timeoutMs: 30_000, maxBytes: 10_000 };

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd.stop());

/** A server that does with each connection as it is told. */
async function startRaw(use: (socket: Socket) => void): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const open: Socket[] = [];
  const server: Server = createServer((socket) => {
    open.push(socket.on('error', () => undefined));
    use(socket);
  });
  const port = await listening(server);
  return {
    port,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function connectTo(more: Partial<Connection>, signal?: AbortSignal) {
  const { connect } = connector({ secrets: {}, connectsAtOnce: 1, pauseMs: () => 1 });
  return connect(hostOf(sshd, more), signal);
}

describe('a host that cannot be reached', () => {
  test('refuses', async () => {
    const port = await freePort();
    await expect(connectTo({ port, connectRetries: 2 })).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: `127.0.0.1:${port}: connection refused`,
      where: { host: 'web01' },
    });
  });

  test('has a name that nobody knows', async () => {
    await expect(connectTo({ address: 'nowhere.invalid' })).rejects.toMatchObject({
      message: expect.stringMatching(/the name (is not known|cannot be looked up)/),
    });
  });

  test.each([
    ['says nothing', () => undefined, 'connected, but no handshake in time; does it speak SSH?'],
    ['speaks something else', (socket: Socket) => void socket.write('SSH-nonsense\r\n'), 'what answers there does not speak SSH 2'],
    ['hangs up', (socket: Socket) => void socket.destroy(), 'it hung up before it said anything'],
    [
      'hangs up after its greeting',
      (socket: Socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
      'the host hung up during the handshake',
    ],
    ['hangs after its greeting', (socket: Socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'), 'no handshake in time'],
  ])('%s', async (_, use, words) => {
    const { port, close } = await startRaw(use);
    await expect(connectTo({ port, connectTimeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: expect.stringContaining(words),
    });
    await close();
  });

  test('speaks only what we do not', async () => {
    const modern = await startSshd({ config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] });
    onTestFinished(modern.stop);
    const { connect } = connector({ secrets: {}, connectsAtOnce: 1 });
    await expect(connect(hostOf(modern))).rejects.toMatchObject({
      message: expect.stringContaining('does it allow only post-quantum ones?'),
    });
  });

  test('is tried again as often as the connection says, and no more', async () => {
    const server = await startRecordingServer({ hostKey: join(sshd.dir, 'host_ed25519'), password: 'x', methods: ['password'], drops: 3 });
    const knownHosts = join(sshd.dir, 'dropping');
    writeFileSync(knownHosts, knownHostsLine(server.port, join(sshd.dir, 'host_ed25519')));
    const { connect } = connector({ secrets: { loginPassword: 'x' }, connectsAtOnce: 1, pauseMs: () => 1 });
    const host = (connectRetries: number) => hostOf({ ...sshd, port: server.port, knownHosts }, { privateKeys: [], connectRetries });
    await expect(connect(host(1))).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
    expect(server.connections()).toBe(2);
    const session = await connect(host(2));
    expect(server.connections()).toBe(4);
    await session.close();
    await server.close();
  });

  test('is not tried again where it is a login that was refused', async () => {
    const pauses: number[] = [];
    const pauseMs = (attempt: number) => pauses.push(attempt);
    const { connect } = connector({ secrets: {}, connectsAtOnce: 1, pauseMs });
    await expect(connect(hostOf(sshd, { privateKeys: [], connectRetries: 5 }))).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    expect(pauses).toEqual([]);
  });

  test('is let go of when the signal comes', async () => {
    const { port, close } = await startRaw((socket) => socket.once('data', () => abort.abort()));
    const abort = new AbortController();
    await expect(connectTo({ port, connectRetries: 9 }, abort.signal)).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
    await expect(connectTo({ port }, AbortSignal.abort())).rejects.toMatchObject({ message: expect.stringContaining('called off') });
    await close();
  });
});

describe('jump hosts', () => {
  test('are connected to once for all that is behind them', async () => {
    const first = await startSshd();
    onTestFinished(first.stop);
    const second = await startSshd({ config: ['MaxStartups 4:50:10'] });
    onTestFinished(second.stop);
    const target = await startSshd({ config: ['MaxStartups 4:50:10'] });
    onTestFinished(target.stop);
    const jump = [hostOf(first, { connectRetries: 5 }).connection, hostOf(second, { connectRetries: 5 }).connection];
    const { connect, close } = connector({ secrets: {}, connectsAtOnce: 3, pauseMs: () => 100 });
    const hosts = Array.from({ length: 20 }, (_, index) => ({ ...hostOf(target, { jump, connectRetries: 5 }), name: `h${index}` }));
    const sessions = await Promise.all(hosts.map((host) => connect(host)));
    const outputs = await Promise.all(sessions.map((session) => session.exec('echo in', undefined, LIMITS)));
    expect(outputs.map(({ stdout }) => stdout.toString())).toEqual(hosts.map(() => 'in\n'));
    await Promise.all(sessions.map((session) => session.close()));
    await close();
    const accepted = ({ log }: Sshd) => log().split('Accepted publickey').length - 1;
    expect([first, second, target].map(accepted)).toEqual([1, 1, 20]);
  }, 60_000);

  test('that cannot reach the host say so', async () => {
    const port = await freePort();
    const jump = [hostOf(sshd).connection];
    await expect(connectTo({ port, jump })).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: `127.0.0.1:${port}: connection refused (through the jump host 127.0.0.1:${sshd.port})`,
    });
  });

  test('that cannot be reached are named, and not dialled again for each host', async () => {
    const dials: string[] = [];
    const { port, close } = await startRaw((socket) => {
      dials.push('dialled');
      socket.destroy();
    });
    const { connect } = connector({ secrets: {}, connectsAtOnce: 4, pauseMs: () => 1 });
    const host = hostOf(sshd, { connectRetries: 3, jump: [hostOf(sshd, { port, connectRetries: 1 }).connection] });
    const failed = { code: 'HOST_UNREACHABLE', message: expect.stringMatching(new RegExp(`^jump host 127\\.0\\.0\\.1:${port}: `)) };
    await Promise.all([host, host, host].map((each) => expect(connect(each)).rejects.toMatchObject(failed)));
    expect(dials).toHaveLength(2);
    await close();
  });

  test('take what is behind them along when they are lost', async () => {
    const first = await startSshd();
    onTestFinished(first.stop);
    const { connect, close } = connector({ secrets: {}, connectsAtOnce: 4 });
    const session = await connect(hostOf(sshd, { jump: [hostOf(first).connection] }));
    const onStdout = () => void close();
    await expect(session.look('echo begun; sleep 30', { ...LIMITS, onStdout })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});

test('the first key that a host took is offered first, and signed at once, to the next', async () => {
  const other = await startSshd();
  onTestFinished(other.stop);
  const { connect, close } = connector({ secrets: {}, connectsAtOnce: 1 });
  writeFileSync(join(other.dir, 'authorized_keys'), readFileSync(`${sshd.key}.pub`));
  const privateKeys = [other.key, sshd.key];
  for (const _ of [1, 2]) await (await connect(hostOf(other, { privateKeys }))).close();
  await close();
  expect(other.log().match(/Failed publickey/g)).toHaveLength(1);
  expect(other.log().match(/Accepted publickey/g)).toHaveLength(2);
});
