import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { DroverError } from '../core/errors.ts';
import type { Engine } from './engine-file.ts';
import { ALIVE_MS, SILENCE_MS } from './line.ts';
import { Envelope } from './messages.ts';

/**
 * A process's way to all others over the engine's server: words to channels, one of which is its own. Words are not kept, so a wire that
 * breaks is not mended: some may be missing, and what could not be sent must not come late.
 */
export interface Wire {
  /** Its own channel. */
  readonly channel: string;
  readonly send: (channel: string, envelope: Envelope) => void;
  /** Hears what is for a session, from here to the call of what it returns. */
  readonly hear: (session: string, onEnvelope: (envelope: Envelope) => void) => () => void;
  /** Told once, when the server is gone or silent, or soon where it is already. */
  readonly onDown: (tell: () => void) => () => void;
  readonly isUp: () => boolean;
  /** Parts of BullMQ connect with it. */
  readonly connection: Redis;
  readonly close: () => void;
}

const CONNECT_MS = 10_000;

const OPTIONS = {
  lazyConnect: true,
  // BullMQ's blocking calls want no limit of their own.
  maxRetriesPerRequest: null,
  retryStrategy: () => null,
} as const;

/** Connects to the engine's server. Throws ENGINE_UNREACHABLE. */
export async function openWire({ url }: Engine): Promise<Wire> {
  const channel = `drover:${randomBytes(12).toString('hex')}`;
  const connection = new Redis(url, OPTIONS);
  const ears = connection.duplicate();
  const sessions = new Map<string, (envelope: Envelope) => void>();
  const down = new Set<() => void>();
  await connected([connection, ears], url, () => ears.subscribe(channel));
  const pulse = pings([connection, ears], () => fall());
  const close = (): void => {
    clearInterval(pulse);
    ears.disconnect();
    connection.disconnect();
  };
  let isUp = true;
  const fall = (): void => {
    if (!isUp) return;
    isUp = false;
    close();
    for (const tell of down) tell();
  };
  ears.on('message', (_: string, text: string) => {
    const envelope = parsed(text);
    if (envelope !== undefined) sessions.get(envelope.session)?.(envelope);
  });
  for (const client of [connection, ears]) client.on('close', fall);
  return {
    channel,
    connection,
    send: (to, envelope) => {
      // What cannot be sent is missed at the other end, and ends the session there.
      connection.publish(to, JSON.stringify(envelope)).catch(() => {});
    },
    hear: (session, onEnvelope) => {
      sessions.set(session, onEnvelope);
      return () => sessions.delete(session);
    },
    onDown: (tell) => {
      if (!isUp) queueMicrotask(tell);
      down.add(tell);
      return () => down.delete(tell);
    },
    isUp: () => isUp,
    close: () => {
      isUp = false;
      close();
    },
  };
}

/** Calls when one of them leaves a ping without an answer for SILENCE_MS. */
function pings(clients: readonly Redis[], onSilence: () => void): NodeJS.Timeout {
  let askedAt: number | undefined;
  return setInterval(() => {
    if (askedAt !== undefined) {
      if (performance.now() - askedAt > SILENCE_MS) onSilence();
      return;
    }
    askedAt = performance.now();
    const answered = (): void => {
      askedAt = undefined;
    };
    Promise.all(clients.map((client) => client.ping())).then(answered, () => {}); // a broken one is told of by `close`
  }, ALIVE_MS);
}

async function connected(clients: readonly Redis[], url: string, begin: () => Promise<unknown>): Promise<void> {
  let why: (Error & { readonly code?: unknown }) | undefined;
  for (const client of clients) {
    // It goes on hearing: an error without a listener would end the process, and `close` follows each.
    client.on('error', (error: Error) => {
      why ??= error;
      // ioredis listens to the first error of a socket only, and one with TLS may tell of the server's answer to the first.
      client.stream?.on('error', () => {});
    });
  }
  const end = (): void => {
    for (const client of clients) client.disconnect();
  };
  const late = setTimeout(() => {
    why ??= new Error(`no answer within ${CONNECT_MS / 1000} s`);
    end();
  }, CONNECT_MS);
  try {
    await Promise.all(clients.map((client) => client.connect()));
    await begin();
  } catch (error) {
    end();
    const cause = why ?? error;
    const words = cause instanceof Error ? cause.message : String(cause);
    const hint = CERTIFICATE.test(String(why?.code))
      ? { hint: 'Name the CA that signed it: NODE_EXTRA_CA_CERTS=FILE; see docs/scale.md.' }
      : {};
    throw new DroverError('ENGINE_UNREACHABLE', `${new URL(url).host}: the engine's server cannot be reached: ${words}`, {
      cause,
      ...hint,
    });
  } finally {
    clearTimeout(late);
  }
}

/** What Node calls its doubts about a certificate's issuer (tls, X509 certificate error codes). */
const CERTIFICATE = /SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)/;

function parsed(text: string): Envelope | undefined {
  try {
    return Envelope.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
