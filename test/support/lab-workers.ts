import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freeHosts, labInventory, onHost, startDrover, until } from './lab.ts';
import { type RedisServer, startRedis } from './redis.ts';

/** The hosts of each site. */
export type Sites = Readonly<Record<string, readonly string[]>>;

type Started = ReturnType<typeof startDrover>;

/** An engine of a test file's own, with an inventory that puts lab hosts at sites. */
export interface LabEngine {
  /** Its file. */
  readonly file: string;
  readonly inventory: string;
  /** The flags of a run through its workers that asks nothing. */
  readonly through: readonly string[];
  /** Starts a worker of a site, a process of its own. */
  readonly worker: (site: string) => Promise<Started>;
  readonly killWorkers: () => void;
  /** Writes a playbook; its path. */
  readonly playbook: (name: string, body: object) => string;
  readonly path: (name: string) => string;
  /** Ends the server at once, and starts it again. */
  readonly killServer: () => Promise<void>;
  readonly startServer: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function labEngine(sites: Sites): Promise<LabEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-workers-'));
  const path = (name: string): string => join(folder, name);
  const [file, inventory] = [path('engine'), path('inventory.yaml')];
  const workers = new Set<Started['child']>();
  let redis: RedisServer = await startRedis();
  writeFileSync(file, `${redis.url}\n${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  writeFileSync(inventory, inventoryOf(sites));
  const killWorkers = (): void => {
    for (const child of workers) child.kill('SIGKILL');
  };
  return {
    file,
    inventory,
    through: ['--engine', file, '-i', inventory, '-y'],
    worker: async (site) => {
      const started = startDrover(['worker', '--engine', file, '--site', site]);
      workers.add(started.child);
      await until('the worker is there', () => started.said.stderr.includes('takes up to'));
      return started;
    },
    killWorkers,
    playbook: (name, body) => {
      writeFileSync(path(`${name}.yaml`), stringify({ name, hosts: 'all', ...body }));
      return path(`${name}.yaml`);
    },
    path,
    killServer: () => redis.stop(),
    startServer: async () => {
      redis = await redis.again();
    },
    stop: async () => {
      killWorkers();
      await redis.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function inventoryOf(sites: Sites): string {
  const { defaults, groups } = parse(readFileSync(labInventory, 'utf8'));
  const groupOf = ([site, hosts]: [string, readonly string[]]) => {
    const addresses = hosts.map((host) => [host, { ...groups.compute.hosts[host], site }]);
    return [site, { hosts: Object.fromEntries(addresses) }];
  };
  return stringify({ defaults, groups: Object.fromEntries(Object.entries(sites).map(groupOf)) });
}

/** Steps that write a file, then wait in their act on the host until it is let go, and note each time that it was done. */
export const WAITING = {
  note: { name: 'note', task: 'file.content', with: { path: '/srv/workers/note', content: 'so\n' } },
  wait: {
    name: 'wait',
    task: 'command.run',
    with: {
      command: 'touch /srv/workers/began; while [ ! -e /srv/workers/go ]; do sleep 0.1; done; echo x >> /srv/workers/done',
      creates: '/srv/workers/done',
      undo: 'rm /srv/workers/done',
    },
  },
  /** Waits in its look, and writes nothing else. */
  look: {
    name: 'look',
    task: 'command.run',
    with: {
      command: 'touch /srv/workers/looked',
      unless: 'touch /srv/workers/asked; while [ ! -e /srv/workers/go ]; do sleep 0.1; done; [ -e /srv/workers/looked ]',
    },
  },
} as const;

/** Whether a host has such a file in /srv/workers. */
export function has(host: string, file: string): boolean {
  return onHost(host, `[ ! -e /srv/workers/${file} ] || echo yes`) === 'yes\n';
}

/** The hosts, with nothing of these tests. */
export function clear(hosts: readonly string[]): void {
  for (const host of hosts) onHost(host, 'rm -rf /srv/workers; mkdir -p /srv/workers');
  freeHosts(...hosts);
}
