import { randomBytes } from 'node:crypto';
import { DroverError } from '../core/errors.ts';
import type { Host } from '../core/host.ts';
import type { Session } from '../core/session.ts';
import type { Engine } from './engine-file.ts';
import { type Line, OBEDIENT_MS, openLine } from './line.ts';
import { type Answer, doneOf, Request, storeError } from './messages.ts';
import { outbox } from './outbox.ts';
import type { SessionJob } from './queue-names.ts';
import { sealFor } from './seal.ts';
import type { Wire } from './wire.ts';

/** What a worker keeps sessions with. */
export interface Keep {
  readonly connect: (host: Host, signal: AbortSignal) => Promise<Session>;
  /** Told what a person may want to know. */
  readonly onEvent: (event: 'opened' | 'ended', host: string) => void;
}

interface Keeping extends Keep {
  readonly engine: Engine;
  readonly wire: Wire;
  readonly cut: AbortSignal;
}

/** Claims a session, reaches its host, and does what the controller says until it closes the session or either is lost. */
export async function keepSession({ session, from }: SessionJob, { engine, wire, connect, onEvent, cut }: Keeping): Promise<void> {
  if (cut.aborted) return;
  const challenge = randomBytes(16).toString('hex');
  const seal = sealFor(engine.key, 'worker', session, challenge);
  const over = new AbortController();
  const end = (): void => over.abort();
  const send = (number: number, box: string): void =>
    wire.send(from, { session, number, from: wire.channel, ...(number === 0 ? { challenge } : {}), box });
  const hand: Hand = { connect, onEvent, over: over.signal, end, say: () => {}, heard: () => {}, open: undefined };
  const onMessage = (text: string): void => void obey(Request.parse(JSON.parse(text)), hand);
  const line: Line<Answer> = openLine({ seal, send, onMessage, onLost: end, silenceMs: OBEDIENT_MS });
  const box = outbox(line.say);
  hand.say = box.say;
  hand.heard = box.heard;
  const forget = [wire.hear(session, ({ number, box: sealed }) => line.hear(number, sealed)), wire.onDown(end)];
  const leave = (): void => {
    line.say({ type: 'left' });
    end();
  };
  cut.addEventListener('abort', leave, { once: true });
  line.say({ type: 'claim' });
  if (!over.signal.aborted) await new Promise((done) => over.signal.addEventListener('abort', done, { once: true }));
  cut.removeEventListener('abort', leave);
  line.end();
  for (const one of forget) one();
  const open = await hand.open;
  await open?.session.close();
  if (open !== undefined) onEvent('ended', open.host);
}

/** A session in a worker's hand. */
interface Hand extends Keep {
  readonly over: AbortSignal;
  readonly end: () => void;
  say: (answer: Answer) => void;
  heard: (parts: number) => void;
  /** Undefined before it is asked for, and where the host was not reached. */
  open: Promise<{ readonly session: Session; readonly host: string } | undefined> | undefined;
}

async function obey(request: Request, hand: Hand): Promise<void> {
  switch (request.type) {
    case 'open':
      hand.open = reach(request.host as unknown as Host, hand);
      await hand.open;
      return;
    case 'do':
      return await doErrand(request, hand);
    case 'heard':
      hand.heard(request.parts);
      return;
    case 'alive':
      return;
    case 'gone':
    case 'close':
      hand.end();
      return;
    default:
      request satisfies never;
  }
}

/** Keys, known_hosts and the agent are the worker's own; paths of them are looked up here. */
async function reach({ name, connection }: Host, hand: Hand): Promise<{ readonly session: Session; readonly host: string } | undefined> {
  const { agent, ...rest } = connection;
  const own = agent === undefined ? undefined : process.env['SSH_AUTH_SOCK'];
  const host: Host = { name, groups: [], vars: {}, connection: { ...rest, ...(own === undefined ? {} : { agent: own }) } };
  try {
    const session = await hand.connect(host, hand.over);
    hand.say({ type: 'opened' });
    hand.onEvent('opened', name);
    return { session, host: name };
  } catch (error) {
    hand.say({ type: 'failed', error: storeError(error) });
    hand.end();
    return undefined;
  }
}

async function doErrand({ id, how, script, stdin, timeoutMs, maxBytes }: Extract<Request, { type: 'do' }>, hand: Hand): Promise<void> {
  const open = await hand.open;
  const part = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += PART_BYTES) {
      hand.say({ type: 'part', id, stream, data: chunk.subarray(at, at + PART_BYTES).toString('base64') });
    }
  };
  const limits = { timeoutMs, maxBytes, onStdout: part('stdout'), onStderr: part('stderr') };
  try {
    if (open === undefined || hand.over.aborted) throw new DroverError('CONNECTION_LOST', 'the worker has no such session');
    const { session } = open;
    const output =
      how === 'exec'
        ? await session.exec(script, stdin === undefined ? undefined : Buffer.from(stdin, 'base64'), limits)
        : await session[how](script, limits);
    hand.say(doneOf(id, output));
  } catch (error) {
    hand.say({ type: 'threw', id, error: storeError(error) });
  }
}

const PART_BYTES = 48 * 1024;
