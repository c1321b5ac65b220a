import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connector } from '../../src/transport/connector.ts';
import { startFidoAgent } from '../support/fido-agent.ts';
import { fingerprintOf, type LoginSshd, startLoginSshd } from '../support/login-sshd.ts';
import { hostOf, makeKey } from '../support/sshd.ts';

let sshd: LoginSshd;
beforeAll(async () => {
  sshd = await startLoginSshd();
});
afterAll(() => sshd.stop());

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
    const key = sshd.allowedKey(`agent-${name}`, args);
    add(makeKey(join(sshd.dir, `stranger-${name}`), ['-t', 'ed25519']));
    add(key);
    expect(await sshd.tryLogin({ privateKeys: [], agent: socket })).toContain(fingerprintOf(key));
  });

  test('signs with a certificate', async () => {
    const authority = makeKey(join(sshd.dir, 'agent_ca'), ['-t', 'ed25519']);
    sshd.allow(`cert-authority ${readFileSync(`${authority}.pub`)}`);
    const key = makeKey(join(sshd.dir, 'agent-certified'), ['-t', 'rsa', '-b', '2048']);
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'in-the-agent', '-n', 'root', `${key}.pub`], { stdio: 'ignore' });
    add(key);
    expect(await sshd.tryLogin({ privateKeys: [], agent: socket })).toContain('ID in-the-agent');
  });

  test('takes the place of an encrypted file, but offers nothing else where only named keys are wanted', async () => {
    const key = sshd.allowedKey('agent-encrypted', ['-t', 'ed25519']);
    const other = sshd.allowedKey('agent-other', ['-t', 'ed25519']);
    add(key);
    add(other);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-a', '4', '-f', key]);
    expect(await sshd.tryLogin({ privateKeys: [key], agent: socket, identitiesOnly: true })).toContain(fingerprintOf(`${key}.pub`));
    const stranger = makeKey(join(sshd.dir, 'only-this'), ['-t', 'ed25519']);
    expect(await sshd.tryLogin({ privateKeys: [stranger], agent: socket, identitiesOnly: true })).toMatch(
      /it refused \S+\/only-this; it takes/,
    );
  });

  test('that is not there is no more than a reason', async () => {
    const nowhere = join(sshd.dir, 'no-agent');
    expect(await sshd.tryLogin({ agent: nowhere })).toContain(fingerprintOf(sshd.key));
    expect(await sshd.tryLogin({ privateKeys: [], agent: nowhere })).toMatch(/^AUTH_FAILED .*no-agent cannot be asked/);
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
  sshd.allow(`${agent.publicKey}\n`);
  for (const _ of [1, 2]) await (await shared.connect(host)).close();
  expect(agent.touches()).toBe(2);
  expect(sshd.log()).toContain('ED25519-SK');
  await shared.close();
  await agent.close();
});
