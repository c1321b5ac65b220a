import type { Duplex } from 'node:stream';
import ssh2, { type ConnectConfig } from 'ssh2';
import type { Connection } from '../core/host.ts';
import { parseCertificate } from './certificate.ts';
import { CERTIFIED } from './host-keys.ts';
import { KEY_EXCHANGES } from './login.ts';
import { handshakeFailure } from './login-failure.ts';
import type { LoginFailure } from './login-progress.ts';
import { allowHostKeyAlgorithms, trustCertifiedKey } from './ssh2-internals.ts';

/** The key that a host shows, and has proved to hold; none where it has none of the types that were asked for. */
export interface Shown {
  readonly kind: 'shown';
  readonly blob: Buffer | undefined;
}

/** What a host is asked for. */
export interface KeyQuestion {
  readonly connection: Connection;
  readonly stream: Duplex;
  readonly algorithms: readonly string[];
}

/** Asks a host for its key, and hangs up before any login. */
export function shownKey({ connection, stream, algorithms }: KeyQuestion): Promise<Shown | LoginFailure> {
  const client = new ssh2.Client();
  allowHostKeyAlgorithms(CERTIFIED);
  let blob: Buffer | undefined;
  return new Promise((resolve) => {
    const end = (result: Shown | LoginFailure) => {
      clearTimeout(timer);
      client.removeAllListeners();
      client.on('error', () => undefined);
      stream.destroy();
      resolve(result);
    };
    const fail = (error: Error) => end(handshakeFailure(error, connection));
    const timer = setTimeout(() => fail(new Error('no answer in time')), connection.connectTimeoutMs);
    client.on('close', () => fail(new Error('the host hung up')));
    client.on('error', (error) => (/no matching host key/.test(error.message) ? end({ kind: 'shown', blob: undefined }) : fail(error)));
    client.once('handshake', () => end({ kind: 'shown', blob }));
    client.connect({
      sock: stream as NonNullable<ConnectConfig['sock']>,
      username: connection.user,
      readyTimeout: 0,
      algorithms: { kex: [...KEY_EXCHANGES], serverHostKey: [...algorithms] as never },
      hostVerifier: (shown: Buffer) => {
        const certificate = parseCertificate(shown);
        if (certificate !== undefined) trustCertifiedKey(client, shown, certificate.subject);
        blob = shown;
        return true;
      },
    });
  });
}
