import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Connection, Host } from '../../src/core/host.ts';
import { freePort } from './ports.ts';

/** A real sshd on loopback, with keys and files of its own. */
export interface Sshd {
  readonly port: number;
  /** A folder of its own; whatever is put there goes away with it. */
  readonly dir: string;
  /** A key that it lets in, without a passphrase. */
  readonly key: string;
  /** Names it by `[127.0.0.1]:port` with all its host keys. */
  readonly knownHosts: string;
  readonly log: () => string;
  /** Ends it and removes its folder; more than once does no harm. */
  readonly stop: () => Promise<void>;
}

/** What differs from a plain sshd. */
export interface SshdOptions {
  readonly config?: readonly string[];
  /** Types of host key; ed25519 by default. */
  readonly hostKeys?: readonly ('ed25519' | 'rsa' | 'ecdsa')[];
}

/** Starts an sshd and waits until it listens. */
export async function startSshd({ config = [], hostKeys = ['ed25519'] }: SshdOptions = {}): Promise<Sshd> {
  const dir = mkdtempSync(join(tmpdir(), 'drover-sshd-'));
  const port = await freePort();
  const key = makeKey(join(dir, 'id_ed25519'), ['-t', 'ed25519']);
  writeFileSync(join(dir, 'authorized_keys'), readFileSync(`${key}.pub`));
  const hostKeyFiles = hostKeys.map((type) => makeKey(join(dir, `host_${type}`), ['-t', type, ...(type === 'rsa' ? ['-b', '2048'] : [])]));
  const file = join(dir, 'sshd_config');
  // sshd takes the first value of a key: what a test asks for stands first.
  const lines = [
    ...config,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeyFiles.map((path) => `HostKey ${path}`),
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    'LogLevel VERBOSE',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const knownHosts = join(dir, 'known_hosts');
  writeFileSync(knownHosts, hostKeyFiles.map((path) => knownHostsLine(port, path)).join(''));
  const { log, stop } = await run(file, port);
  return {
    port,
    dir,
    key,
    knownHosts,
    log,
    stop: async () => {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A host of an inventory that is this sshd, with changes to its connection. */
export function hostOf({ port, key, knownHosts }: Pick<Sshd, 'port' | 'key' | 'knownHosts'>, more: Partial<Connection> = {}): Host {
  const connection: Connection = {
    address: '127.0.0.1',
    port,
    user: userInfo().username,
    privateKeys: [key],
    knownHosts: [knownHosts],
    hostKeys: 'strict',
    jump: [],
    connectTimeoutMs: 20_000,
    connectRetries: 0,
    ...more,
  };
  return { name: 'web01', groups: [], vars: {}, connection };
}

/** Makes a key pair; yields its path. */
export function makeKey(path: string, args: readonly string[]): string {
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', path.split('/').at(-1) ?? '', '-f', path, ...args]);
  return path;
}

/** The known_hosts line for a host key on loopback. */
export function knownHostsLine(port: number, path: string): string {
  const [type, key] = readFileSync(`${path}.pub`, 'utf8').split(' ');
  return `[127.0.0.1]:${port} ${type} ${key}\n`;
}

async function run(file: string, port: number): Promise<Pick<Sshd, 'log' | 'stop'>> {
  if (userInfo().uid === 0) {
    mkdirSync('/run/sshd', { recursive: true });
    chmodSync('/run/sshd', 0o755);
  }
  // A test run that is ended from outside must not leave it behind: sshd ends with the thread that started it.
  const args = ['--pdeathsig', 'TERM', '/usr/sbin/sshd', '-D', '-e', '-f', file];
  const child = spawn('setpriv', args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let log = '';
  child.stderr.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`sshd on ${port} did not start: ${log}`)));
    child.once('error', reject);
    child.stderr.on('data', (text: string) => {
      log += text;
      if (log.includes('Server listening')) resolve();
    });
  });
  return {
    log: () => log,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      endGroup(child.pid);
      await gone;
    },
  };
}

/** sshd's children for connections stay in its process group; what they run has sessions of its own and ends with its connection. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
