import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { droverJson, onHost, requireLab, resetHosts, startDrover, until } from '../../support/lab.ts';
import { clear, has, type LabEngine, labEngine, WAITING } from '../../support/lab-workers.ts';
import { boots, playMachine } from '../../support/rebooting-lab-host.ts';

const SITES = { north: ['kvm01', 'kvm02'], south: ['kvm03', 'kvm04'] } as const;
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
  resetHosts(...HOSTS);
});

test('workers that stand still in a look and in an act: the look is asked again, the act is settled once, and nothing is done late', async () => {
  const [north, south] = await Promise.all([engine.worker('north'), engine.worker('south')]);
  const path = engine.playbook('stands still', {
    hosts: 'kvm01,kvm03',
    steps: [{ ...WAITING.look, when: 'host.name == "kvm01"' }, { ...WAITING.wait, when: 'host.name == "kvm03"' }, WAITING.note],
  });
  const started = startDrover(['run', path, ...engine.through, '--format', 'json']);
  await until('a look and an act are under way', () => has('kvm01', 'asked') && has('kvm03', 'began'));
  const others = await Promise.all([engine.worker('north'), engine.worker('south')]);
  for (const { child } of [north, south]) child.kill('SIGSTOP');
  onHost('kvm01', 'touch /srv/workers/go');
  const document = JSON.parse((await started.ended).stdout);
  expect(document).toMatchObject({
    exit: 4,
    hosts: [
      { host: 'kvm01', status: 'changed' },
      { host: 'kvm03', status: 'unknown', acts: 1, error: { message: expect.stringContaining('nothing was heard for 15 s') } },
    ],
  });
  expect(others[0]?.said.stderr).toContain('kvm01: opened');

  // The act of before is still under way: it is waited for, and nobody else acts meanwhile.
  const retry = startDrover(['retry', 'last', '--engine', engine.file, '-y', '--format', 'json']);
  await until('another worker has the host', () => others[1]?.said.stderr.includes('kvm03: opened') === true);
  for (const { child } of [north, south]) child.kill('SIGCONT');
  for (const [one, host] of [[north, 'kvm01'] as const, [south, 'kvm03'] as const]) {
    await until('it lets go of its host', () => one.said.stderr.includes(`${host}: ended`));
  }
  onHost('kvm03', 'touch /srv/workers/go');
  expect(JSON.parse((await retry.ended).stdout)).toMatchObject({ exit: 0 });
  expect(onHost('kvm03', 'cat /srv/workers/done /srv/workers/note')).toBe('x\nso\n');
});

test('a site whose only worker stands still has none: its hosts are unreachable, and the others are done', async () => {
  const [north] = await Promise.all([engine.worker('north'), engine.worker('south')]);
  north.child.kill('SIGSTOP');
  const ran = droverJson(['run', engine.playbook('nobody', { steps: [WAITING.note] }), ...engine.through]);
  expect(ran).toMatchObject({ exit: 4, counts: { unreachable: 2, changed: 2 } });
  expect(ran.hosts[0]).toMatchObject({ host: 'kvm01', error: { code: 'HOST_UNREACHABLE', message: 'site north has no worker' } });
});

test('a reboot through a worker is waited for, seen and done once', { timeout: 300_000 }, async () => {
  playMachine('kvm03');
  await engine.worker('south');
  onHost('kvm03', 'touch /run/reboot-required');
  const before = boots('kvm03');
  const path = engine.playbook('reboots', {
    hosts: 'kvm03',
    become: true,
    steps: [{ name: 'boot', task: 'host.reboot', with: { newer_kernel: false } }, WAITING.note],
  });
  const said = await startDrover(['run', path, '--reboot', ...engine.through, '--format', 'json']).ended;
  expect(JSON.parse(said.stdout), said.stderr).toMatchObject({ exit: 0, counts: { changed: 1 } });
  expect(boots('kvm03')).toBe(before + 1);
  expect(onHost('kvm03', 'cat /srv/workers/note')).toBe('so\n');
});
