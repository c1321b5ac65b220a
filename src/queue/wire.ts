import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { DroverError } from '../core/errors.ts';
import type { Engine } from './engine-file.ts';
import { Envelope } from './messages.ts';

/** A process's way to all others over the engine's server: words to channels, one of which is its own. Words are not kept. */
export interface Wire {
  /** Its own channel. */
  readonly channel: string;
  readonly send: (channel: string, envelope: Envelope) => void;
  /** Hears what is for a session, from here to the call of what it returns. */
  readonly hear: (session: string, onEnvelope: (envelope: Envelope) => void) => () => void;
  /** Told when the server is gone: words may have been lost. */
  readonly onDown: (tell: () => void) => () => void;
  /** Whether the server is there, as far as is known. */
  readonly isUp: () => boolean;
  /** Parts of BullMQ connect with it. */
  readonly connection: Redis;
  readonly close: () => void;
}

const CONNECT_MS = 10_000;

/** Connects to the engine's server. Throws ENGINE_UNREACHABLE. */
export async function openWire({ url }: Engine): Promise<Wire> {
  const channel = `drover:${randomBytes(12).toString('hex')}`;
  // BullMQ's blocking calls want no limit of their own; it is the server's silence that ends them.
  const connection = new Redis(url, { lazyConnect: true, connectTimeout: CONNECT_MS, maxRetriesPerRequest: null });
  const ears = connection.duplicate();
  const sessions = new Map<string, (envelope: Envelope) => void>();
  const down = new Set<() => void>();
  await connected([connection, ears], url);
  ears.on('message', (_: string, text: string) => {
    const envelope = parsed(text);
    if (envelope !== undefined) sessions.get(envelope.session)?.(envelope);
  });
  for (const client of [connection, ears]) {
    client.on('error', () => {}); // told by `close`, which follows
    client.on('close', () => {
      for (const tell of down) tell();
    });
  }
  await ears.subscribe(channel);
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
      down.add(tell);
      return () => down.delete(tell);
    },
    isUp: () => connection.status === 'ready',
    close: () => {
      down.clear();
      ears.disconnect();
      connection.disconnect();
    },
  };
}

async function connected(clients: readonly Redis[], url: string): Promise<void> {
  let why: Error | undefined;
  for (const client of clients) {
    client.on('error', (error: Error) => {
      why ??= error;
    });
  }
  try {
    await Promise.all(clients.map((client) => client.connect()));
  } catch (error) {
    for (const client of clients) client.disconnect();
    const cause = why ?? error;
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new DroverError('ENGINE_UNREACHABLE', `${new URL(url).host}: the engine's server cannot be reached: ${words}`, { cause });
  }
}

function parsed(text: string): Envelope | undefined {
  try {
    return Envelope.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
