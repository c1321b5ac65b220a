import type { ClientChannel } from 'ssh2';
import type { Exchange, Output } from '../core/session.ts';
import { type MarkGate, markGate } from './mark-gate.ts';
import { startMark, sudoPrompt } from './shell-line.ts';

/** What is sent on a channel once its command is asked for. */
export interface ExchangeSpec {
  readonly nonce: string;
  readonly stdin: Buffer;
  /** Whether stdin is sent only when the command proper is there: what was not sent cannot run after its time is up. */
  readonly holdsStdin: boolean;
  /** sudo's, where it may ask for one. */
  readonly password?: string;
  readonly limits: Exchange;
  /** Whether output past the limit ends the exchange, or is only not kept. */
  readonly overflow: 'cut' | 'keep head';
}

/** How an exchange ended. `said` is what the host said where the command proper was never reached. */
export type ExchangeEnd =
  | { readonly kind: 'done'; readonly output: Output }
  | { readonly kind: 'not started'; readonly said: string; readonly status: number | undefined }
  | { readonly kind: 'wrong password'; readonly said: string }
  | { readonly kind: 'lost' }
  /** No channel was opened in time. */
  | { readonly kind: 'silent' }
  /** The host does not let this user run commands, or has too many sessions open. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'too large' }
  /** `stat` is the stat(5) line of the process to end; absent where the command proper was never reached. */
  | { readonly kind: 'timeout'; readonly said: string; readonly stat?: string };

/** A program that ended while others hold its output open (a daemon that it started) is waited for until they are quiet for so long. */
const LINGER_MS = 3_000;

interface Running {
  readonly spec: ExchangeSpec;
  readonly channel: ClientChannel;
  readonly gates: { readonly stdout: MarkGate; readonly stderr: MarkGate };
  readonly kept: { readonly stdout: Buffer[]; readonly stderr: Buffer[] };
  readonly settle: (end: ExchangeEnd) => void;
  bytes: number;
  truncated: boolean;
  exit: { readonly status: number | undefined; readonly signal?: string } | undefined;
  isFed: boolean;
  isPasswordSpent: boolean;
}

/** Feeds a channel and gathers what it answers, up to a first end. The caller closes the channel where the host did not. */
export function runExchange(channel: ClientChannel, spec: ExchangeSpec): Promise<ExchangeEnd> {
  return new Promise((resolve) => {
    let linger: NodeJS.Timeout | undefined;
    const settle = (end: ExchangeEnd) => {
      clearTimeout(linger);
      clearTimeout(limit);
      channel.removeListener('data', onStdout).on('data', ignore);
      channel.stderr.removeListener('data', onStderr).on('data', ignore);
      resolve(end);
    };
    const running: Running = {
      spec,
      channel,
      settle,
      gates: { stdout: markGate(startMark(spec.nonce)), stderr: markGate(startMark(spec.nonce)) },
      kept: { stdout: [], stderr: [] },
      bytes: 0,
      truncated: false,
      exit: undefined,
      isFed: false,
      isPasswordSpent: false,
    };
    const limit = setTimeout(() => settle(running.exit === undefined ? timeoutOf(running) : endOf(running)), spec.limits.timeoutMs);
    const onChunk = (from: 'stdout' | 'stderr') => (chunk: Buffer) => {
      // Over a slow line the last of the output comes long after the exit status.
      linger?.refresh();
      take(running, from, chunk);
    };
    const onStdout = onChunk('stdout');
    const onStderr = onChunk('stderr');
    let open = 2;
    const onClose = () => {
      open -= 1;
      if (open === 0) settle(endOf(running));
    };
    channel.on('data', onStdout).on('close', onClose).on('error', ignore);
    channel.stderr.on('data', onStderr).on('close', onClose);
    channel.on('exit', (status: number | null, signal?: string) => {
      running.exit = { status: status ?? undefined, ...(signal === undefined ? {} : { signal }) };
      linger = setTimeout(() => settle(endOf(running)), LINGER_MS);
    });
    if (!spec.holdsStdin) feed(running);
  });
}

function ignore(): void {}

function take(running: Running, from: 'stdout' | 'stderr', chunk: Buffer): void {
  const { spec, gates, kept } = running;
  const passed = gates[from].feed(chunk);
  if (from === 'stderr' && !running.isFed) answerStart(running);
  if (passed.length === 0) return;
  const room = spec.limits.maxBytes - running.bytes;
  running.bytes += passed.length;
  (from === 'stdout' ? spec.limits.onStdout : spec.limits.onStderr)?.(passed);
  if (passed.length <= room) {
    kept[from].push(passed);
    return;
  }
  if (spec.overflow === 'cut') {
    running.settle({ kind: 'too large' });
    return;
  }
  running.truncated = true;
  if (room > 0) kept[from].push(Buffer.from(passed.subarray(0, room)));
}

function feed(running: Running): void {
  running.isFed = true;
  running.channel.end(running.spec.stdin);
}

/** The password goes out only after sudo's own prompt, and the script only after sudo is through: neither can be read by the wrong one. */
function answerStart(running: Running): void {
  const { spec, gates, channel } = running;
  if (gates.stderr.mark() !== undefined) {
    feed(running);
    return;
  }
  const prompts = gates.stderr.noise().split(sudoPrompt(spec.nonce)).length - 1;
  if (prompts > 1) running.settle({ kind: 'wrong password', said: said(running) });
  else if (prompts === 1 && !running.isPasswordSpent && spec.password !== undefined) {
    running.isPasswordSpent = true;
    channel.write(`${spec.password}\n`);
  }
}

/** Some say on stdout why they refuse: nologin(8) does. */
function said({ gates, spec }: Running): string {
  return gates.stderr.noise().replaceAll(sudoPrompt(spec.nonce), '').trim() || gates.stdout.noise().trim();
}

function timeoutOf(running: Running): ExchangeEnd {
  const stat = running.gates.stderr.mark();
  return { kind: 'timeout', said: said(running), ...(stat === undefined ? {} : { stat }) };
}

function endOf(running: Running): ExchangeEnd {
  const { exit, kept, truncated, gates } = running;
  if (exit === undefined) return { kind: 'lost' };
  if (gates.stderr.mark() === undefined) return { kind: 'not started', said: said(running), status: exit.status };
  const output = { ...exit, stdout: Buffer.concat(kept.stdout), stderr: Buffer.concat(kept.stderr) };
  return { kind: 'done', output: truncated ? { ...output, truncated } : output };
}
