/**
 * Measures drover against two yardsticks, in turn and several rounds, on light lab hosts: run by scripts/bench.sh inside the lab's
 * network namespace. Prints ratios with their spread; absolute times say more about the machine than about the program.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startFlightProxy } from '../support/flight-proxy.ts';
import { type Cost, measure, median } from './measure.ts';

const [lab = '', cgroup = '', rounds = '5'] = process.argv.slice(2);
const inventory = `${lab}/inventory.yaml`;
const { defaults, groups } = parse(readFileSync(inventory, 'utf8'));
const addresses = Object.values<{ address: string }>(groups.light.hosts).map(({ address }) => address);
// Runs are put on record as everywhere, and the record goes with the lab.
process.env['XDG_STATE_HOME'] = `${lab}/state`;
const drover = ['node', 'dist/main.js'];
const here = ['-i', inventory, '-f', '50'];
const playbook = 'test/bench/playbook.yaml';
const ssh = `-i ${defaults.private_key} -o UserKnownHostsFile=${defaults.known_hosts} -o BatchMode=yes -o LogLevel=ERROR`;

const CONTENDERS = {
  'floor: ssh2 loop, true': ['node', 'test/bench/floor.mjs', inventory, '50'],
  'OpenSSH under xargs -P50, true': [
    'sh',
    '-c',
    `printf '%s\\n' ${addresses.join(' ')} | xargs -P50 -I{} ssh ${ssh} ${defaults.user}@{} true`,
  ],
  'drover run, ten converged steps': [...drover, 'run', playbook, ...here, '-y'],
  'drover exec -- true': [...drover, 'exec', 'light', ...here, '--', 'true'],
} as const;
type Contender = keyof typeof CONTENDERS;
const FLOOR: Contender = 'floor: ssh2 loop, true';

const FIGURES = { wall: 'wallMs', 'controller CPU': 'cpuMs', 'host CPU': 'hostCpuMs', 'peak memory': 'peakMiB' } as const;

/** CPU of all lab hosts so far, from the cgroup that holds them. */
function hostCpuMs(): number {
  const [, usec = '0'] = /^usage_usec (\d+)$/m.exec(readFileSync(`${cgroup}/cpu.stat`, 'utf8')) ?? [];
  return Number(usec) / 1000;
}

function converge(): void {
  const { status, stderr } = spawnSync(drover[0] ?? '', [...drover.slice(1), 'run', playbook, ...here, '-y'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the hosts did not converge:\n${stderr}`);
}

/** Network round trips of a whole call for one host, from the dial to the goodbye, counted by a proxy that moves in steps of half of one. */
async function roundTrips(argvFor: (port: number, inventory: string) => readonly string[]): Promise<number> {
  const [[name, { address }] = ['', { address: '' }]] = Object.entries<{ address: string }>(groups.light.hosts);
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  const proxy = await startFlightProxy(22, address);
  const host = { address: '127.0.0.1', port: proxy.port, host_key_alias: address };
  writeFileSync(join(folder, 'inventory.yaml'), JSON.stringify({ defaults, groups: { light: { hosts: { [name]: host } } } }));
  const { status } = await measure(argvFor(proxy.port, join(folder, 'inventory.yaml')), hostCpuMs);
  await proxy.close();
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(`through the proxy: exit ${status}`);
  return proxy.roundTrips();
}

async function reportRoundTrips(): Promise<void> {
  const [, alias = ''] = /^(\S+)/.exec(addresses[0] ?? '') ?? [];
  const trips = {
    'drover run, ten converged steps': await roundTrips((_, file) => [...drover, 'run', playbook, '-i', file, '-y']),
    'drover exec -- true': await roundTrips((_, file) => [...drover, 'exec', 'light', '-i', file, '--', 'true']),
    'floor: ssh2 loop, true': await roundTrips((_, file) => ['node', 'test/bench/floor.mjs', file, '1']),
    'OpenSSH, true': await roundTrips((port) => [
      'sh',
      '-c',
      `exec ssh ${ssh} -o HostKeyAlias=${alias} -p ${port} ${defaults.user}@127.0.0.1 true`,
    ]),
  };
  process.stdout.write('\nround trips of a whole call for one host, from the dial to the goodbye:\n');
  for (const [name, count] of Object.entries(trips)) process.stdout.write(`  ${name}: ${count}\n`);
}

async function main(): Promise<void> {
  converge();
  const costs = new Map<Contender, Cost[]>();
  for (let round = 0; round <= Number(rounds); round += 1) {
    for (const [name, argv] of Object.entries(CONTENDERS) as [Contender, readonly string[]][]) {
      const cost = await measure(argv, hostCpuMs);
      if (cost.status !== 0) throw new Error(`${name}: exit ${cost.status}`);
      if (round > 0) costs.set(name, [...(costs.get(name) ?? []), cost]); // round 0 warms up
    }
  }
  report(costs);
  await reportRoundTrips();
}

function report(costs: ReadonlyMap<Contender, readonly Cost[]>): void {
  const floor = costs.get(FLOOR) ?? [];
  process.stdout.write(
    `${addresses.length} hosts, ${rounds} rounds; each figure: median (× the floor of its round: median, lowest–highest)\n\n`,
  );
  process.stdout.write(`| | ${Object.keys(FIGURES).join(' | ')} |\n|${' --- |'.repeat(5)}\n`);
  for (const [name, runs] of costs) {
    const cells = Object.values(FIGURES).map((figure) => {
      const ratios = runs.map((cost, i) => cost[figure] / (floor[i]?.[figure] ?? Number.NaN));
      const unit = figure === 'peakMiB' ? ' MiB' : ' ms';
      const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
      return `${median(runs.map((cost) => cost[figure])).toFixed(0)}${unit} (× ${median(ratios).toFixed(2)}, ${spread})`;
    });
    process.stdout.write(`| ${name} | ${cells.join(' | ')} |\n`);
  }
}

await main();
