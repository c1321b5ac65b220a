/**
 * What a rollout in waves costs a host, what its journal costs, and what deciding alone costs with 2,000 hosts. Run by
 * scripts/bench.sh inside the lab's network namespace, on light hosts.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { HostStatus } from '../../src/core/outcome.ts';
import { afterEvent, beginRollout, mayStart, waiting } from '../../src/engine/fleet/rollout.ts';
import { batchesOf } from '../../src/engine/fleet/waves.ts';
import type { JournalRecord } from '../../src/journal/record.ts';
import { JOURNAL, OBJECTS, openJournal } from '../../src/journal/writer.ts';
import { type Cost, measure, median } from './measure.ts';

const [lab = '', cgroup = '', rounds = '5'] = process.argv.slice(2);
const inventory = `${lab}/inventory.yaml`;
const hosts = Object.keys(parse(readFileSync(inventory, 'utf8')).groups.light.hosts).length;
const runs = `${lab}/state/drover/runs`;
process.env['XDG_STATE_HOME'] = `${lab}/state`;

/** CPU of all lab hosts so far, from the cgroup that holds them. */
function hostCpuMs(): number {
  const [, usec = '0'] = /^usage_usec (\d+)$/m.exec(readFileSync(`${cgroup}/cpu.stat`, 'utf8')) ?? [];
  return Number(usec) / 1000;
}

async function run(round: string): Promise<Cost> {
  const cost = await measure(
    ['node', 'dist/main.js', 'run', 'test/bench/waves.yaml', '-i', inventory, '-y', '-e', `round=${round}`],
    hostCpuMs,
  );
  if (cost.status !== 0) throw new Error(`the rollout ended with ${cost.status}`);
  return cost;
}

/** CPU that it takes to write the last run's journal once more, all of it, each barrier waited for. */
async function journalCpuMs(): Promise<number> {
  const last = join(runs, readdirSync(runs).sort().at(-1) ?? '');
  const records = readFileSync(join(last, JOURNAL), 'utf8').split('\n').filter(Boolean);
  const parsed = records.map((line) => JSON.parse(line) as JournalRecord);
  const objects = readdirSync(join(last, OBJECTS)).map((name) => readFileSync(join(last, OBJECTS, name)));
  const folder = mkdtempSync(join(tmpdir(), 'drover-journal-'));
  const before = process.cpuUsage();
  const journal = await openJournal(folder);
  for (const bytes of objects) journal.keep(bytes);
  const barriers = new Set<JournalRecord['type']>(['act begun', 'host ended', 'wave ended', 'gate judged']);
  // As in the run, what many hosts say at a time shares a barrier.
  for (let at = 0; at < parsed.length; at += 50) {
    const part = parsed.slice(at, at + 50);
    for (const record of part) journal.append(record);
    await Promise.all(part.filter(({ type }) => barriers.has(type)).map(() => journal.durable()));
  }
  await journal.close();
  const { user, system } = process.cpuUsage(before);
  rmSync(folder, { recursive: true });
  return (user + system) / 1000;
}

/** Plays a rollout of so many hosts in batches of a tenth, without any host: what deciding costs. */
function decisionCpuMs(count: number): number {
  const names = Array.from({ length: count }, (_, i) => `host${i}.example.net`);
  const waves = [
    { name: 'canary', hosts: names.slice(0, 2) },
    { name: 'the rest', hosts: names, size: { percent: 10 } },
  ];
  const before = process.cpuUsage();
  let state = beginRollout({ batches: batchesOf({ waves }, names), budget: { bad: 50, per: 'run' }, hasGate: true });
  while (state.order.do !== 'end') {
    if (state.order.do === 'judge') {
      state = afterEvent(state, { type: 'judged', hosts: [] });
      continue;
    }
    for (const host of waiting(state)) {
      if (!mayStart(state)) break;
      const status: HostStatus = state.started.size % 100 === 99 ? 'failed' : 'changed';
      state = afterEvent(afterEvent(state, { type: 'host started', host }), { type: 'host ended', host, status });
    }
    state = afterEvent(state, { type: 'batch ended' });
  }
  if (state.ended.size !== count) throw new Error(`${state.ended.size} hosts ended`);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function line(name: string, costs: readonly Cost[]): string {
  const each = (figure: 'wallMs' | 'cpuMs' | 'hostCpuMs'): string => (median(costs.map((cost) => cost[figure])) / hosts).toFixed(1);
  const memory = median(costs.map(({ peakMiB }) => peakMiB));
  return `| ${name} | ${each('wallMs')} ms | ${each('cpuMs')} ms | ${each('hostCpuMs')} ms | ${memory.toFixed(0)} MiB (${((memory * 1024) / hosts).toFixed(0)} KiB) |\n`;
}

async function main(): Promise<void> {
  const drifting: Cost[] = [];
  const steady: Cost[] = [];
  const journal: number[] = [];
  for (let round = 0; round <= Number(rounds); round += 1) {
    const cost = await run(`${process.pid}-${round}`);
    const written = await journalCpuMs();
    const again = await run(`${process.pid}-${round}`);
    if (round === 0) continue; // warms up
    drifting.push(cost);
    journal.push((100 * written) / cost.cpuMs);
    steady.push(again);
  }
  process.stdout.write(
    `\n${hosts} hosts, one first and the rest by tenths, a gate behind each, ${rounds} rounds; medians for one host\n\n`,
  );
  process.stdout.write('| | wall | controller CPU | host CPU | peak memory |\n| --- | --- | --- | --- | --- |\n');
  process.stdout.write(line('five steps drift', drifting) + line('all steady', steady));
  const spread = `${Math.min(...journal).toFixed(1)}–${Math.max(...journal).toFixed(1)}`;
  process.stdout.write(`\nwriting the journal: ${median(journal).toFixed(1)} % of the controller's CPU where all drift (${spread})\n`);
  process.stdout.write(`deciding alone, 2,000 hosts: ${(decisionCpuMs(2000) / 2000).toFixed(2)} ms of CPU a host\n`);
}

await main();
