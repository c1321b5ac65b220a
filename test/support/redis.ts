import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';

/** A real Redis that a test has for itself. */
export interface RedisServer {
  readonly url: string;
  /** Ends it at once, as kill -9 would. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts one on loopback, without a file on disk. Debian's redis-tools holds the server under another name: it is one program, and does
 * what it is called. The package redis-server would start a service of its own.
 */
export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-redis-'));
  const program = join(folder, 'redis-server');
  symlinkSync('/usr/bin/redis-check-rdb', program);
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
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
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
