import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { DroverError } from '../core/errors.ts';
import type { Connection, Host, Secrets } from '../core/host.ts';
import type { Session } from '../core/session.ts';
import { dial, showAddress } from './dial.ts';
import { type HostKeys, hostKeys } from './host-keys.ts';
import { type IdentityFinder, identityFinder } from './identities.ts';
import { type JumpHosts, jumpHosts, lastJump } from './jump-hosts.ts';
import { login } from './login.ts';
import type { LoginFailure, LoginResult } from './login-progress.ts';
import { pause } from './pause.ts';
import { type Ramp, ramp } from './ramp.ts';
import { type KeyScan, scanKeys } from './scan.ts';
import { SshSession } from './session.ts';
import { shownKey } from './shown-key.ts';

export interface ConnectorOptions {
  readonly secrets: Secrets;
  /** Dials under way at a time towards one jump host, or to all hosts without one: sshd drops what is over its MaxStartups. */
  readonly connectsAtOnce: number;
  /** Told of each host key that is added to known_hosts. */
  readonly onWarning?: (text: string) => void;
  /** How often a silent host is asked whether it is still there; three silences end the connection. 15 s by default. */
  readonly keepaliveMs?: number;
  /** The pause before the nth dial again, from 0: by default 1 s, doubled each time, up to 30 s, and up to half of it left out at random. */
  readonly pauseMs?: (attempt: number) => number;
}

/** Opens connections and shares what they have in common: jump hosts, parsed keys, known_hosts. */
export interface Connector {
  /** Rejects with a DroverError. The signal calls off a connect that is under way, not an open session. */
  readonly connect: (host: Host, signal?: AbortSignal) => Promise<Session>;
  /** Asks a host for its keys; nobody is logged in to. */
  readonly scan: (host: Host, signal?: AbortSignal) => Promise<KeyScan>;
  /** Adds a host's keys to the first of its known_hosts files; the file. */
  readonly trust: (host: Host, keys: readonly Buffer[]) => string;
  /** Ends all connections to jump hosts, and with them all that goes through them. */
  readonly close: () => Promise<void>;
}

interface Shared {
  readonly options: ConnectorOptions;
  readonly hostKeys: HostKeys;
  readonly identities: IdentityFinder;
  readonly proven: Set<string>;
  readonly ramp: Ramp;
  readonly jumps: JumpHosts;
}

/** How one dial differs from the one before. */
interface Attempt {
  readonly again?: readonly string[];
  readonly ahead: boolean;
  readonly signal?: AbortSignal;
}

/** A connector for one run. */
export function connector(options: ConnectorOptions): Connector {
  const shared: Shared = {
    options,
    hostKeys: hostKeys(options.onWarning ?? (() => undefined)),
    identities: identityFinder(options.secrets.passphrases ?? {}),
    proven: new Set(),
    ramp: ramp(options.connectsAtOnce),
    // Shared by many, so no single host's signal ends it.
    jumps: jumpHosts((jump) => reach(shared, jump, undefined)),
  };
  return {
    connect: async ({ name, connection }, signal) => {
      try {
        const client = await reach(shared, connection, signal);
        return new SshSession({ client, connection, secrets: options.secrets, host: name });
      } catch (error) {
        throw error instanceof DroverError ? error.at({ host: name }) : error;
      }
    },
    scan: async ({ name, connection }, signal) => {
      try {
        return await scanKeys(connection, shared.hostKeys, async (algorithms) => {
          const shown = await persist(shared, connection, {
            signal,
            once: async () => {
              const stream = await openStream(shared.jumps, connection, signal);
              return 'kind' in stream ? stream : await shownKey({ connection, stream, algorithms });
            },
          });
          return shown.blob;
        });
      } catch (error) {
        throw error instanceof DroverError ? error.at({ host: name }) : error;
      }
    },
    trust: ({ connection }, keys) => keys.map((blob) => shared.hostKeys.add(connection, blob)).at(-1) ?? '',
    close: shared.jumps.close,
  };
}

/** Dials and logs in, as often as the connection says. */
async function reach(shared: Shared, connection: Connection, signal: AbortSignal | undefined): Promise<Client> {
  const { client } = await persist(shared, connection, { signal, once: (attempt) => tryOnce(shared, connection, attempt) });
  return client;
}

interface Persisting<T> {
  readonly signal: AbortSignal | undefined;
  readonly once: (attempt: Attempt) => Promise<T | LoginFailure>;
}

/** Tries until it works, or the connection's retries are spent. */
async function persist<T extends { readonly kind: 'in' | 'shown' }>(
  shared: Shared,
  connection: Connection,
  { signal, once }: Persisting<T>,
): Promise<T> {
  const pauseMs = shared.options.pauseMs ?? backoff;
  let attempt: Attempt = { ahead: true, ...(signal === undefined ? {} : { signal }) };
  for (let retries = 0; ; ) {
    const result = await shared.ramp(laneOf(connection), () => once(attempt));
    if (result.kind !== 'failed') return result;
    const { error, retry } = result;
    if (typeof retry === 'object') {
      attempt = { ...attempt, again: retry.again };
      continue;
    }
    if (retry === 'never' || retries >= connection.connectRetries) throw error;
    await pause(pauseMs(retries), signal);
    if (signal?.aborted) throw error;
    retries += 1;
    attempt = { ...attempt, ahead: false };
  }
}

function backoff(attempt: number): number {
  return Math.min(30_000, 1_000 * 2 ** attempt) * (1 - Math.random() / 2);
}

function laneOf(connection: Connection): string {
  const jump = lastJump(connection);
  return jump === undefined ? 'direct' : `${jump.user}@${showAddress(jump)}`;
}

async function tryOnce(shared: Shared, connection: Connection, { signal, ...attempt }: Attempt): Promise<LoginResult> {
  const { options, proven } = shared;
  const { loginPassword } = options.secrets;
  const identities = await shared.identities(connection);
  const stream = await openStream(shared.jumps, connection, signal);
  if ('kind' in stream) return stream;
  const onAbort = () => stream.destroy();
  signal?.addEventListener('abort', onAbort);
  try {
    return await login({
      ...attempt,
      connection,
      stream,
      hostKeys: shared.hostKeys,
      identities,
      ...(loginPassword === undefined ? {} : { password: loginPassword }),
      isProven: ({ blob }) => proven.has(blob.toString('base64')),
      onProven: ({ blob }) => proven.add(blob.toString('base64')),
      keepaliveMs: options.keepaliveMs ?? 15_000,
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** A socket to the host, or a channel through its last jump host. */
async function openStream(jumps: JumpHosts, connection: Connection, signal: AbortSignal | undefined): Promise<Duplex | LoginFailure> {
  const { address, port, connectTimeoutMs } = connection;
  const jump = lastJump(connection);
  try {
    if (jump !== undefined) return await jumps.through(jump, connection);
    return await dial({ address, port, timeoutMs: connectTimeoutMs, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    // A jump host has been dialled as often as it should: its errors say where they happened.
    const retry = error.code === 'HOST_UNREACHABLE' && error.where.host === undefined ? 'later' : 'never';
    return { kind: 'failed', error, retry };
  }
}
