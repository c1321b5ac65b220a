import { randomBytes } from 'node:crypto';
import type { Client, ClientChannel } from 'ssh2';
import type { DroverError } from '../core/errors.ts';
import type { Connection, Secrets } from '../core/host.ts';
import type { Exchange, Output, Session } from '../core/session.ts';
import { type Channels, channelsOf } from './channels.ts';
import { osWords } from './dial.ts';
import { type ExchangeEnd, type ExchangeSpec, runExchange } from './exchange.ts';
import { exchangeFailure } from './exchange-failure.ts';
import { killScript } from './kill-script.ts';
import { shellLine } from './shell-line.ts';

/** An open connection, and how to get on with it. */
export interface SshSessionOptions {
  readonly client: Client;
  readonly connection: Connection;
  readonly secrets: Secrets;
  readonly host: string;
}

interface Errand {
  readonly kind: 'look' | 'act' | 'exec';
  /** Absent where stdin is the script. */
  readonly command?: string;
  readonly stdin: Buffer;
  readonly limits: Exchange;
}

const CLOSE_LIMIT_MS = 2_000;
/** For sudo, TERM, two seconds and KILL. */
const KILL_LIMITS: Exchange = { timeoutMs: 10_000, maxBytes: 4_096 };

/** A session over one SSH connection. Every exchange has a channel of its own. */
export class SshSession implements Session {
  readonly #options: SshSessionOptions;
  readonly #channels: Channels;
  /** Why the connection is gone; undefined while it is there. */
  #lost: string | undefined;

  constructor(options: SshSessionOptions) {
    this.#options = options;
    this.#channels = channelsOf(options.client);
    const gone = (why: string) => {
      this.#lost ??= why;
    };
    options.client.on('error', (error: Error & { readonly level?: string }) => {
      gone(error.level === 'client-timeout' ? 'the host fell silent' : osWords(error));
    });
    options.client.on('end', () => gone('the host hung up'));
    options.client.on('close', () => gone('the connection broke'));
  }

  look(script: string, limits: Exchange): Promise<Output> {
    return this.#run({ kind: 'look', stdin: Buffer.from(script), limits });
  }

  act(script: string, limits: Exchange): Promise<Output> {
    return this.#run({ kind: 'act', stdin: Buffer.from(script), limits });
  }

  exec(command: string, stdin: Buffer | undefined, limits: Exchange): Promise<Output> {
    return this.#run({ kind: 'exec', command, stdin: stdin ?? Buffer.alloc(0), limits });
  }

  async close(): Promise<void> {
    const { client } = this.#options;
    if (this.#lost !== undefined) return;
    this.#lost = 'the session was closed';
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => client.destroy(), CLOSE_LIMIT_MS);
      client.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      client.end();
    });
  }

  async #run(errand: Errand): Promise<Output> {
    const { end, channel } = await this.#exchange(errand);
    if (end.kind === 'timeout' && end.stat !== undefined) await this.#endRemote(end.stat, channel);
    channel?.close();
    if (end.kind === 'done') return end.output;
    throw this.#failure(end, errand);
  }

  async #exchange({ kind, command, stdin, limits }: Errand): Promise<{ readonly end: ExchangeEnd; readonly channel?: ClientChannel }> {
    if (this.#lost !== undefined) return { end: { kind: 'lost' } };
    const { become } = this.#options.connection;
    const password = become && this.#options.secrets.becomePassword;
    const nonce = randomBytes(16).toString('hex');
    const asking = become && { become: { user: become.user, asks: password !== undefined } };
    const line = shellLine({ nonce, ...(command === undefined ? {} : { command }), ...asking });
    const overflow = kind === 'look' ? 'cut' : 'keep head';
    const holdsStdin = kind === 'act' || password !== undefined;
    const spec: ExchangeSpec = { nonce, stdin, holdsStdin, limits, overflow, ...(password === undefined ? {} : { password }) };
    const opened: ClientChannel[] = [];
    const use = (channel: ClientChannel) => {
      opened.push(channel);
      return runExchange(channel, spec);
    };
    const end = await this.#channels.run({ line, use, openLimitMs: limits.timeoutMs });
    const channel = opened.at(-1);
    return channel === undefined ? { end } : { end, channel };
  }

  /** Closing a channel ends only programs that write to it, and sshd takes no signals for root, so they are ended from outside. */
  async #endRemote(stat: string, channel: ClientChannel | undefined): Promise<void> {
    const script = killScript(stat);
    if (script === undefined) return;
    const gone = new Promise<void>((resolve) => channel?.once('close', () => resolve()));
    const killed = this.#exchange({ kind: 'look', stdin: Buffer.from(script), limits: KILL_LIMITS }).then((kill) => kill.channel?.close());
    await Promise.race([gone, killed]);
  }

  #failure(end: Exclude<ExchangeEnd, { kind: 'done' }>, { kind, limits }: Errand): DroverError {
    const { connection, host } = this.#options;
    return exchangeFailure(end, { kind, connection, limits, lost: this.#lost }).at({ host });
  }
}
