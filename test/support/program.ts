import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Io, Sink } from '../../src/cli/io.ts';
import { main } from '../../src/cli/program.ts';

/** How a call of the program ended, and what it printed. */
export interface Called {
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a call happens. */
export interface Place {
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
}

const VERSION = '0.0.0-test';

/** The program's commands within this process: quick, with its own streams and environment. */
export async function call(argv: readonly string[], { folder, env = {} }: Place): Promise<Called> {
  const [out, talk] = [collector(), collector()];
  const io: Io = { argv, env, cwd: folder, home: folder, out: out.sink, talk: talk.sink, stdin: process.stdin, secrets: new Set() };
  const exit = await main(io, VERSION);
  return { exit, stdout: out.text(), stderr: talk.text() };
}

/** The program as a process of its own, without a terminal. */
export async function callProcess(argv: readonly string[], place: Place): Promise<Called> {
  return await ended(startProcess(argv, place));
}

/** What node is called with for a call of the program. */
export function programWords(argv: readonly string[]): readonly string[] {
  return ['--import', resolve('node_modules/tsx/dist/esm/index.mjs'), resolve('src/main.ts'), ...argv];
}

/** As `callProcess`, while it runs. */
export function startProcess(argv: readonly string[], { folder, env = {}, input = '' }: Place): ChildProcessWithoutNullStreams {
  const words = programWords(argv);
  // A session of its own has no controlling terminal, so /dev/tty cannot be opened.
  const child = spawn(process.execPath, words, { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, ...env }, detached: true });
  child.stdin.end(input);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Waits for the end of a process. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<Called> {
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { exit: code ?? undefined, stdout: `${Buffer.concat(stdout)}`, stderr: `${Buffer.concat(stderr)}` };
}

/** Waits until these words have come. */
export async function heard(stream: NodeJS.ReadableStream, words: string): Promise<void> {
  let all = '';
  for await (const [chunk] of on(stream, 'data')) {
    all += `${chunk}`;
    if (all.includes(words)) return;
  }
}

function collector(): { readonly sink: Sink; readonly text: () => string } {
  const lines: string[] = [];
  const take = (more: readonly string[]): void => {
    lines.push(...more.map((line) => `${line}\n`));
  };
  const sink: Sink = {
    stream: process.stderr,
    isTerminal: false,
    colours: 'plain',
    lines: take,
    divert: () => take,
    lost: () => undefined,
  };
  return { sink, text: () => lines.join('') };
}
