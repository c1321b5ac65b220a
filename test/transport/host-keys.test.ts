import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import type { Connection } from '../../src/core/host.ts';
import { connector } from '../../src/transport/connector.ts';
import { startRecordingServer } from '../support/recording-server.ts';
import { hostOf, knownHostsLine, makeKey, type Sshd, startSshd } from '../support/sshd.ts';

let sshd: Sshd;
let stranger: string;
let count = 0;

beforeAll(async () => {
  sshd = await startSshd({ hostKeys: ['ed25519', 'rsa', 'ecdsa'] });
  stranger = makeKey(join(sshd.dir, 'stranger'), ['-t', 'ed25519']);
});

afterAll(() => sshd.stop());

/** A known_hosts file with these lines. */
function knownHosts(...lines: readonly string[]): string {
  count += 1;
  const path = join(sshd.dir, `known_hosts_${count}`);
  writeFileSync(path, lines.join(''));
  return path;
}

function lineOf(type: string): string {
  return knownHostsLine(sshd.port, join(sshd.dir, `host_${type}`));
}

function keyOf(path: string): string {
  return readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
}

/** Connects; says `in`, or why not. Hints of file and line are kept, the port is not. */
async function tryConnect(file: string, more: Partial<Connection> = {}) {
  const warnings: string[] = [];
  const { connect, close } = connector({ secrets: {}, connectsAtOnce: 1, onWarning: (text) => warnings.push(text) });
  const plain = (text: string) =>
    text
      .replaceAll(`${sshd.port}`, 'PORT')
      .replaceAll(/SHA256:\S+/g, 'PRINT')
      .replaceAll(`${sshd.dir}/`, '');
  try {
    const session = await connect(hostOf({ ...sshd, knownHosts: file }, more));
    await session.close();
    return { outcome: 'in', warnings: warnings.map(plain) };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return { outcome: plain(`${error.code} ${error.message}`), warnings };
  } finally {
    await close();
  }
}

describe('strict', () => {
  test.each(['ed25519', 'rsa', 'ecdsa'])('a host of which only the %s key is known', async (type) => {
    expect(await tryConnect(knownHosts(lineOf(type)))).toEqual({ outcome: 'in', warnings: [] });
  });

  test.each(['ed25519', 'rsa', 'ecdsa'])('a host of which only the %s key is known, by a hashed name', async (type) => {
    const file = knownHosts(lineOf(type));
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(await tryConnect(file)).toEqual({ outcome: 'in', warnings: [] });
  });

  test('an unknown host is refused, with its key', async () => {
    const { outcome } = await tryConnect(knownHosts());
    expect(outcome).toBe(`HOST_KEY_UNKNOWN [127.0.0.1]:PORT: its ssh-ed25519 host key PRINT is not in known_hosts_${count}`);
  });

  test('a changed key is refused, with file and line', async () => {
    const file = knownHosts('# first line\n', `[127.0.0.1]:${sshd.port} ${keyOf(stranger)}\n`);
    const { outcome } = await tryConnect(file);
    expect(outcome).toBe(`HOST_KEY_CHANGED [127.0.0.1]:PORT: its ssh-ed25519 host key PRINT is not the one in known_hosts_${count}:2`);
  });

  test('a revoked key is refused though it is known', async () => {
    const { outcome } = await tryConnect(knownHosts(lineOf('ed25519'), `@revoked * ${keyOf(join(sshd.dir, 'host_ed25519'))}\n`));
    expect(outcome).toMatch(/^HOST_KEY_CHANGED .* was revoked by known_hosts_\d+:2$/);
  });

  test('a key that the host is known by without its port will do, as for ssh', async () => {
    expect((await tryConnect(knownHosts(`127.0.0.1 ${keyOf(join(sshd.dir, 'host_ed25519'))}\n`))).outcome).toBe('in');
  });

  test('nor will one that was revoked there', async () => {
    const key = keyOf(join(sshd.dir, 'host_ed25519'));
    const { outcome } = await tryConnect(knownHosts(`127.0.0.1 ${key}\n@revoked 127.0.0.1 ${key}\n`));
    expect(outcome).toMatch(/^HOST_KEY_CHANGED .* was revoked by known_hosts_\d+:2$/);
  });

  test('an alias stands for name and port', async () => {
    const file = knownHosts(`the-box ${keyOf(join(sshd.dir, 'host_ecdsa'))}\n`);
    expect((await tryConnect(file, { hostKeyAlias: 'The-Box' })).outcome).toBe('in');
    expect((await tryConnect(file, { hostKeyAlias: 'another' })).outcome).toMatch(/^HOST_KEY_UNKNOWN another/);
  });

  test('several files count as one', async () => {
    const files = [join(sshd.dir, 'not-there'), knownHosts(), knownHosts(lineOf('rsa'))];
    expect((await tryConnect('', { knownHosts: files })).outcome).toBe('in');
  });

  test('a file that cannot be read is no empty file', async () => {
    const folder = join(sshd.dir, 'folder');
    mkdirSync(folder);
    expect((await tryConnect(folder, { hostKeys: 'accept-new' })).outcome).toBe('HOST_KEY_UNKNOWN folder cannot be read: EISDIR');
  });
});

describe('accept-new', () => {
  test('a new key is added, once, and stays', async () => {
    const file = join(sshd.dir, 'new-folder', 'known_hosts');
    const first = await tryConnect(file, { hostKeys: 'accept-new' });
    expect(first).toEqual({
      outcome: 'in',
      warnings: ['added the ssh-ed25519 host key PRINT of [127.0.0.1]:PORT to new-folder/known_hosts'],
    });
    expect(readFileSync(file, 'utf8').split(' ').slice(0, 2)).toEqual([`[127.0.0.1]:${sshd.port}`, 'ssh-ed25519']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await tryConnect(file, { hostKeys: 'accept-new' })).toEqual({ outcome: 'in', warnings: [] });
    expect((await tryConnect(file)).outcome).toBe('in');
  });

  test('hashed where the file is, and on a line of its own', async () => {
    const file = knownHosts(`other.example.net ${keyOf(stranger)}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    writeFileSync(file, readFileSync(file, 'utf8').trimEnd());
    expect((await tryConnect(file, { hostKeys: 'accept-new' })).outcome).toBe('in');
    expect(readFileSync(file, 'utf8')).not.toContain('127.0.0.1');
    const { stdout } = spawnSync('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', file], { encoding: 'utf8' });
    expect(stdout).toContain(keyOf(join(sshd.dir, 'host_ed25519')));
    expect((await tryConnect(file)).outcome).toBe('in');
  });

  test('a changed key is refused all the same', async () => {
    const file = knownHosts(`[127.0.0.1]:${sshd.port} ${keyOf(stranger)}\n`);
    expect((await tryConnect(file, { hostKeys: 'accept-new' })).outcome).toMatch(/^HOST_KEY_CHANGED/);
  });

  test('a host that is known by another type of key, which it no longer has, is not new', async () => {
    const single = await startSshd();
    onTestFinished(single.stop);
    const rsa = makeKey(join(sshd.dir, 'old_rsa'), ['-t', 'rsa', '-b', '2048']);
    const file = knownHosts(`[127.0.0.1]:${single.port} ${keyOf(rsa)}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const { connect } = connector({ secrets: {}, connectsAtOnce: 1 });
    await expect(connect(hostOf({ ...single, knownHosts: file }, { hostKeys: 'accept-new' }))).rejects.toMatchObject({
      code: 'HOST_KEY_CHANGED',
      message: expect.stringContaining('not among those that known_hosts has of it (ssh-rsa)'),
    });
  });
});

test('a host whose key has changed never sees the password', async () => {
  const server = await startRecordingServer({ hostKey: join(sshd.dir, 'host_ed25519'), password: 'secret', methods: ['password'] });
  const file = knownHosts(`[127.0.0.1]:${server.port} ${keyOf(stranger)}\n`);
  const { connect } = connector({ secrets: { loginPassword: 'secret' }, connectsAtOnce: 1 });
  const host = hostOf({ port: server.port, key: sshd.key, knownHosts: file }, { privateKeys: [], hostKeys: 'accept-new' });
  await expect(connect(host)).rejects.toMatchObject({ code: 'HOST_KEY_CHANGED', where: { host: 'web01' } });
  expect([server.connections(), server.attempts]).toEqual([1, []]);
  await server.close();
});

describe('host certificates', () => {
  let authority: string;
  let certified: Sshd;

  beforeAll(async () => {
    authority = makeKey(join(sshd.dir, 'host_ca'), ['-t', 'rsa', '-b', '2048']);
  });

  /** An sshd that shows a certificate made with these options. */
  async function startCertified(type: 'ed25519' | 'ecdsa', options: readonly string[]): Promise<Sshd> {
    count += 1;
    const path = makeKey(join(sshd.dir, `certified_${count}`), ['-t', type]);
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'web01-id', ...options, `${path}.pub`], { stdio: 'ignore' });
    certified = await startSshd({ config: [`HostKey ${path}`, `HostCertificate ${path}-cert.pub`] });
    return certified;
  }

  async function tryCertified(type: 'ed25519' | 'ecdsa', options: readonly string[], line = '@cert-authority *') {
    const { port, key, stop } = await startCertified(type, options);
    const file = knownHosts(`${line} ${keyOf(authority)}\n`);
    const { connect, close } = connector({ secrets: {}, connectsAtOnce: 1 });
    const outcome = await connect(hostOf({ port, key, knownHosts: file })).then(
      async (session) => {
        const { stdout } = await session.exec('echo in', undefined, { timeoutMs: 20_000, maxBytes: 100 });
        await session.close();
        return stdout.toString();
      },
      (error: DroverError) => `${error.code} ${error.message}`,
    );
    await close();
    await stop();
    return outcome;
  }

  test.each([
    ['ed25519', ['-h', '-n', '127.0.0.1,web01'], 'in\n'],
    ['ecdsa', ['-h'], 'in\n'],
    ['ed25519', ['-h', '-n', 'web02'], 'HOST_KEY_UNKNOWN .* is for web02'],
    ['ed25519', ['-h', '-V', '-2d:-1d'], 'HOST_KEY_UNKNOWN .* has expired'],
    ['ed25519', ['-h', '-V', '+1d:+2d'], 'HOST_KEY_UNKNOWN .* is not valid yet'],
  ] as const)('%s %j: %s', async (type, options, expected) => {
    expect(await tryCertified(type, options)).toMatch(new RegExp(`^${expected}`));
  });

  test('an authority for other hosts does not count', async () => {
    expect(await tryCertified('ed25519', ['-h'], '@cert-authority *.example.net')).toMatch(/^HOST_KEY_UNKNOWN/);
  });

  test('an authority for the name without its port will do, as for ssh', async () => {
    expect(await tryCertified('ed25519', ['-h'], '@cert-authority 127.0.0.1')).toBe('in\n');
  });

  test('a revoked authority does not count', async () => {
    const line = `@cert-authority * ${keyOf(authority)}\n@revoked *`;
    expect(await tryCertified('ed25519', ['-h'], line)).toMatch(/^HOST_KEY_CHANGED .* was revoked/);
  });

  test('a host with another authority is known by its key', async () => {
    const other = makeKey(join(sshd.dir, 'other_ca'), ['-t', 'ed25519']);
    const { port, key, stop } = await startCertified('ed25519', ['-h']);
    const own = knownHostsLine(port, join(sshd.dir, `certified_${count}`));
    const file = knownHosts(`@cert-authority * ${keyOf(other)}\n`, own);
    const { connect, close } = connector({ secrets: {}, connectsAtOnce: 1 });
    const session = await connect(hostOf({ port, key, knownHosts: file }));
    expect((await session.look('echo in', { timeoutMs: 20_000, maxBytes: 100 })).stdout.toString()).toBe('in\n');
    await session.close();
    await close();
    await stop();
  });
});
