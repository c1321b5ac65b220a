import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { drover, droverJson, freeHosts, labInventory, onHost, requireLab, startDrover, until } from '../support/lab.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

const SITES = { north: ['kvm01', 'kvm02', 'kvm03'], south: ['kvm04', 'kvm05', 'kvm06'] } as const;
const HOSTS = Object.values(SITES).flat();
const folder = mkdtempSync(join(tmpdir(), 'drover-workers-'));
const engine = join(folder, 'engine');
const inventory = join(folder, 'inventory.yaml');
const through = ['--engine', engine, '-i', inventory, '-y'];
const workers = new Set<ReturnType<typeof startDrover>['child']>();
let redis: RedisServer;

beforeAll(async () => {
  requireLab();
  redis = await startRedis();
  writeFileSync(engine, `${redis.url}\n${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  const { defaults, groups } = parse(readFileSync(labInventory, 'utf8'));
  const sites = Object.entries(SITES).map(([site, hosts]) => {
    const addresses = hosts.map((host) => [host, { ...groups.compute.hosts[host], site }]);
    return [site, { hosts: Object.fromEntries(addresses) }];
  });
  writeFileSync(inventory, stringify({ defaults, groups: Object.fromEntries(sites) }));
});
beforeEach(() => {
  for (const host of HOSTS) onHost(host, 'rm -rf /srv/workers; mkdir -p /srv/workers');
  freeHosts(...HOSTS);
});
afterAll(async () => {
  for (const child of workers) child.kill('SIGKILL');
  await redis.stop();
  for (const host of HOSTS) onHost(host, 'rm -rf /srv/workers');
  freeHosts(...HOSTS);
  rmSync(folder, { recursive: true });
});

async function worker(site: string) {
  const started = startDrover(['worker', '--engine', engine, '--site', site]);
  workers.add(started.child);
  await until('the worker is there', () => started.said.stderr.includes('takes up to'));
  return started;
}

function playbook(name: string, body: object): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, stringify({ name, hosts: 'all', ...body }));
  return path;
}

/** Writes a file, then waits in its act on the host until it is let go, and notes each time that it was done. */
const WAITING = [
  { name: 'note', task: 'file.content', with: { path: '/srv/workers/note', content: 'so\n' } },
  {
    name: 'wait',
    task: 'command.run',
    with: {
      command: 'touch /srv/workers/began; while [ ! -e /srv/workers/go ]; do sleep 0.1; done; echo x >> /srv/workers/done',
      creates: '/srv/workers/done',
      undo: 'rm /srv/workers/done',
    },
  },
];

describe('a rollout through workers', () => {
  it('goes over two sites as it would from here, is steady the second time, and is taken back', async () => {
    const both = [await worker('north'), await worker('south')];
    const path = playbook('settings', {
      rollout: {
        waves: [{ name: 'canary', hosts: 'kvm01' }, { name: 'rest' }],
        gate: [{ expr: 'after.failed_units <= before.failed_units' }],
      },
      steps: [{ name: 'note', task: 'file.content', with: { path: '/srv/workers/note', content: '{{ host.name }}\n' } }],
    });
    const first = droverJson(['run', path, ...through]);
    const [{ run }] = JSON.parse(drover(['runs', '--format', 'json']).stdout).slice(-1);
    expect(first.hosts.map(({ host, status, looks, acts }) => [host, status, looks, acts])).toEqual(
      HOSTS.map((host) => [host, 'changed', 2, 1]),
    );
    expect(HOSTS.map((host) => onHost(host, 'cat /srv/workers/note'))).toEqual(HOSTS.map((host) => `${host}\n`));
    const second = droverJson(['run', path, ...through]);
    expect(second.hosts.map(({ status, looks, acts }) => [status, looks, acts])).toEqual(HOSTS.map(() => ['steady', 1, 0]));
    const back = droverJson(['rollback', run, '--engine', engine, '-y']);
    expect(back).toMatchObject({ exit: 0, counts: { changed: 6 } });
    expect(HOSTS.map((host) => onHost(host, 'ls /srv/workers'))).toEqual(HOSTS.map(() => ''));
    for (const { said } of both) await until('its worker tells of its hosts', () => said.stderr.includes(': opened'));
    for (const { child, ended } of both) {
      child.kill('SIGINT');
      expect(await ended).toMatchObject({ status: 0 });
    }
  });

  it('stops at the budget, whichever worker has the bad host', async () => {
    await Promise.all([worker('north'), worker('south')]);
    const path = playbook('bad', {
      rollout: { waves: [{ name: 'south first', hosts: 'south', size: 1 }, { name: 'rest' }], budget: { bad: 1, per: 'run' } },
      steps: [{ name: 'fails', task: 'command.run', with: { command: 'false', creates: '/srv/workers/never' } }],
    });
    const ran = droverJson(['run', path, ...through]);
    expect(ran).toMatchObject({ exit: 6, counts: { failed: 1, 'not started': 5 } });
  });
});

describe('what dies in the midst of an act', () => {
  it('a worker: the host is unknown, another worker settles it, and nothing is done twice', async () => {
    for (const child of workers) child.kill('SIGKILL');
    const first = await worker('south');
    const started = startDrover(['run', playbook('waits', { hosts: 'kvm04', steps: WAITING }), ...through, '--format', 'json']);
    await until('the act is under way', () => onHost('kvm04', '[ ! -e /srv/workers/began ] || echo yes') === 'yes\n');
    first.child.kill('SIGKILL');
    const ended = JSON.parse((await started.ended).stdout);
    expect(ended).toMatchObject({ exit: 4, hosts: [{ host: 'kvm04', status: 'unknown', error: { code: 'CONNECTION_LOST' } }] });
    await worker('south');
    onHost('kvm04', 'touch /srv/workers/go');
    await until('the act is over', () => onHost('kvm04', '[ ! -e /srv/workers/done ] || echo yes') === 'yes\n');
    expect(droverJson(['retry', 'last', '--engine', engine, '-y'])).toMatchObject({ exit: 0, hosts: [{ status: 'steady' }] });
    expect(onHost('kvm04', 'cat /srv/workers/done')).toBe('x\n');
  });

  it('the controller: its workers let go, the run is resumed through them, and nothing is done twice', async () => {
    await worker('south');
    const started = startDrover(['run', playbook('dies', { hosts: 'kvm04,kvm05', steps: WAITING }), ...through, '-f', '1']);
    await until('the act is under way', () => onHost('kvm04', '[ ! -e /srv/workers/began ] || echo yes') === 'yes\n');
    started.child.kill('SIGKILL');
    await started.ended;
    for (const host of ['kvm04', 'kvm05']) onHost(host, 'touch /srv/workers/go');
    await until('the act is over', () => onHost('kvm04', '[ ! -e /srv/workers/done ] || echo yes') === 'yes\n');
    const resumed = droverJson(['resume', 'last', '--engine', engine, '-y', '--wait-lock', '60']);
    expect(resumed).toMatchObject({ exit: 0 });
    expect(['kvm04', 'kvm05'].map((host) => onHost(host, 'cat /srv/workers/done'))).toEqual(['x\n', 'x\n']);
  });
});
