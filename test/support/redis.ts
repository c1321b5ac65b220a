import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';

/** A real Redis that a test has for itself. */
export interface RedisServer {
  readonly url: string;
  readonly pid: number;
  /** The same server after its end, empty. */
  readonly again: () => Promise<RedisServer>;
  /** Lets it take nothing in and say nothing until it is let go on. */
  readonly freeze: () => void;
  /** Ends it at once, as kill -9 would. */
  readonly stop: () => Promise<void>;
}

export interface RedisOptions {
  /** Absent where nobody needs one. */
  readonly password?: string;
  /** With these files it speaks nothing but TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/**
 * Starts one on loopback, without a file on disk. Debian's redis-tools holds the server under another name: it is one program, and does
 * what it is called. The package redis-server would start a service of its own.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return await startOn(String(await freePort()), options);
}

async function startOn(port: string, options: RedisOptions): Promise<RedisServer> {
  const { password, tls } = options;
  const folder = mkdtempSync(join(tmpdir(), 'drover-redis-'));
  const program = join(folder, 'redis-server');
  symlinkSync('/usr/bin/redis-check-rdb', program);
  const secure =
    tls === undefined
      ? ['--port', port]
      : ['--port', '0', '--tls-port', port, '--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-auth-clients', 'no'];
  const lock = password === undefined ? [] : ['--requirepass', password];
  const words = [...secure, ...lock, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(program, tls === undefined ? words : [...words, '--tls-ca-cert-file', tls.cert], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  await new Promise<void>((ready, fail) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Ready to accept connections')) ready();
    });
    child.once('error', fail);
    void ended.then(() => fail(new Error(`redis-server ended: ${said}`)));
  });
  return {
    url: `${tls === undefined ? 'redis' : 'rediss'}://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    again: () => startOn(port, options),
    freeze: () => child.kill('SIGSTOP'),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
