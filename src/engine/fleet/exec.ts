import { DroverError } from '../../core/errors.ts';
import type { Host } from '../../core/host.ts';
import type { Exchange, Output } from '../../core/session.ts';
import { type Reaching, withSession } from './fleet.ts';
import { forEachHost } from './for-each-host.ts';

/** An operator's command line for many hosts. */
export interface ExecOptions extends Reaching {
  readonly command: string;
  /** What each host's command reads; without it, stdin is closed at once. */
  readonly stdin?: Buffer;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly onOutput: (host: string, stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  readonly onEnd: (outcome: ExecOutcome) => void;
}

/** What came of the command on one host. */
export type ExecOutcome = { readonly host: string } & (
  | { readonly kind: 'ended'; readonly output: Output }
  | { readonly kind: 'failed'; readonly error: DroverError }
  | { readonly kind: 'not started' }
);

/** Runs a command line on many hosts, none harmed by another; one outcome for each, in their order. */
export async function execFleet(hosts: readonly Host[], options: ExecOptions): Promise<readonly ExecOutcome[]> {
  const { concurrency, interrupt, onEnd } = options;
  const outcomes = await forEachHost(
    hosts,
    async (host) => {
      const outcome = await execHost(host, options);
      onEnd(outcome);
      return outcome;
    },
    { concurrency, stop: () => interrupt.stop.aborted },
  );
  return hosts.map(({ name }, i) => outcomes[i] ?? { host: name, kind: 'not started' });
}

async function execHost(host: Host, options: ExecOptions): Promise<ExecOutcome> {
  const { name } = host;
  const { command, stdin, timeoutMs, maxBytes, onOutput } = options;
  const exchange: Exchange = {
    timeoutMs,
    maxBytes,
    onStdout: (chunk) => onOutput(name, 'stdout', chunk),
    onStderr: (chunk) => onOutput(name, 'stderr', chunk),
  };
  try {
    const output = await withSession(host, options, (session) => session.exec(command, stdin, exchange));
    return { host: name, kind: 'ended', output };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return { host: name, kind: 'failed', error: error.at({ host: name }) };
  }
}
