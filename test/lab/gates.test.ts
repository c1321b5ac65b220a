import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { drover as droverWith, type FleetDocument, onHost, type Said, startDrover, until } from '../support/lab.ts';
import { startWeb, WEB_HOSTS, webConfigurations, writeWebInventory } from '../support/lab-web.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-'));
const inventory = join(folder, 'inventory.yaml');

const ROLLOUT = `hosts: kvm[01-04]
become: true
vars: { web: sleep 9999 }
rollout:
  waves:
    - { name: canary, hosts: kvm01, bake: 1s }
    - { name: rest, size: 2, spread: rack }
  budget: { bad: 1, per: run }
  probes: { answers: "systemctl is-active web.service >/dev/null && echo 1 || echo 0" }
  gate:
    - { task: service.state, with: { unit: web.service, state: started } }
    - { expr: "after.failed_units <= before.failed_units && after.answers >= 1" }
  on_stop: STOP
steps:
  - { name: its configuration, task: file.content, with: { path: /etc/web.conf, content: "WEB={{ web }}\\n" } }
  - { name: it takes it up, task: command.run, with: { command: "systemctl restart web.service; sleep 0.3; cp /etc/web.conf /run/web.conf", unless: "cmp -s /etc/web.conf /run/web.conf", undo: "rm /run/web.conf" } }
`;

function drover(args: readonly string[]) {
  return droverWith(args, { env: { DROVER_INVENTORY: inventory } });
}

function droverJson(args: readonly string[]): FleetDocument {
  return JSON.parse(drover([...args, '--format', 'json']).stdout);
}

function playbook(onStop: 'hold' | 'rollback'): string {
  const path = join(folder, `${onStop}.yaml`);
  writeFileSync(path, ROLLOUT.replace('STOP', onStop));
  return path;
}

beforeAll(() => {
  startWeb();
  writeWebInventory(inventory, 'compute');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a plan tells first how the waves go', () => {
  const said = drover(['plan', playbook('hold')]);
  expect(said.stdout, said.stderr).toContain('wave canary: kvm01 (1 host), bakes for 1 s');
  expect(said.stdout).toContain('wave rest: kvm[02-04] (3 hosts), 2 at a time');
  expect(said.stdout).toContain('behind each wave a gate: service.state; after.failed_units <= before.failed_units && after.answers >= 1');
});

test('a gate can be tried alone', () => {
  expect(drover(['gate', playbook('hold')])).toMatchObject({ status: 0, stdout: expect.stringContaining('kvm[01-04] (4 hosts): pass') });
});

test('a canary that breaks holds the rollout, and the rest is untouched', () => {
  const done = droverJson(['run', playbook('hold'), '-y', '-e', 'web=false']);
  expect(done, JSON.stringify(done)).toMatchObject({ exit: 6, counts: { failed: 1, 'not started': 3 } });
  expect(done.hosts[0]?.error?.code).toBe('GATE_FAILED');
  expect(done.stopped?.because).toMatch(/^the gate of wave canary failed: kvm01: service\.state: it is/);
  expect(webConfigurations()).toEqual(['WEB=false', ...Array.from({ length: 3 }, () => 'WEB=sleep 8888')]);
  expect(drover(['gate', playbook('hold'), '-l', 'kvm01,kvm02'])).toMatchObject({
    status: 6,
    stdout: expect.stringMatching(/kvm01.*fail/),
  });
  onHost('kvm01', 'echo WEB=sleep 8888 | tee /etc/web.conf > /run/web.conf; systemctl restart web.service');
});

test('a rollout that stops can take itself back', () => {
  const done = drover(['run', playbook('rollback'), '-y', '-e', 'web=false']);
  expect(done, done.stderr).toMatchObject({ status: 6, stderr: expect.stringContaining('is taken back') });
  expect(webConfigurations()).toEqual(Array.from({ length: 4 }, () => 'WEB=sleep 8888'));
  onHost('kvm01', 'cp /etc/web.conf /run/web.conf; systemctl restart web.service');
});

test('a canary that holds lets the rest follow, wave by wave, and then nothing is left to do', () => {
  const said = drover(['run', playbook('hold'), '-y']);
  expect(said.status, said.stdout + said.stderr).toBe(0);
  const waves = said.stderr.split('\n').filter((line) => /^wave/.test(line));
  expect(waves).toEqual([
    'wave canary: kvm01',
    'wave canary: bakes for 1.0 s',
    'wave canary: its gate passed',
    'wave rest 1/2: kvm[02,04] (2 hosts)',
    'wave rest 1/2: its gate passed',
    'wave rest 2/2: kvm03',
    'wave rest 2/2: its gate passed',
  ]);
  expect(webConfigurations()).toEqual(Array.from({ length: 4 }, () => 'WEB=sleep 9999'));
  expect(droverJson(['run', playbook('hold'), '-y'])).toMatchObject({ exit: 0, counts: { steady: 4 } });
});

test('a wave that wants to be agreed to holds where there is nobody', () => {
  const path = join(folder, 'confirm.yaml');
  writeFileSync(path, ROLLOUT.replace('STOP', 'hold').replace('bake: 1s', 'confirm: true'));
  expect(droverJson(['run', path, '-y', '-e', '{"web": "sleep 7777"}'])).toMatchObject({ exit: 6, counts: { 'not started': 4 } });
});

const COMPARING = `hosts: kvm[01-04]
become: true
rollout:
  waves: [{ name: canary, hosts: kvm01, bake: 1h }, { name: rest }]
  gate: [{ expr: "after.failed_units - before.failed_units <= untouched.after.failed_units - untouched.before.failed_units" }]
steps: [{ task: file.content, with: { path: /etc/compared.conf, content: "{{ text }}\\n" } }]
vars: { text: a }
`;

/** Runs the comparing playbook; while the canary bakes, something fails on these hosts. Then the baking is over. */
async function failingWhileItBakes(hosts: readonly string[], text: string): Promise<Said> {
  const path = join(folder, 'comparing.yaml');
  writeFileSync(path, COMPARING);
  const runs = ['--run-dir', join(folder, `runs-${text}`)];
  const { child, ended } = startDrover(['run', path, ...runs, '-y', '-e', `text=${text}`]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await until('it bakes', () => drover(['status', 'last', ...runs]).stdout.includes('baking'));
  for (const host of hosts) {
    onHost(host, `systemd-run -q --unit=trouble-${text} false; until systemctl -q is-failed trouble-${text}; do sleep 0.1; done`);
  }
  expect(drover(['promote', 'last', ...runs])).toMatchObject({ status: 0 });
  return await ended;
}

test('trouble of the whole fleet is told from that of the canary', async () => {
  const common = await failingWhileItBakes(WEB_HOSTS, 'a');
  expect(common, common.stderr).toMatchObject({ status: 0, stderr: expect.stringContaining('wave canary: its gate passed') });
  expect(common.stderr).toMatch(/wave rest: its gate was not asked\n {2}not asked, for no host is left untouched: after\.failed_units/);
  const own = await failingWhileItBakes(['kvm01'], 'b');
  expect(own.status, own.stderr).toBe(6);
  expect(own.stderr).toContain('after.failed_units = 2, before.failed_units = 1, untouched.after.failed_units = 1');
  expect(WEB_HOSTS.map((host) => onHost(host, 'cat /etc/compared.conf'))).toEqual(['b\n', 'a\n', 'a\n', 'a\n']);
});
