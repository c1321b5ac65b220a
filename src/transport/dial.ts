import { connect, type Socket } from 'node:net';
import { DroverError } from '../core/errors.ts';
import { coalesceWrites } from './coalesce.ts';

/** Where to, and how long at most. */
export interface Dial {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** An open socket. Rejects with HOST_UNREACHABLE. */
export function dial({ address, port, timeoutMs, signal }: Dial): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Node gives up an address of several after 250 ms by default, which is less than some links need for one round trip.
    const socket = connect({ host: address, port, noDelay: true, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 3_000 });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
    };
    const fail = (why: string, cause?: unknown) => {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(unreachable({ address, port }, why, cause));
    };
    const onError = (error: Error) => fail(osWords(error), error);
    const onAbort = () => fail('the connect was called off');
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    signal?.addEventListener('abort', onAbort);
    socket.on('error', onError);
    socket.once('connect', () => {
      settle();
      resolve(coalesceWrites(socket));
    });
    if (signal?.aborted) onAbort();
  });
}

/** The error for an address that cannot be reached. */
export function unreachable(host: { readonly address: string; readonly port: number }, why: string, cause?: unknown): DroverError {
  return new DroverError('HOST_UNREACHABLE', `${showAddress(host)}: ${why}`, cause === undefined ? {} : { cause });
}

/** Address and port for people. */
export function showAddress({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network is unreachable',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  EMFILE: 'too many open files on this machine; raise `ulimit -n`',
  EADDRNOTAVAIL: 'this machine has no local address or port left for it',
};

/** What the operating system says, in words. */
export function osWords(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  // ssh2 puts a disconnect's reason there, a number; its message says more.
  return typeof code === 'string' ? (WORDS[code] ?? code) : error.message;
}
