import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { HostStatus, StepOutcome } from '../../src/core/outcome.ts';

/** Where the lab instance that the tests use keeps its files. */
export const labFolder = join(
  process.env['DROVER_LAB_DIR'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'drover-lab'),
  process.env['DROVER_LAB_NAME'] ?? 'lab',
);
export const labInventory = join(labFolder, 'inventory.yaml');

/** Where runs are put on record: beside the hosts, so that they go with them. */
export const stateFolder = join(existsSync(labInventory) ? labFolder : join(labFolder, '..', 'vm', 'run', basename(labFolder)), 'state');

const LAB = resolve('test/lab/lab');
const DROVER = resolve('dist/main.js');

const ENV = { NO_COLOR: '1', DROVER_INVENTORY: labInventory, XDG_STATE_HOME: stateFolder };

/** How a program ended, and what it said. */
export interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The JSON document of a plan or a run, in the parts that tests look at. */
export interface FleetDocument {
  readonly exit: number;
  readonly stopped?: { readonly because: string };
  readonly counts: Readonly<Record<HostStatus, number>>;
  readonly hosts: readonly {
    readonly host: string;
    readonly status: HostStatus;
    readonly looks: number;
    readonly acts: number;
    readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
    readonly steps: readonly (StepOutcome & { readonly name: string; readonly number: number })[];
  }[];
}

/** Addresses of the lab's hosts by name. */
export function labHosts(): Readonly<Record<string, string>> {
  const { groups } = parse(readFileSync(labInventory, 'utf8'));
  const hosts: [string, { address: string }][] = Object.entries(groups.compute.hosts);
  return Object.fromEntries(hosts.map(([name, { address }]) => [name, address]));
}

/** Runs the built drover with the lab's inventory. */
export function drover(
  args: readonly string[],
  more: {
    readonly stdin?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** A program that runs it, with its own arguments. */
    readonly under?: readonly string[];
    /** Less than a test may take, so that it is the program that is named. */
    readonly timeoutMs?: number;
  } = {},
): Said {
  const [program = '', ...words] = [...(more.under ?? []), 'node'];
  const env = { ...process.env, ...ENV, ...more.env };
  const { status, stdout, stderr } = spawnSync(program, [...words, DROVER, ...args], {
    input: more.stdin ?? '',
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: more.timeoutMs ?? 110_000,
  });
  return { status, stdout, stderr };
}

/** A plan or run with `--format json`, its document parsed. */
export function droverJson(args: readonly string[], more: Parameters<typeof drover>[1] = {}): FleetDocument {
  const said = drover([...args, '--format', 'json'], more);
  try {
    return JSON.parse(said.stdout);
  } catch {
    throw new Error(`no JSON from drover ${args.join(' ')}: ${said.status}\n${said.stdout}\n${said.stderr}`);
  }
}

/** Runs a shell script as root inside a lab host, without drover and without ssh; its output. */
export function onHost(name: string, script: string): string {
  return execFileSync(LAB, ['host', name, '--', 'sh', '-c', script], { encoding: 'utf8', maxBuffer: 2 ** 28 });
}

/** Brings hosts back to their first boot. */
export function resetHosts(...names: readonly string[]): void {
  execFileSync(LAB, ['reset', ...names], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
}

const FREE = 'rm -rf /run/drover /var/lib/drover/lease';

/** Forgets who held hosts: a run that was killed holds its own for two minutes more. */
export function freeHosts(...names: readonly string[]): void {
  for (const name of names) onHost(name, FREE);
}

/** Starts drover, on a terminal if need be, and hands out what is needed to interfere with it. */
export function startDrover(args: readonly string[], { terminal = false } = {}) {
  const words = ['node', DROVER, ...args];
  // script(1) gives it a terminal to ask on.
  const [program = '', ...rest] = terminal ? ['script', '-qec', words.map((word) => `'${word}'`).join(' '), '/dev/null'] : words;
  const child = spawn(program, rest, { env: { ...process.env, ...ENV } });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const ended = new Promise<Said>((done) => {
    child.on('close', (status) => done({ status, ...said }));
  });
  return { child, ended, said };
}

/** Waits until something is so; fails after a bounded number of tries. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1200; tries += 1) {
    if (holds()) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`waited in vain: ${what}`);
}

/**
 * Everything that a look may not change, as text: the files that differ from the host's first boot with their bytes, mode,
 * owner and times (the host's own layer of its overlay), links, addresses, firewall rules, units, Docker's networks.
 */
export function fingerprint(name: string): string {
  const upper = join(labFolder, 'hosts', name, 'upper');
  // What a login leaves: records of sessions and the journal.
  const noise = '^\\./(var/log/|var/lib/systemd/|run/|tmp/systemd|var/tmp/systemd|root/\\.cache)';
  const files = execFileSync(
    'sh',
    [
      '-c',
      `cd "$1" && find . -type f -printf '%P %m %U:%G %s %T@\\n' -o -printf '%P %y %m %U:%G %l\\n' | sed 's/^/.\\//' | grep -Ev '${noise}' | sort`,
      'sh',
      upper,
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  const live = onHost(
    name,
    `ip -o link; ip -o address | sed 's/ tentative / /'; ip rule; iptables-save | grep -v '^#' | sed 's/\\[[0-9:]*\\]//'; nft list ruleset 2>/dev/null | sed 's/counter packets [0-9]* bytes [0-9]*//'
     systemctl list-unit-files --no-legend; systemctl list-units --all --no-legend --plain --type=service,socket,mount | grep -v 'not-found\\|ssh@\\|session\\|user-runtime-dir@\\|run-user-\\|user@' | sort
     ls /proc/sys/net/ipv4/conf; [ ! -e /run/docker.pid ] || docker network inspect $(docker network ls -q)`,
  );
  return `${files}\n${live}`;
}

/** Fails early where the lab is not up. A run that the file before has killed does not hold its hosts any more. */
export function requireLab(): void {
  const names = existsSync(labInventory) ? readdirSync(join(labFolder, 'hosts')) : [];
  if (names.length === 0) throw new Error(`the lab is not up (no ${labInventory}): test/lab/lab up`);
  // A host that is off holds nothing.
  for (const name of names) spawnSync(LAB, ['host', name, '--', 'sh', '-c', FREE]);
}
