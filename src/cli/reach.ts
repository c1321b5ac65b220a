import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DroverError } from '../core/errors.ts';
import type { Listener } from '../core/events.ts';
import type { Host, Secrets } from '../core/host.ts';
import { DEFAULT_LIMITS, type Limits } from '../engine/script/limits.ts';
import type { LogFile } from '../report/log-file.ts';
import { printable } from '../report/printable.ts';
import { type Connector, connector } from '../transport/connector.ts';
import { askSecret } from './asking.ts';
import type { FleetArgs } from './command-flags.ts';
import { type Interrupt, listenForInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { type Output, type OutputArgs, outputFor } from './output.ts';
import { countFlag, usageError } from './usage.ts';

/** Dials through one jump host at a time: sshd's MaxStartups begins to refuse at 10 (sshd_config(5)). Other hosts have an sshd each. */
const DIALS_THROUGH_JUMP = 8;

/** The flags that lead to secrets. */
export type SecretArgs = Partial<Pick<FleetArgs, 'ask-pass' | 'ask-passphrase' | 'ask-become-pass' | 'become-password-file'>>;

/** All that it takes to reach hosts. */
export interface Reach {
  readonly connector: Connector;
  readonly concurrency: number;
  readonly interrupt: Interrupt;
  readonly output: Output;
  readonly log: Listener;
  readonly limits: Limits;
}

/** Who is to be reached, and how. */
export interface Reaching {
  readonly args: FleetArgs & OutputArgs;
  readonly io: Io;
  readonly hosts: readonly Host[];
}

/** Asks for secrets, opens what is needed, and closes it again whatever happens. */
export async function withReach({ args, io, hosts }: Reaching, use: (reach: Reach) => Promise<number>): Promise<number> {
  const concurrency = countFlag('forks', args.forks);
  const limits = limitsFor(args);
  const secrets = await secretsFor(args, io, hosts);
  const { becomePassword = '', loginPassword = '', passphrases = {} } = secrets;
  for (const secret of [becomePassword, loginPassword, ...Object.values(passphrases)]) io.secrets.add(secret);
  const output = outputFor(args, io);
  const log = args.log === undefined ? undefined : await openLog(resolve(io.cwd, args.log), output);
  const onWarning = (text: string) => output.talk([printable(text)]);
  const connectsAtOnce = hosts.some(({ connection }) => connection.jump.length > 0) ? DIALS_THROUGH_JUMP : concurrency;
  const reached: Connector =
    args.engine === undefined
      ? connector({ secrets, connectsAtOnce, onWarning })
      : await throughWorkers(resolve(io.cwd, args.engine), args);
  const interrupt = listenForInterrupt((line) => output.talk([line]));
  try {
    return await use({ connector: reached, concurrency, interrupt, output, log: log?.listener ?? (() => {}), limits });
  } finally {
    interrupt.release();
    await reached.close();
    log?.close();
  }
}

/** Workers have secrets of their own: none goes through the engine's server. */
async function throughWorkers(file: string, args: FleetArgs): Promise<Connector> {
  const own = (['ask-pass', 'ask-passphrase', 'ask-become-pass', 'become-password-file'] as const).find((name) => args[name] !== undefined);
  if (own !== undefined) throw usageError(`--${own} does not go with --engine`, 'Give it to the workers.');
  const { queueConnector } = await import('../queue/controller.ts');
  const { readEngineFile } = await import('../queue/engine-file.ts');
  const notHere = (): never => {
    throw usageError('host keys are the workers’ own', 'Collect them there, without --engine.');
  };
  return { ...(await queueConnector(readEngineFile(file))), scan: async () => notHere(), trust: notHere };
}

function limitsFor(args: FleetArgs): Limits {
  const mebibytes = args['max-read'];
  return mebibytes === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, exchangeBytes: countFlag('max-read', mebibytes) * 2 ** 20 };
}

export async function secretsFor(args: SecretArgs, io: Io, hosts: readonly Host[]): Promise<Secrets> {
  const file = args['become-password-file'];
  const passphrases = args['ask-passphrase'] === true ? { passphrases: await passphrasesFor(hosts) } : {};
  const login = args['ask-pass'] === true ? { loginPassword: await askSecret('login password: ', 'Use a key or an agent.') } : {};
  if (file !== undefined) return { ...passphrases, ...login, becomePassword: readSecret(resolve(io.cwd, file)) };
  if (args['ask-become-pass'] !== true) return { ...passphrases, ...login };
  return { ...passphrases, ...login, becomePassword: await askSecret('sudo password: ', 'Give it by --become-password-file.') };
}

/** One passphrase for all keys: who has keys with many has an agent. */
async function passphrasesFor(hosts: readonly Host[]): Promise<Readonly<Record<string, string>>> {
  const passphrase = await askSecret('passphrase of the private key: ', 'Use an agent.');
  const files = hosts.flatMap(({ connection }) => [connection, ...connection.jump]).flatMap(({ privateKeys }) => privateKeys);
  return Object.fromEntries(files.map((file) => [file, passphrase]));
}

/** The first line of the file; the newline is no part of a password. */
function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    throw usageError(`--become-password-file ${path}: ${fileProblem(cause)}`);
  }
}

async function openLog(path: string, output: Output): Promise<LogFile> {
  const { openLogFile } = await import('../report/log-file.ts');
  try {
    return openLogFile(path, output.scrub, (why) => output.talk([printable(`--log ${path}: ${why}; nothing more is added to it`)]));
  } catch (cause) {
    throw usageError(`--log ${path}: ${fileProblem(cause)}`);
  }
}

/** What the file system says; anything else is a bug. */
function fileProblem(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && !(cause instanceof DroverError)) return cause.message;
  throw cause;
}
