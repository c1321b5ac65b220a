import type { Host } from '../core/host.ts';
import { type ExecOutcome, execFleet } from '../engine/fleet/exec.ts';
import { type OutputKeeper, outputKeeper, type Stream } from '../report/exec-output.ts';
import type { CommandEnd, ExecResult } from '../report/exec-text.ts';
import { hostsFor } from './adhoc-hosts.ts';
import type { Args } from './command-flags.ts';
import { type ExecFiles, execFiles, type LineTaker } from './exec-files.ts';
import { type ExecMode, type ExecShow, execShow } from './exec-show.ts';
import type { Io } from './io.ts';
import { outputFor, refuse } from './output.ts';
import { type Reach, withReach } from './reach.ts';
import { readStdin } from './stdin.ts';
import { refuseTooMany, secondsFlag, usageError } from './usage.ts';

/** So much output is kept of all hosts together, and of one host. */
const KEPT_BYTES = 256 << 20;
const KEPT_OF_HOST = 1 << 20;
/** The session need keep nothing: what comes is heard as it comes. */
const KEPT_BY_SESSION = 1;

/** The words of `drover exec`: all before and behind `--`, put together with blanks, as ssh(1) does. */
interface ExecWords {
  readonly pattern: string;
  readonly command: readonly string[];
  readonly '--'?: readonly string[];
}

interface Order {
  readonly hosts: readonly Host[];
  readonly command: string;
  readonly timeoutMs: number;
  readonly stdin?: Buffer;
  readonly keep: number;
  readonly files: ExecFiles;
}

/** `drover exec PATTERN -- COMMAND…`. */
export async function execCommand(args: Args<'exec'> & ExecWords, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const command = [...args.command, ...(args['--'] ?? [])].join(' ');
  if (command.trim() === '') throw usageError('no command was given', 'Say `drover exec PATTERN -- COMMAND…`.');
  const timeoutMs = secondsFlag('command-timeout', args['command-timeout']);
  const hosts = hostsFor(args.pattern, args, io);
  if (!hosts.ok) return refuse(output, hosts.mistakes);
  const total = hosts.value.length;
  refuseTooMany(total, args['max-hosts']);
  const stdin = args.stdin === true ? { stdin: await readStdin(io.stdin) } : {};
  const mode = modeOf(args, io);
  const keep = mode === 'lines' || mode === 'ndjson' ? 0 : Math.min(KEPT_OF_HOST, Math.floor(KEPT_BYTES / total));
  const files = execFiles(args, io, { ...output, spills: keep > 0 });
  return await withReach({ args, io, hosts: hosts.value }, async (reach) => {
    const show = await execShow({ command, total, mode }, reach.output, io);
    try {
      const exit = await everywhere({ hosts: hosts.value, command, timeoutMs, ...stdin, keep, files }, reach, show);
      output.talk(files.told());
      return exit;
    } finally {
      show.end();
    }
  });
}

function modeOf(args: Args<'exec'>, io: Io): ExecMode {
  if (args.format !== 'human') return args.format;
  if (args['one-line'] === true) return 'one-line';
  return (args.fold ?? io.out.isTerminal) ? 'fold' : 'lines';
}

async function everywhere({ keep, files, hosts, ...order }: Order, reach: Reach, show: ExecShow): Promise<number> {
  const { interrupt, concurrency, connector } = reach;
  const startedAt = Date.now();
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const begun = new Map<string, Begun>();
  const results = new Map<string, ExecResult>();
  const outcomes = await execFleet(hosts, {
    ...order,
    concurrency,
    interrupt,
    maxBytes: KEPT_BY_SESSION,
    connect: (host, signal) => {
      const keeper = outputKeeper(keep);
      begun.set(host.name, { host: host.name, at: Date.now(), keeper, file: files.forHost(host.name, keeper) });
      show.started(host.name);
      return connector.connect(host, signal);
    },
    onOutput: (host, stream, chunk) => tellLines(begun.get(host), show, stream, chunk),
    onEnd: (outcome) => {
      const one = begun.get(outcome.host);
      for (const stream of ['stdout', 'stderr'] as const) tellLines(one, show, stream);
      const result = resultOf(outcome, one, byName);
      results.set(outcome.host, result);
      show.ended(result);
    },
  });
  const all = outcomes.map((outcome) => results.get(outcome.host) ?? resultOf(outcome, undefined, byName));
  const exit = exitOf(all, interrupt.stop.aborted);
  show.finish({ exit, interrupted: interrupt.stop.aborted, durationMs: Date.now() - startedAt, results: all });
  return exit;
}

interface Begun {
  readonly host: string;
  readonly at: number;
  readonly keeper: OutputKeeper;
  readonly file: LineTaker;
}

/** Tells the lines that a chunk completes, or without one what is left at the end. */
function tellLines(one: Begun | undefined, show: ExecShow, stream: Stream, chunk?: Buffer): void {
  if (one === undefined) return;
  const lines = chunk === undefined ? one.keeper.rest(stream) : one.keeper.take(stream, chunk);
  one.file.take(stream, lines);
  show.lines(one.host, stream, lines);
}

function resultOf(outcome: ExecOutcome, begun: Begun | undefined, hosts: ReadonlyMap<string, Host>): ExecResult {
  const { host } = outcome;
  const address = hosts.get(host)?.connection.address ?? host;
  const durationMs = begun === undefined ? 0 : Date.now() - begun.at;
  const saved = begun?.file.saved();
  const kept = (begun?.keeper ?? outputKeeper(0)).kept();
  return { host, address, end: endOf(outcome), kept, durationMs, ...(saved === undefined ? {} : { saved }) };
}

function endOf(outcome: ExecOutcome): CommandEnd {
  switch (outcome.kind) {
    case 'ended': {
      const { status, signal } = outcome.output;
      return status === undefined ? { status: 'killed', signal: signal ?? 'a signal' } : { status: 'exited', code: status };
    }
    case 'failed':
      return { status: 'failed', error: outcome.error };
    case 'not started':
      return { status: 'not started' };
    default:
      return outcome satisfies never;
  }
}

/** 130 where it was interrupted, else the worst of 2 (a command did not end with 0) and 4 (a host was not reached, or lost). */
function exitOf(results: readonly ExecResult[], interrupted: boolean): number {
  if (interrupted) return 130;
  const codes = new Set(
    results.map(({ end }) => (end.status === 'failed' ? end.error.exit : end.status === 'exited' && end.code === 0 ? 0 : 2)),
  );
  if (codes.has(2)) return 2;
  return codes.has(4) ? 4 : 0;
}
