import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Conducted, conduct, present } from '../../src/cli/conduct.ts';
import type { Io, Sink } from '../../src/cli/io.ts';
import { type OutputArgs, outputFor, refuse } from '../../src/cli/output.ts';
import { loadInventory } from '../../src/config/inventory/load-inventory.ts';
import { loadPlaybook } from '../../src/config/load.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { hostFacts } from '../../src/probes/host.ts';
import { openLogFile } from '../../src/report/log-file.ts';
import { tasks } from '../../src/tasks/index.ts';
import { connectTo } from './config-samples.ts';
import { localSession } from './local-session.ts';

/** A playbook in a folder, and how it is gone through. */
export interface Staging extends OutputArgs {
  readonly folder: string;
  readonly kind: 'plan' | 'run';
  readonly extraVars: readonly string[];
  readonly screen: 'terminal' | 'plain';
}

/** All that left the program. */
export interface Staged {
  readonly bytes: string;
  readonly conducted: Conducted | undefined;
}

/** Goes through `p.yaml` with `inventory.yaml` of the folder as the commands do, on hosts that are all this machine. */
export async function staged({ folder, kind, extraVars, screen, ...args }: Staging): Promise<Staged> {
  const written: string[] = [];
  const io = stagedIo(folder, written, screen);
  const output = outputFor(args, io);
  const around = { folder, home: folder };
  const inventory = loadInventory(['inventory.yaml'], around);
  if (!inventory.ok) throw new Error(JSON.stringify(inventory.mistakes));
  const options = { ...around, tasks, facts: hostFacts, measures: {}, connect: connectTo(inventory.value), secrets: io.secrets, extraVars };
  const loaded = loadPlaybook('p.yaml', inventory.value, options);
  if (!loaded.ok) {
    refuse(output, loaded.mistakes);
    return { bytes: written.join(''), conducted: undefined };
  }
  const log = openLogFile(join(folder, 'run.log'), output.scrub, () => {});
  const never = new AbortController().signal;
  const interrupt = { stop: never, cut: never, request: () => {}, release: () => {} };
  const nobody = async () => Promise.reject(new Error('there is no sshd to scan'));
  const connector = { connect: async () => localSession(), scan: nobody, trust: () => '', close: async () => {} };
  const reach = { connector, concurrency: 1, interrupt, output, log: log.listener, limits: DEFAULT_LIMITS };
  const conducted = await conduct(kind, loaded.value.work, { reach, io, reboots: false });
  present(conducted, 0, output);
  log.close();
  return { bytes: written.join('') + readFileSync(join(folder, 'run.log'), 'utf8'), conducted };
}

function stagedIo(folder: string, written: string[], screen: Staging['screen']): Io {
  const stream = Object.assign(new PassThrough(), { columns: 50, rows: 24, isTTY: true }) as unknown as NodeJS.WriteStream;
  stream.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  const write = (lines: readonly string[]): void => {
    written.push(...lines.map((line) => `${line}\n`));
  };
  const sink: Sink = {
    stream,
    isTerminal: screen === 'terminal',
    colours: 'plain',
    lines: write,
    divert: () => write,
    lost: () => undefined,
  };
  return { argv: [], env: {}, cwd: folder, home: folder, out: sink, talk: sink, stdin: process.stdin, secrets: new Set() };
}
