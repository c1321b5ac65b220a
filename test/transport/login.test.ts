import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthenticationType } from 'ssh2';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { DroverError } from '../../src/core/errors.ts';
import { connector } from '../../src/transport/connector.ts';
import { fingerprintOf, type LoginSshd, startLoginSshd } from '../support/login-sshd.ts';
import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts';
import { hostOf, knownHostsLine, makeKey, startSshd } from '../support/sshd.ts';

let sshd: LoginSshd;
beforeAll(async () => {
  sshd = await startLoginSshd();
});
afterAll(() => sshd.stop());

describe('keys in files', () => {
  test.each([
    ['ed25519', ['-t', 'ed25519']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
    ['rsa-pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
    ['ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
    ['ecdsa-384', ['-t', 'ecdsa', '-b', '384']],
    ['ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
  ])('%s', async (name, args) => {
    const key = sshd.allowedKey(`ok-${name}`, args);
    for (let again = 0; again < 3; again += 1) expect(await sshd.tryLogin({ privateKeys: [key] })).toContain(fingerprintOf(key));
  });

  test('an encrypted key needs its passphrase', async () => {
    const key = sshd.allowedKey('encrypted', ['-t', 'ed25519']);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-a', '4', '-f', key]);
    expect(await sshd.tryLogin({ privateKeys: [key] }, { passphrases: { [key]: 'open sesame' } })).toContain(fingerprintOf(key));
    expect(await sshd.tryLogin({ privateKeys: [key] }, { passphrases: { [key]: 'wrong' } })).toMatch(
      /^AUTH_FAILED .*the passphrase given is wrong/,
    );
    expect(await sshd.tryLogin({ privateKeys: [key] })).toMatch(
      /^AUTH_FAILED .*there was nothing to offer;.*is encrypted and no passphrase was given/,
    );
  });

  test('those that the host does not know are passed over, in order, and named where none will do', async () => {
    const strangers = ['x1', 'x2'].map((name) => makeKey(join(sshd.dir, name), ['-t', 'ed25519']));
    expect(await sshd.tryLogin({ privateKeys: [...strangers, sshd.key] })).toContain(fingerprintOf(sshd.key));
    const failed = await sshd.tryLogin({ privateKeys: [...strangers, join(sshd.dir, 'nowhere')] });
    expect(failed).toMatch(/^AUTH_FAILED root@127\.0\.0\.1:\d+: login refused: it refused \S+x1, \S+x2; it takes publickey/);
    expect(failed).toContain('nowhere is not there');
  });

  test('a host that has had enough of our keys says so', async () => {
    const strangers = Array.from({ length: 8 }, (_, index) => makeKey(join(sshd.dir, `y${index}`), ['-t', 'ed25519']));
    expect(await sshd.tryLogin({ privateKeys: strangers })).toMatch(/^AUTH_FAILED .*Too many authentication failures/);
  });

  test('a key that is no key is named', async () => {
    const path = join(sshd.dir, 'garbage');
    writeFileSync(path, 'not a key\n');
    expect(await sshd.tryLogin({ privateKeys: [path] })).toMatch(/^AUTH_FAILED .*garbage cannot be used/);
  });
});

test('two keys, where the host wants two', async () => {
  const strict = await startSshd({ config: ['AuthenticationMethods publickey,publickey'] });
  onTestFinished(strict.stop);
  appendFileSync(join(strict.dir, 'authorized_keys'), readFileSync(`${sshd.key}.pub`));
  const { connect } = connector({ secrets: {}, connectsAtOnce: 1 });
  await expect(connect(hostOf(strict))).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  const session = await connect(hostOf(strict, { privateKeys: [strict.key, sshd.key] }));
  await session.close();
  expect(strict.log()).toContain('Accepted publickey');
});

describe('certificates', () => {
  let authority: string;

  beforeAll(() => {
    authority = makeKey(join(sshd.dir, 'user_ca'), ['-t', 'ed25519']);
    sshd.allow(`cert-authority ${readFileSync(`${authority}.pub`)}`);
  });

  test.each([
    ['ed25519', ['-t', 'ed25519']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
    ['ecdsa', ['-t', 'ecdsa']],
  ])('beside a key of type %s', async (name, args) => {
    const key = makeKey(join(sshd.dir, `certified-${name}`), args);
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', `id-${name}`, '-n', 'root', `${key}.pub`], { stdio: 'ignore' });
    expect(await sshd.tryLogin({ privateKeys: [key] })).toContain(`ID id-${name}`);
  });

  test('one that is of another key is not offered', async () => {
    const key = makeKey(join(sshd.dir, 'uncertified'), ['-t', 'ed25519']);
    copyFileSync(join(sshd.dir, 'certified-ed25519-cert.pub'), `${key}-cert.pub`);
    expect(await sshd.tryLogin({ privateKeys: [key] })).toMatch(/^AUTH_FAILED .*it refused \S+\/uncertified;/);
  });
});

describe('a password', () => {
  const servers: RecordingServer[] = [];

  afterAll(async () => {
    for (const server of servers) await server.close();
  });

  async function tryPassword(password: string, methods: readonly AuthenticationType[]) {
    const server = await startRecordingServer({ hostKey: join(sshd.dir, 'host_ed25519'), password: 'right', methods });
    servers.push(server);
    const knownHosts = join(sshd.dir, `known-${server.port}`);
    writeFileSync(knownHosts, knownHostsLine(server.port, join(sshd.dir, 'host_ed25519')));
    const { connect, close } = connector({ secrets: { loginPassword: password }, connectsAtOnce: 1 });
    const outcome = await connect(hostOf({ port: server.port, key: sshd.key, knownHosts }, { privateKeys: [] })).then(
      async (session) => {
        await session.close();
        return 'in';
      },
      (error: DroverError) => error.message.replace(/.*login refused: /, ''),
    );
    await close();
    return { outcome, attempts: server.attempts };
  }

  test('goes out once as such, without a try of none', async () => {
    expect(await tryPassword('right', ['password', 'keyboard-interactive'])).toEqual({ outcome: 'in', attempts: ['password right'] });
  });

  test('answers the question where passwords are not taken as such', async () => {
    const attempts = ['password', 'keyboard-interactive right'];
    expect(await tryPassword('right', ['keyboard-interactive'])).toEqual({ outcome: 'in', attempts });
  });

  test('that is wrong is not tried again in another guise', async () => {
    const outcome = 'it refused the password; it takes password, keyboard-interactive';
    expect(await tryPassword('wrong', ['password', 'keyboard-interactive'])).toEqual({ outcome, attempts: ['password wrong'] });
  });
});
