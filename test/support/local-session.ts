import { spawn } from 'node:child_process';
import { DroverError } from '../../src/core/errors.ts';
import type { Exchange, Output, Session } from '../../src/core/session.ts';

/** A session whose host is this machine: each script runs in a real shell. The argv of the shell can be given, e.g. one in a container. */
export function localSession(shell: readonly [string, ...string[]] = ['sh', '-s'], env: NodeJS.ProcessEnv = process.env): Session {
  const [program, ...args] = shell;
  return {
    look: (script, exchange) => feed([program, args, env], Buffer.from(script), { ...exchange, late: 'LOOK_TIMEOUT' }),
    act: (script, exchange) => feed([program, args, env], Buffer.from(script), { ...exchange, late: 'CHANGE_TIMEOUT' }),
    exec: (command, stdin, exchange) => feed(['sh', ['-c', command], env], stdin ?? Buffer.of(), { ...exchange, late: 'CHANGE_TIMEOUT' }),
    close: async () => {},
  };
}

interface Feeding extends Exchange {
  readonly late: 'LOOK_TIMEOUT' | 'CHANGE_TIMEOUT';
}

function feed([program, args, env]: [string, string[], NodeJS.ProcessEnv], stdin: Buffer, exchange: Feeding): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe', env });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      reject(new DroverError(exchange.late, `no end after ${exchange.timeoutMs} ms`));
    }, exchange.timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      exchange.onStdout?.(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      exchange.onStderr?.(chunk);
    });
    // A script that ends its shell early leaves nobody to read the rest.
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({
        status: status ?? undefined,
        ...(signal === null ? {} : { signal }),
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr),
      });
    });
    child.stdin.end(stdin);
  });
}
