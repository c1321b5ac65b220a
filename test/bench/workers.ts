/**
 * Measures what a run through a worker costs the controller, the worker and the server, against the same run from here, in turn and several
 * rounds, on light lab hosts: run by scripts/bench.sh inside the lab's network namespace. What a run of one host costs is taken off, so that
 * starting up is not counted.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startRedis } from '../support/redis.ts';
import { cpuMsOf, measure, median } from './measure.ts';

const [lab = '', rounds = '5'] = process.argv.slice(2);
const inventory = join(lab, 'inventory.yaml');
const { groups } = parse(readFileSync(inventory, 'utf8'));
const hosts = Object.keys(groups.light.hosts);
process.env['XDG_STATE_HOME'] = join(lab, 'state');
const drover = ['node', 'dist/main.js'];
const engine = join(lab, 'engine');

const redis = await startRedis();
writeFileSync(engine, `${redis.url}\n${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
const worker = spawn('node', ['dist/main.js', 'worker', '--engine', engine, '-f', '50'], { stdio: ['ignore', 'ignore', 'pipe'] });
await new Promise<void>((ready) => {
  worker.stderr.on('data', (chunk: Buffer) => {
    if (chunk.includes('takes up to')) ready();
  });
});

/** CPU of controller, worker and server for one run, in ms. */
async function runOn(limit: string, more: readonly string[]): Promise<readonly [number, number, number]> {
  const spent = () => [cpuMsOf(worker.pid ?? 0), cpuMsOf(redis.pid)] as const;
  const before = spent();
  const words = [...drover, 'run', 'test/bench/playbook.yaml', '-i', inventory, '-f', '50', '-y', '-l', limit, ...more];
  const { status, cpuMs } = await measure(words, () => 0);
  if (status !== 0) throw new Error(`${words.join(' ')}: exit ${status}`);
  const after = spent();
  return [cpuMs, after[0] - before[0], after[1] - before[1]];
}

/** The same for each host more than one. */
async function perHost(more: readonly string[]): Promise<readonly number[]> {
  const [one, all] = [await runOn(hosts[0] ?? '', more), await runOn('all', more)];
  return all.map((ms, i) => (ms - (one[i] ?? 0)) / (hosts.length - 1));
}

await runOn('all', []);
const ratios: number[][] = [[], [], []];
const costs: number[] = [];
for (let round = 0; round <= Number(rounds); round += 1) {
  const [here = 0] = await perHost([]);
  const through = await perHost(['--engine', engine]);
  if (round === 0) continue; // it warms up
  costs.push(here);
  for (const [i, ms] of through.entries()) ratios[i]?.push(ms / here);
}
worker.kill('SIGTERM');
await redis.stop();
process.stdout.write(`\n${hosts.length} hosts, ten converged steps, ${rounds} rounds, CPU for each host more; × that of a run from here\n`);
process.stdout.write(`from here: ${median(costs).toFixed(1)} ms\n`);
for (const [i, name] of ['controller', 'worker', 'server'].entries()) {
  const found = ratios[i] ?? [];
  process.stdout.write(`${name}: × ${median(found).toFixed(2)} (${Math.min(...found).toFixed(2)}–${Math.max(...found).toFixed(2)})\n`);
}
