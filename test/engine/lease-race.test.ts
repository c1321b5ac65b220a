import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/core/change.ts';
import { encodeAct } from '../../src/engine/act/act-script.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { leasedHost, leasing } from '../support/leased-host.ts';
import { tempFolder } from '../support/temp-folder.ts';

type Host = ReturnType<typeof leasedHost>;

/** The act of a controller: alone in a folder for a moment. Two in it at once are two writers. */
function actOf(host: Host, name: string, seen?: string): string {
  const alone = `mkdir ${host.path('alone')} || echo ${name} >>${host.path('together')}; echo x >>${host.path(name)}; rmdir ${host.path('alone')}`;
  const changes = [run(['sh', '-c', alone], { undo: 'impossible', because: 'x', touches: [] })];
  const lease = { terms: leasing(name), lasts: false, ...(seen === undefined ? {} : { seen }) };
  return host.moved(encodeAct({ steps: [{ number: 1, changes }], nonce: 'f'.repeat(32), limits: DEFAULT_LIMITS, lease }));
}

/** Each controller sends its act again and again, as fast as a shell can, both at the same time. */
async function race(host: Host, names: readonly string[], { times, env }: { times: number; env?: NodeJS.ProcessEnv }): Promise<void> {
  const racers = names.map((name) => {
    writeFileSync(host.path(`${name}.sh`), actOf(host, name));
    const loop = `n=0; while [ $n -lt ${times} ]; do sh -s <${host.path(`${name}.sh`)} >/dev/null; n=$((n + 1)); done`;
    return spawn('/bin/sh', ['-c', loop], { stdio: ['ignore', 'ignore', 'inherit'], ...(env === undefined ? {} : { env }) });
  });
  await Promise.all(racers.map((racer) => once(racer, 'close')));
}

function times(path: string): number {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
}

/** The programs of this machine that an act needs, but for flock. */
function withoutFlock(): NodeJS.ProcessEnv {
  const bin = tempFolder();
  for (const name of ['sh', 'mkdir', 'rmdir', 'mv', 'rm', 'sleep', 'timeout', 'id']) symlinkSync(join('/usr/bin', name), join(bin, name));
  return { ...process.env, PATH: bin };
}

describe('two controllers that race for a host', () => {
  test('a thousand times are never two writers, and every act has a number of its own', { timeout: 300_000 }, async () => {
    const host = leasedHost();
    await race(host, ['a', 'b'], { times: 1000 });
    expect(times(host.path('together'))).toBe(0);
    const acts = times(host.path('a')) + times(host.path('b'));
    expect(times(host.path('a'))).toBeGreaterThan(0);
    expect(times(host.path('b'))).toBeGreaterThan(0);
    expect(host.lease().split(' ')[1]).toBe(`${acts}`);
  });

  test('are none where flock is missing either', { timeout: 300_000 }, async () => {
    const host = leasedHost();
    await race(host, ['a', 'b', 'c'], { times: 40, env: withoutFlock() });
    expect(times(host.path('together'))).toBe(0);
    const acts = times(host.path('a')) + times(host.path('b')) + times(host.path('c'));
    expect(acts).toBeGreaterThan(0);
    expect(host.lease().split(' ')[1]).toBe(`${acts}`);
    expect(existsSync(host.path('run/drover/lock.d'))).toBe(false);
  });

  test('after the same look: one of many acts, whatever the order', { timeout: 120_000 }, async () => {
    const host = leasedHost();
    const names = ['a', 'b', 'c', 'd'];
    for (let round = 0; round < 10; round += 1) {
      const racers = names.map((name) => {
        const racer = spawn('/bin/sh', ['-s'], { stdio: ['pipe', 'ignore', 'inherit'] });
        racer.stdin.end(actOf(host, name, `boot-a:${round}`));
        return once(racer, 'close');
      });
      await Promise.all(racers);
      expect(names.reduce((sum, name) => sum + times(host.path(name)), 0)).toBe(round + 1);
    }
  });
});
