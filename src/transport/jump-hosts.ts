import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { DroverError } from '../core/errors.ts';
import type { Connection } from '../core/host.ts';
import { showAddress, unreachable } from './dial.ts';

/** Connections to jump hosts, each opened once and shared by all hosts behind it. */
export interface JumpHosts {
  /** A stream to the address, through the jump host. Rejects with a DroverError. */
  readonly through: (jump: Connection, host: Connection) => Promise<Duplex>;
  readonly close: () => Promise<void>;
}

/** A jump host that cannot be reached is not dialled again for each of the hosts behind it. */
const FAILURE_KEPT_MS = 30_000;

/** The host that the way leads through last, with its own way to it. */
export function lastJump({ jump }: Connection): Connection | undefined {
  const last = jump.at(-1);
  return last && { ...last, jump: jump.length > 1 ? jump.slice(0, -1) : last.jump };
}

/** Jump hosts that are reached by `reach`, which retries as it sees fit. */
export function jumpHosts(reach: (jump: Connection) => Promise<Client>): JumpHosts {
  const clients = new Map<string, Promise<Client>>();
  const clientOf = (jump: Connection): Promise<Client> => {
    const key = JSON.stringify(jump);
    const found = clients.get(key);
    if (found !== undefined) return found;
    const opening = reach(jump);
    clients.set(key, opening);
    opening.then(
      (client) => client.once('close', () => clients.delete(key)),
      () => setTimeout(() => clients.delete(key), FAILURE_KEPT_MS).unref(),
    );
    return opening;
  };
  return {
    through: async (jump, host) => forward(await openJump(clientOf(jump), jump), jump, host),
    close: async () => {
      const opened = await Promise.allSettled(clients.values());
      clients.clear();
      for (const client of opened) if (client.status === 'fulfilled') client.value.end();
    },
  };
}

async function openJump(opening: Promise<Client>, jump: Connection): Promise<Client> {
  try {
    return await opening;
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    const { code, hint } = error;
    throw new DroverError(code, `jump host ${error.message}`, { where: { host: showAddress(jump) }, hint, cause: error });
  }
}

function forward(client: Client, jump: Connection, host: Connection): Promise<Duplex> {
  const { address, port, connectTimeoutMs } = host;
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => reject(unreachable(host, `${why} (through the jump host ${showAddress(jump)})`, cause));
    const timer = setTimeout(() => fail(`no answer within ${connectTimeoutMs / 1000} s`), connectTimeoutMs);
    try {
      client.forwardOut('127.0.0.1', 0, address, port, (error, stream) => {
        clearTimeout(timer);
        if (error !== undefined) fail(forwardWords(error), error);
        else resolve(stream);
      });
    } catch (error) {
      // ssh2 throws on a connection that has just ended.
      clearTimeout(timer);
      fail((error as Error).message, error);
    }
  });
}

/** ssh2 wraps what the jump host says. */
function forwardWords(error: Error): string {
  return error.message.replace(/^\(SSH\) Channel open failure: /, '').toLowerCase();
}
