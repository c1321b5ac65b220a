import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import type { Connection } from '../../src/core/host.ts';
import { connector } from '../../src/transport/connector.ts';
import { startFidoAgent } from '../support/fido-agent.ts';
import { hostOf, makeKey, type Sshd, startSshd } from '../support/sshd.ts';

let sshd: Sshd;
let authorized: string;

beforeAll(async () => {
  sshd = await startSshd({ config: ['MaxAuthTries 6'] });
  authorized = join(sshd.dir, 'authorized_keys');
});

afterAll(() => sshd.stop());

/** Logs in, and says by which key (as sshd's log has it) or why not. */
async function tryLogin(more: Partial<Connection>): Promise<string> {
  const { connect, close } = connector({ secrets: {}, connectsAtOnce: 1 });
  const before = sshd.log().length;
  try {
    const session = await connect(hostOf(sshd, more));
    await session.exec('true', undefined, { timeoutMs: 20_000, maxBytes: 100 });
    await session.close();
    return /Accepted (\S+) .*ssh2: (.*)/.exec(sshd.log().slice(before))?.[2] ?? 'not in the log';
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return `${error.code} ${error.message}`;
  } finally {
    await close();
  }
}

/** A new key that the sshd lets in. */
function allowedKey(name: string, args: readonly string[]): string {
  const path = makeKey(join(sshd.dir, name), args);
  appendFileSync(authorized, readFileSync(`${path}.pub`));
  return path;
}

function fingerprintOf(path: string): string {
  const [, print = ''] = execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' }).split(' ');
  return print;
}

describe('an agent', () => {
  let agent: ChildProcess;
  let socket: string;

  beforeAll(async () => {
    socket = join(sshd.dir, 'agent');
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    if (agent.stdout) await once(agent.stdout, 'data');
  });

  afterEach(() => void execFileSync('ssh-add', ['-q', '-D'], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' }));

  afterAll(async () => {
    const gone = once(agent, 'exit');
    agent.kill();
    await gone;
  });

  function add(path: string): void {
    chmodSync(path, 0o600);
    execFileSync('ssh-add', ['-q', path], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
  }

  test.each([
    ['ed25519', ['-t', 'ed25519']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
    ['ecdsa', ['-t', 'ecdsa']],
  ])('signs with a key of type %s, after strangers', async (name, args) => {
    const key = allowedKey(`agent-${name}`, args);
    add(makeKey(join(sshd.dir, `stranger-${name}`), ['-t', 'ed25519']));
    add(key);
    expect(await tryLogin({ privateKeys: [], agent: socket })).toContain(fingerprintOf(key));
  });

  test('signs with a certificate', async () => {
    const authority = makeKey(join(sshd.dir, 'agent_ca'), ['-t', 'ed25519']);
    appendFileSync(authorized, `cert-authority ${readFileSync(`${authority}.pub`)}`);
    const key = makeKey(join(sshd.dir, 'agent-certified'), ['-t', 'rsa', '-b', '2048']);
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'in-the-agent', '-n', 'root', `${key}.pub`], { stdio: 'ignore' });
    add(key);
    expect(await tryLogin({ privateKeys: [], agent: socket })).toContain('ID in-the-agent');
  });

  test('takes the place of an encrypted file, but offers nothing else where only named keys are wanted', async () => {
    const key = allowedKey('agent-encrypted', ['-t', 'ed25519']);
    const other = allowedKey('agent-other', ['-t', 'ed25519']);
    add(key);
    add(other);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-a', '4', '-f', key]);
    expect(await tryLogin({ privateKeys: [key], agent: socket, identitiesOnly: true })).toContain(fingerprintOf(`${key}.pub`));
    const stranger = makeKey(join(sshd.dir, 'only-this'), ['-t', 'ed25519']);
    expect(await tryLogin({ privateKeys: [stranger], agent: socket, identitiesOnly: true })).toMatch(/it refused \S+\/only-this; it takes/);
  });

  test('that is not there is no more than a reason', async () => {
    const nowhere = join(sshd.dir, 'no-agent');
    expect(await tryLogin({ agent: nowhere })).toContain(fingerprintOf(sshd.key));
    expect(await tryLogin({ privateKeys: [], agent: nowhere })).toMatch(/^AUTH_FAILED .*no-agent cannot be asked/);
  });
});

test('a FIDO key is asked to sign only where it is wanted, and then once a login', async () => {
  const agent = await startFidoAgent(join(sshd.dir, 'fido'));
  const shared = connector({ secrets: {}, connectsAtOnce: 1 });
  const host = hostOf(sshd, { privateKeys: [], agent: agent.socket });
  await expect(shared.connect(host)).rejects.toMatchObject({
    code: 'AUTH_FAILED',
    message: expect.stringContaining('software key (agent)'),
  });
  expect(agent.touches()).toBe(0);
  appendFileSync(authorized, `${agent.publicKey}\n`);
  for (const _ of [1, 2]) await (await shared.connect(host)).close();
  expect(agent.touches()).toBe(2);
  expect(sshd.log()).toContain('ED25519-SK');
  await shared.close();
  await agent.close();
});
