import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { allowHostKeyAlgorithms, carrierOf, insides, remoteVersion, takeOverKeys } from '../../src/transport/ssh2-internals.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';

const require = createRequire(import.meta.url);

let sshd: Sshd;
let client: ssh2.Client;

beforeAll(async () => {
  sshd = await startSshd();
  client = new ssh2.Client();
  const ready = new Promise((resolve, reject) => client.once('ready', () => resolve(undefined)).once('error', reject));
  client.connect({ host: '127.0.0.1', port: sshd.port, username: 'root', privateKey: readFileSync(sshd.key), hostVerifier: () => true });
  await ready;
});

afterAll(async () => {
  client.end();
  await sshd.stop();
});

test('this is the ssh2 that the private parts were looked up in', () => {
  const { version } = JSON.parse(readFileSync(require.resolve('ssh2/package.json'), 'utf8'));
  expect(version).toBe('1.17.0');
});

test('each private part is where it was', () => {
  const { _protocol: protocol, _chanMgr: channels } = insides(client);
  expect(Object.keys(protocol._handlers)).toEqual(
    expect.arrayContaining(['SERVICE_ACCEPT', 'EXT_INFO', 'GLOBAL_REQUEST', 'USERAUTH_FAILURE']),
  );
  expect(protocol._kex.sessionID).toBeInstanceOf(Buffer);
  expect(typeof protocol._kex.negotiated.serverHostKey).toBe('string');
  expect(protocol._authsQueue).toEqual([]);
  expect(typeof protocol._packetRW.write.allocStart).toBe('number');
  expect(typeof channels.add).toBe('function');
  expect(remoteVersion(client)).toMatch(/^OpenSSH_/);
});

test('a part that has moved is noticed at once', () => {
  const moved = { ...insides(client), _chanMgr: {} } as unknown as ssh2.Client;
  expect(() => insides(moved)).toThrow('ssh2 has moved its private parts');
});

test('ssh2 takes a carrier for a key of its own', () => {
  const identity = {
    name: 'k',
    type: 'sk-ssh-ed25519@openssh.com',
    blob: Buffer.from('x'),
    disturbs: true,
    sign: async () => Buffer.alloc(0),
  };
  // One in 256 of the ed25519 keys that ssh2 makes is such: no login may hang on that.
  vi.spyOn(ssh2.utils, 'generateKeyPairSync').mockReturnValue({ private: 'malformed', public: '' });
  const carrier = carrierOf(identity);
  vi.restoreAllMocks();
  expect(ssh2.utils.parseKey(carrier)).toBe(carrier);
  expect(carrier.isPrivateKey()).toBe(true);
});

test('a key that is none of ours is not sent', () => {
  takeOverKeys(client, { algorithmOf: (type) => type, signsAtOnce: () => true, onError: () => undefined });
  const key = ssh2.utils.parseKey(readFileSync(sshd.key));
  if (key instanceof Error) throw key;
  expect(() => insides(client)._protocol.authPK('root', key, undefined)).toThrow('a key that is not ours');
});

test('certificate algorithms can be allowed, more than once', () => {
  const { SUPPORTED_SERVER_HOST_KEY: supported } = require('ssh2/lib/protocol/constants.js') as { SUPPORTED_SERVER_HOST_KEY: string[] };
  const name = 'ssh-ed25519-cert-v01@openssh.com';
  allowHostKeyAlgorithms([name]);
  allowHostKeyAlgorithms([name]);
  expect(supported.filter((found) => found === name)).toEqual([name]);
});
