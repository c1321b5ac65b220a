import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drover, droverJson, onHost, requireLab, startDrover, until } from '../support/lab.ts';
import { clear, has, type LabEngine, labEngine, WAITING } from '../support/lab-workers.ts';

const SITES = { north: ['kvm01', 'kvm02', 'kvm03'], south: ['kvm04', 'kvm05', 'kvm06'] } as const;
const HOSTS = Object.values(SITES).flat();
let engine: LabEngine;

beforeAll(async () => {
  requireLab();
  engine = await labEngine(SITES);
});
beforeEach(() => {
  engine.killWorkers();
  clear(HOSTS);
});
afterAll(async () => {
  await engine.stop();
  clear(HOSTS);
});

describe('a rollout through workers', () => {
  it('goes over two sites as it would from here, is steady the second time, and is taken back', async () => {
    const both = [await engine.worker('north'), await engine.worker('south')];
    const path = engine.playbook('settings', {
      rollout: {
        waves: [{ name: 'canary', hosts: 'kvm01' }, { name: 'rest' }],
        gate: [{ expr: 'after.failed_units <= before.failed_units' }],
      },
      steps: [{ name: 'note', task: 'file.content', with: { path: '/srv/workers/note', content: '{{ host.name }}\n' } }],
    });
    const first = droverJson(['run', path, ...engine.through]);
    const [{ run }] = JSON.parse(drover(['runs', '--format', 'json']).stdout).slice(-1);
    expect(first.hosts.map(({ host, status, looks, acts }) => [host, status, looks, acts])).toEqual(
      HOSTS.map((host) => [host, 'changed', 2, 1]),
    );
    expect(HOSTS.map((host) => onHost(host, 'cat /srv/workers/note'))).toEqual(HOSTS.map((host) => `${host}\n`));
    const second = droverJson(['run', path, ...engine.through]);
    expect(second.hosts.map(({ status, looks, acts }) => [status, looks, acts])).toEqual(HOSTS.map(() => ['steady', 1, 0]));
    const back = droverJson(['rollback', run, '--engine', engine.file, '-y']);
    expect(back).toMatchObject({ exit: 0, counts: { changed: 6 } });
    expect(HOSTS.map((host) => onHost(host, 'ls /srv/workers'))).toEqual(HOSTS.map(() => ''));
    for (const { said } of both) await until('its worker tells of its hosts', () => said.stderr.includes(': opened'));
    for (const { child, ended } of both) {
      child.kill('SIGINT');
      expect(await ended).toMatchObject({ status: 0 });
    }
  });

  it('stops at the budget, whichever worker has the bad host', async () => {
    await Promise.all([engine.worker('north'), engine.worker('south')]);
    const path = engine.playbook('bad', {
      rollout: { waves: [{ name: 'south first', hosts: 'south', size: 1 }, { name: 'rest' }], budget: { bad: 1, per: 'run' } },
      steps: [{ name: 'fails', task: 'command.run', with: { command: 'false', creates: '/srv/workers/never' } }],
    });
    const ran = droverJson(['run', path, ...engine.through]);
    expect(ran).toMatchObject({ exit: 6, counts: { failed: 1, 'not started': 5 } });
  });
});

describe('a saved plan', () => {
  it('is made and done through workers, and leaves a host alone that has moved since', async () => {
    await Promise.all([engine.worker('north'), engine.worker('south')]);
    const steps = [{ name: 'note', task: 'file.content', with: { path: '/srv/workers/note', content: 'planned\n' } }];
    const path = engine.playbook('saved', { hosts: 'kvm03,kvm04', steps });
    const saved = engine.path('plan.json');
    expect(drover(['plan', path, '--out', saved, '--engine', engine.file, '-i', engine.inventory])).toMatchObject({ status: 0 });
    onHost('kvm03', 'echo by hand > /srv/workers/note');
    const done = droverJson(['run', saved, ...engine.through]);
    expect(done).toMatchObject({ exit: 8, hosts: [{ status: 'failed', acts: 0, error: { code: 'PLAN_STALE' } }, { status: 'changed' }] });
    expect(['kvm03', 'kvm04'].map((host) => onHost(host, 'cat /srv/workers/note'))).toEqual(['by hand\n', 'planned\n']);
  });
});

describe('a server that is killed amid a run and started again', () => {
  it('cuts its workers; the run goes on through new ones, and only who was in an act is unknown', async () => {
    const old = await Promise.all([engine.worker('north'), engine.worker('south')]);
    // kvm01 waits in a look, kvm04 in an act, the others for their turn.
    const path = engine.playbook('server dies', {
      rollout: { waves: [{ name: 'both', hosts: 'kvm01,kvm04' }, { name: 'rest' }], budget: { bad: 3, per: 'run' } },
      steps: [{ ...WAITING.look, when: 'host.name == "kvm01"' }, { ...WAITING.wait, when: 'host.name == "kvm04"' }, WAITING.note],
    });
    const started = startDrover(['run', path, ...engine.through, '--format', 'json']);
    await until('a look and an act are under way', () => has('kvm01', 'asked') && has('kvm04', 'began'));
    await engine.killServer();
    await engine.startServer();
    for (const { ended } of old) expect(await ended).toMatchObject({ status: 4, stderr: expect.stringContaining('ENGINE_UNREACHABLE') });
    await Promise.all([engine.worker('north'), engine.worker('south')]);
    for (const host of HOSTS) onHost(host, 'touch /srv/workers/go');
    const document = JSON.parse((await started.ended).stdout);
    expect(document).toMatchObject({ exit: 4, counts: { changed: 5, unknown: 1 } });
    expect(document.hosts.find(({ host }: { host: string }) => host === 'kvm04')).toMatchObject({ status: 'unknown', acts: 1 });
    await until('the act is over', () => has('kvm04', 'done'));
    expect(droverJson(['retry', 'last', '--engine', engine.file, '-y'])).toMatchObject({ exit: 0 });
    expect(onHost('kvm04', 'cat /srv/workers/done /srv/workers/note')).toBe('x\nso\n');
  });
});

describe('what dies in the midst of an act', () => {
  it('a worker: the host is unknown, another worker settles it, and nothing is done twice', async () => {
    const first = await engine.worker('south');
    const started = startDrover([
      'run',
      engine.playbook('waits', { hosts: 'kvm04', steps: [WAITING.note, WAITING.wait] }),
      ...engine.through,
      '--format',
      'json',
    ]);
    await until('the act is under way', () => has('kvm04', 'began'));
    first.child.kill('SIGKILL');
    const ended = JSON.parse((await started.ended).stdout);
    expect(ended).toMatchObject({ exit: 4, hosts: [{ host: 'kvm04', status: 'unknown', error: { code: 'CONNECTION_LOST' } }] });
    await engine.worker('south');
    onHost('kvm04', 'touch /srv/workers/go');
    await until('the act is over', () => has('kvm04', 'done'));
    expect(droverJson(['retry', 'last', '--engine', engine.file, '-y'])).toMatchObject({ exit: 0, hosts: [{ status: 'steady' }] });
    expect(onHost('kvm04', 'cat /srv/workers/done')).toBe('x\n');
  });

  it('the controller: its workers let go, the run is resumed through them, and nothing is done twice', async () => {
    await engine.worker('south');
    const started = startDrover([
      'run',
      engine.playbook('dies', { hosts: 'kvm04,kvm05', steps: [WAITING.note, WAITING.wait] }),
      ...engine.through,
      '-f',
      '1',
    ]);
    await until('the act is under way', () => has('kvm04', 'began'));
    started.child.kill('SIGKILL');
    await started.ended;
    for (const host of ['kvm04', 'kvm05']) onHost(host, 'touch /srv/workers/go');
    await until('the act is over', () => has('kvm04', 'done'));
    const resumed = droverJson(['resume', 'last', '--engine', engine.file, '-y', '--wait-lock', '60']);
    expect(resumed).toMatchObject({ exit: 0 });
    expect(['kvm04', 'kvm05'].map((host) => onHost(host, 'cat /srv/workers/done'))).toEqual(['x\n', 'x\n']);
  });
});
