import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Exchange, Session } from '../../src/core/session.ts';
import { type Connector, connector } from '../../src/transport/connector.ts';
import { startRecordingServer } from '../support/recording-server.ts';
import { hostOf, knownHostsLine, type Sshd, startSshd } from '../support/sshd.ts';

const LIMITS: Exchange = { timeoutMs: 30_000, maxBytes: 1_000_000 };

let sshd: Sshd;
let shared: Connector;
let session: Session;

beforeAll(async () => {
  sshd = await startSshd({ config: ['MaxSessions 4'] });
  shared = connector({ secrets: {}, connectsAtOnce: 4, keepaliveMs: 200 });
});

beforeEach(async () => {
  session = await shared.connect(hostOf(sshd));
});

afterEach(() => session.close());

afterAll(async () => {
  await shared.close();
  await sshd.stop();
});

/** The sshd process of the session under test. */
async function sshdOf(of: Session): Promise<number> {
  return Number((await of.exec('echo $PPID', undefined, LIMITS)).stdout.toString());
}

describe('what an exchange brings back', () => {
  test('status, and both streams apart', async () => {
    const output = await session.look('echo out; echo err >&2; exit 3', LIMITS);
    expect(output).toEqual({ status: 3, stdout: Buffer.from('out\n'), stderr: Buffer.from('err\n') });
  });

  test('bytes as they are', async () => {
    const { stdout } = await session.look("printf 'a\\000\\377\\n\\r\\n'", LIMITS);
    expect(stdout).toEqual(Buffer.from([97, 0, 255, 10, 13, 10]));
  });

  test('the signal that ended it', async () => {
    const { status, signal } = await session.act('kill -9 $$', LIMITS);
    expect({ status, signal }).toEqual({ status: undefined, signal: 'SIGKILL' });
  });

  test('a status of 255 is a status like others', async () => {
    expect((await session.exec('exit 255', undefined, LIMITS)).status).toBe(255);
  });

  test('listeners hear all of it as it comes, and nothing of the login', async () => {
    const heard: string[] = [];
    const onStdout = (chunk: Buffer) => heard.push(`out ${chunk}`);
    const onStderr = (chunk: Buffer) => heard.push(`err ${chunk}`);
    await session.exec('echo one; read -r x; echo $x >&2', Buffer.from('two\n'), { ...LIMITS, onStdout, onStderr });
    expect(heard.toSorted()).toEqual(['err two\n', 'out one\n']);
  });

  test('a script of a megabyte arrives whole', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `: ${index} ${'x'.repeat(40)}`).join('\n');
    const { status, stdout } = await session.act(`${lines}\necho end\nexit 4\n`, LIMITS);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 4, stdout: 'end\n' });
  });

  test('stdin comes after the command, whole', async () => {
    const input = Buffer.alloc(3_000_000, 'ab\n');
    const { stdout } = await session.exec('sha256sum', input, LIMITS);
    expect(stdout.toString()).toContain(createHash('sha256').update(input).digest('hex'));
  });

  test('no stdin is an end of file', async () => {
    expect((await session.exec('cat; echo end', undefined, LIMITS)).stdout.toString()).toBe('end\n');
  });

  test('a daemon that keeps the output open is not waited for to its end', async () => {
    const { stdout, status } = await session.exec('sleep 120 & echo $!', undefined, LIMITS);
    expect(status).toBe(0);
    process.kill(Number(stdout.toString()), 'SIGKILL');
  }, 20_000);
});

describe('limits', () => {
  test('a look that is too large is cut', async () => {
    const { pid } = process;
    await expect(session.look(`yes ${pid}-look`, { ...LIMITS, maxBytes: 5_000 })).rejects.toMatchObject({ code: 'LOOK_TOO_LARGE' });
    expect((await session.look('echo still here', LIMITS)).stdout.toString()).toBe('still here\n');
  });

  test('a command that says too much goes on; its head is kept, in bounded memory', async () => {
    let heard = 0;
    let most = 0;
    const before = memoryOfThread();
    const onStdout = (chunk: Buffer) => {
      heard += chunk.length;
      most = Math.max(most, memoryOfThread());
    };
    const output = await session.exec('head -c 100000000 /dev/zero; exit 5', undefined, { ...LIMITS, timeoutMs: 120_000, onStdout });
    expect({ status: output.status, kept: output.stdout.length, truncated: output.truncated, heard }).toEqual({
      status: 5,
      kept: LIMITS.maxBytes,
      truncated: true,
      heard: 100_000_000,
    });
    expect(most - before).toBeLessThan(80_000_000);
  }, 120_000);

  test.each([
    ['look', 'LOOK_TIMEOUT'],
    ['act', 'CHANGE_TIMEOUT'],
  ] as const)(
    'a %s that takes too long is ended on the host, with all its children',
    async (kind, code) => {
      const pids: string[] = [];
      const onStdout = (chunk: Buffer) => pids.push(...chunk.toString().trim().split(' '));
      const script = 'trap "" TERM; sleep 300 & (sleep 300; :) & echo $$ $!; wait';
      await expect(session[kind](script, { ...LIMITS, timeoutMs: 3_000, onStdout })).rejects.toMatchObject({
        code,
        where: { host: 'web01' },
      });
      expect(pids).toHaveLength(2);
      // Those that shrug TERM off get KILL two seconds later.
      await expect.poll(() => pids.filter(isAlive), { timeout: 20_000 }).toEqual([]);
      expect((await session.look('echo still here', LIMITS)).stdout.toString()).toBe('still here\n');
    },
    30_000,
  );
});

test('a change whose shell starts too late is never made', async () => {
  const slow = await startSshd({ config: ['ForceCommand trap "" PIPE; sleep 1.5; exec sh -c "$SSH_ORIGINAL_COMMAND"'] });
  onTestFinished(slow.stop);
  const other = await shared.connect(hostOf(slow));
  const done = join(slow.dir, 'done');
  await expect(other.act(`touch ${done}`, { ...LIMITS, timeoutMs: 700 })).rejects.toMatchObject({ code: 'CHANGE_TIMEOUT' });
  // The next one comes through after the late one has had its turn.
  expect(await other.look(`sleep 1; ls ${done}`, LIMITS)).toMatchObject({ status: 2, stdout: Buffer.alloc(0) });
  await other.close();
});

/** In bytes. What other threads of the process have, which run other tests, does not count. */
function memoryOfThread(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function isAlive(pid: string): boolean {
  const state = execFileSync('sh', ['-c', `cut -d' ' -f3 /proc/${Number(pid)}/stat 2>/dev/null || true`], { encoding: 'utf8' }).trim();
  return state !== '' && state !== 'Z';
}

describe('a connection that breaks', () => {
  test('in the midst of an exchange is no success', async () => {
    const pid = await sshdOf(session);
    const onStdout = () => process.kill(pid, 'SIGKILL');
    const act = session.act('echo begun; sleep 5; echo done', { ...LIMITS, onStdout });
    await expect(act).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(session.look('true', LIMITS)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('silently is found out', async () => {
    const pid = await sshdOf(session);
    const onStdout = () => process.kill(pid, 'SIGSTOP');
    await expect(session.look('echo begun; sleep 1', { ...LIMITS, onStdout })).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('the host fell silent'),
    });
    process.kill(pid, 'SIGCONT');
  });

  test('because we close it', async () => {
    const onStdout = () => void session.close();
    await expect(session.look('echo begun; sleep 3', { ...LIMITS, onStdout })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await session.close();
  });
});

describe('more exchanges at once than the host allows sessions', () => {
  test('wait for each other', async () => {
    const words = Array.from({ length: 9 }, (_, index) => `w${index}`);
    const outputs = await Promise.all(words.map((word) => session.exec(`sleep 0.2; echo ${word}`, undefined, LIMITS)));
    expect(outputs.map(({ stdout }) => stdout.toString().trim())).toEqual(words);
  });

  test('a host that allows just one', async () => {
    const single = await startSshd({ config: ['MaxSessions 1'] });
    onTestFinished(single.stop);
    const only = await shared.connect(hostOf(single));
    for (const word of ['a', 'b', 'c']) expect((await only.look(`echo ${word}`, LIMITS)).stdout.toString()).toBe(`${word}\n`);
    await only.close();
  });

  test('a host that allows none says so', async () => {
    const none = await startSshd({ config: ['MaxSessions 0'] });
    onTestFinished(none.stop);
    const only = await shared.connect(hostOf(none));
    await expect(only.look('true', LIMITS)).rejects.toMatchObject({ code: expect.stringMatching(/AUTH_FAILED|CONNECTION_LOST/) });
    await only.close();
  });

  test('a login that runs something else than sh', async () => {
    const forced = await startSshd({ config: ['ForceCommand echo "This account is closed." >&2; exit 1'] });
    onTestFinished(forced.stop);
    const only = await shared.connect(hostOf(forced));
    await expect(only.exec('true', undefined, LIMITS)).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('This account is closed.'),
    });
    await only.close();
  });
});

describe('a server that is not OpenSSH', () => {
  async function connectTo(commands: 'run' | 'refuse') {
    const hostKey = join(sshd.dir, 'host_ed25519');
    const server = await startRecordingServer({ hostKey, password: 'x', methods: ['password'], commands });
    const knownHosts = join(sshd.dir, `known-${commands}`);
    writeFileSync(knownHosts, knownHostsLine(server.port, hostKey));
    const { connect } = connector({ secrets: { loginPassword: 'x' }, connectsAtOnce: 1 });
    const other = await connect(hostOf({ port: server.port, key: sshd.key, knownHosts }, { privateKeys: [] }));
    return { server, other };
  }

  test('is asked for one thing after the other', async () => {
    const { server, other } = await connectTo('run');
    for (const word of ['a', 'b'])
      expect(await other.look(`echo ${word}; exit 3`, LIMITS)).toMatchObject({ status: 3, stdout: Buffer.from(`${word}\n`) });
    await other.close();
    await server.close();
  });

  test('may run no commands', async () => {
    const { server, other } = await connectTo('refuse');
    await expect(other.look('true', LIMITS)).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('run commands'),
    });
    await other.close();
    await server.close();
  });
});

test('keys are exchanged anew in the midst of things, and the host is verified anew', async () => {
  const rekeying = await startSshd({ config: ['RekeyLimit 1M'] });
  onTestFinished(rekeying.stop);
  const other = await shared.connect(hostOf(rekeying));
  const input = Buffer.alloc(8_000_000, 'abc\n');
  const { stdout } = await other.exec('cat', input, { ...LIMITS, maxBytes: 10_000_000 });
  expect(stdout.equals(input)).toBe(true);
  await other.close();
});

test('sudo that refuses is told apart from the command', async () => {
  const become = { method: 'sudo', user: 'no-such-user-here' } as const;
  const other = await shared.connect(hostOf(sshd, { become }));
  await expect(other.exec('exit 1', undefined, LIMITS)).rejects.toMatchObject({ code: 'SUDO_REFUSED' });
  await other.close();
  const root = await shared.connect(hostOf(sshd, { become: { method: 'sudo', user: 'root' } }));
  expect(await root.exec('id -un; cat; exit 1', Buffer.from('fed'), LIMITS)).toMatchObject({ status: 1, stdout: Buffer.from('root\nfed') });
  await root.close();
});
