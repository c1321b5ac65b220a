import { DroverError } from '../core/errors.ts';
import type { Exchange, Output, Session } from '../core/session.ts';
import { type Answer, type Request, restoreError } from './messages.ts';

/** A session that a worker keeps. Who uses it sets what is told of it. */
export interface Open {
  readonly say: (request: Request) => void;
  onAnswer: (answer: Answer) => void;
  onLost: (why: string) => void;
  readonly end: () => void;
}

interface Errand {
  readonly how: 'look' | 'act' | 'exec';
  readonly script: string;
  readonly stdin?: Buffer;
  readonly limits: Exchange;
}

interface Pending {
  readonly errand: Errand;
  readonly kept: { readonly stdout: Buffer[]; readonly stderr: Buffer[] };
  readonly done: (output: Output) => void;
  readonly fail: (error: Error) => void;
  bytes: number;
}

/** Parts that are taken in before the worker is told, so that it never sends more than the server bears. */
const HEARD_EVERY = 8;
/** As many workers may be lost over one connect or one look as will do for a bad hour; a host that costs each of them its life is given up. */
export const MOST_LOST = 2;

/**
 * A host's session through a worker. A worker that is lost is replaced by another one, and a look is asked there again: it changes
 * nothing. An act or a command that was under way is in doubt, as with any connection that breaks.
 */
export class RemoteSession implements Session {
  readonly #host: string;
  readonly #reopen: () => Promise<Open>;
  readonly #pending = new Map<number, Pending>();
  #open: Open;
  #reopening: Promise<Open> | undefined;
  #count = 0;
  #parts = 0;
  /** Why the worker is gone; undefined while it is there. */
  #lost: string | undefined;
  #isClosed = false;

  constructor(host: string, open: Open, reopen: () => Promise<Open>) {
    this.#host = host;
    this.#reopen = reopen;
    this.#open = open;
    this.#attach(open);
  }

  async look(script: string, limits: Exchange): Promise<Output> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#run({ how: 'look', script, limits });
      } catch (error) {
        const isOver = this.#isClosed || this.#lost === undefined || tries >= MOST_LOST;
        if (isOver || !(error instanceof DroverError) || error.code !== 'CONNECTION_LOST') throw error;
      }
    }
  }

  act(script: string, limits: Exchange): Promise<Output> {
    return this.#run({ how: 'act', script, limits });
  }

  exec(command: string, stdin: Buffer | undefined, limits: Exchange): Promise<Output> {
    return this.#run({ how: 'exec', script: command, ...(stdin === undefined ? {} : { stdin }), limits });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#lost === undefined) this.#open.say({ type: 'close' });
    this.#open.end();
    this.#fail('the session was closed');
  }

  async #run(errand: Errand): Promise<Output> {
    if (this.#isClosed) throw this.#error('the session was closed');
    if (this.#lost !== undefined) await this.#again();
    const id = this.#count;
    this.#count += 1;
    const { how, script, stdin, limits } = errand;
    return await new Promise<Output>((done, fail) => {
      this.#pending.set(id, { errand, kept: { stdout: [], stderr: [] }, done, fail, bytes: 0 });
      const { timeoutMs, maxBytes } = limits;
      const more = stdin === undefined ? {} : { stdin: stdin.toString('base64') };
      this.#open.say({ type: 'do', id, how, script, timeoutMs, maxBytes, ...more });
    });
  }

  /** Another worker in the place of the lost one, once for all that wait for it. */
  async #again(): Promise<void> {
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined;
    });
    const open = await this.#reopening;
    if (this.#open === open) return;
    this.#attach(open);
    this.#lost = undefined;
  }

  #attach(open: Open): void {
    this.#open = open;
    this.#parts = 0;
    open.onAnswer = (answer) => this.#take(answer);
    open.onLost = (why) => {
      this.#lost = `the worker was lost: ${why}`;
      this.#fail(this.#lost);
    };
  }

  #take(answer: Answer): void {
    if (!('id' in answer)) return;
    const pending = this.#pending.get(answer.id);
    if (answer.type === 'part') this.#hear(answer, pending);
    else this.#pending.delete(answer.id);
    if (answer.type === 'threw') pending?.fail(restoreError(answer.error));
    if (answer.type !== 'done' || pending === undefined) return;
    const { status, signal, truncated } = answer;
    const { stdout, stderr } = pending.kept;
    pending.done({
      status,
      ...(signal === undefined ? {} : { signal }),
      stdout: Buffer.concat(stdout),
      stderr: Buffer.concat(stderr),
      ...(truncated === undefined ? {} : { truncated }),
    });
  }

  #hear({ stream, data }: Extract<Answer, { type: 'part' }>, pending: Pending | undefined): void {
    this.#parts += 1;
    if (this.#parts % HEARD_EVERY === 0) this.#open.say({ type: 'heard', parts: HEARD_EVERY });
    if (pending === undefined) return;
    const chunk = Buffer.from(data, 'base64');
    const { limits } = pending.errand;
    const room = Math.max(0, limits.maxBytes - pending.bytes);
    pending.bytes += chunk.length;
    if (room > 0) pending.kept[stream].push(chunk.subarray(0, room));
    (stream === 'stdout' ? limits.onStdout : limits.onStderr)?.(chunk);
  }

  #fail(why: string): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { fail } of all) fail(this.#error(why));
  }

  #error(why: string): DroverError {
    return new DroverError('CONNECTION_LOST', why, { where: { host: this.#host } });
  }
}
