import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { DroverError } from '../core/errors.ts';
import { authSteps } from './auth-steps.ts';
import { CERTIFIED, changed } from './host-keys.ts';
import { authFailed, failureOf, timedOut } from './login-failure.ts';
import type { Login, LoginFailure, LoginResult, Progress } from './login-progress.ts';
import { allowHostKeyAlgorithms, insides, listenToLogin, startLoginAhead, takeOverKeys, trustCertifiedKey } from './ssh2-internals.ts';

/** Group exchange is left out: it blocks ssh2 for seconds of CPU a connect. */
export const KEY_EXCHANGES = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group15-sha512',
  'diffie-hellman-group18-sha512',
] as const;

/** Signing may wait for a person, and PAM modules may take their time. */
const AUTH_LIMIT_MS = 60_000;
const KEEPALIVES = 3;

/** Verifies the host, then logs in. Rejects for bugs only. */
export function login(options: Login): Promise<LoginResult> {
  const progress: Progress = { isAnswered: false, isHandshakeDone: false, signatureAlgorithms: [], offered: [], accepts: [] };
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    const end = (result: LoginResult) => {
      clearTimeout(timer);
      client.removeListener('error', onError).removeListener('close', onClose);
      client.on('error', () => undefined);
      if (result.kind === 'failed') options.stream.destroy();
      resolve(result);
    };
    const fail = (failure: LoginFailure) => end(progress.verdict ?? failure);
    const onError = (error: Error) => fail(failureOf(error, options, progress));
    const onClose = () => fail(failureOf(new Error('the host hung up'), options, progress));
    const onTime = () => fail(timedOut(options, progress));
    let timer = setTimeout(onTime, options.connection.connectTimeoutMs);
    client.on('error', onError).on('close', onClose);
    client.once('handshake', () => {
      progress.isHandshakeDone = true;
      clearTimeout(timer);
      timer = setTimeout(onTime, Math.max(AUTH_LIMIT_MS, options.connection.connectTimeoutMs));
    });
    client.once('ready', () => end({ kind: 'in', client }));
    client.on('change password', () => fail(authFailed(options, progress, 'the password has expired')));
    try {
      start(client, options, progress);
    } catch (error) {
      if (error instanceof DroverError) fail({ kind: 'failed', error, retry: 'never' });
      else reject(error);
    }
  });
}

function start(client: Client, options: Login, progress: Progress): void {
  const { connection, hostKeys } = options;
  allowHostKeyAlgorithms(CERTIFIED);
  client.connect({
    sock: options.stream as NonNullable<ConnectConfig['sock']>,
    username: connection.user,
    readyTimeout: 0,
    keepaliveInterval: options.keepaliveMs,
    keepaliveCountMax: KEEPALIVES,
    algorithms: { kex: [...KEY_EXCHANGES], serverHostKey: [...hostKeys.algorithms(connection, options.again)] as never },
    hostVerifier: (blob: Buffer) => verify(client, blob, { options, progress }),
    authHandler: authSteps(options, progress),
  });
  insides(client);
  // The key is proved to be the host's own only when the exchange is done, so it is not added before.
  client.once('handshake', () => progress.newKey !== undefined && hostKeys.remember(connection, progress.newKey));
  client.once('ready', () => progress.last !== undefined && options.onProven(progress.last));
  takeOverKeys(client, {
    algorithmOf: (type) => algorithmOf(type, progress.signatureAlgorithms),
    signsAtOnce: (identity) => !identity.disturbs || options.isProven(identity),
    onError: (identity, error) => progress.offered.push(`${identity.name} failed to sign: ${error.message}`),
  });
  listenToLogin(client, {
    onSignatureAlgorithms: (names) => {
      progress.signatureAlgorithms = names;
    },
    onAnswer: () => {
      progress.isAnswered = true;
    },
  });
  if (options.ahead && options.identities.usable.length > 0) startLoginAhead(client);
}

function verify(client: Client, blob: Buffer, { options, progress }: { readonly options: Login; readonly progress: Progress }): boolean {
  const { connection, hostKeys, again } = options;
  const verdict = hostKeys.judge(connection, blob);
  switch (verdict.kind) {
    case 'known':
      return true;
    case 'certified':
      trustCertifiedKey(client, blob, verdict.subject);
      return true;
    case 'new':
      progress.newKey = blob;
      return true;
    case 'ask again': {
      const error = changed(
        connection,
        blob,
        `is not among those that known_hosts has of it (${verdict.keyTypes.join(', ') || 'certificates'})`,
      );
      progress.verdict = { kind: 'failed', error, retry: again === undefined ? { again: verdict.keyTypes } : 'never' };
      return false;
    }
    case 'refused':
      progress.verdict = { kind: 'failed', error: verdict.error, retry: 'never' };
      return false;
    default:
      return verdict satisfies never;
  }
}

/** RSA keys sign with SHA-2 only. Hosts that do not say what they take (OpenSSH 7.4 leaves it out) are given the strongest. */
function algorithmOf(type: string, taken: readonly string[]): string {
  if (!type.startsWith('ssh-rsa')) return type;
  const hash = taken.includes('rsa-sha2-512') || !taken.includes('rsa-sha2-256') ? 'rsa-sha2-512' : 'rsa-sha2-256';
  return type.replace('ssh-rsa', hash);
}
