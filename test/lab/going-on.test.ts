import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { drover as droverWith, freeHosts, onHost, requireLab, type Said, startDrover, until } from '../support/lab.ts';

const HOSTS = ['kvm01', 'kvm02', 'kvm03', 'kvm04'] as const;
const folder = mkdtempSync(join(tmpdir(), 'drover-going-on-'));
let runs: string;
let count = 0;

beforeAll(() => requireLab());
beforeEach(() => {
  count += 1;
  runs = join(folder, `runs-${count}`);
  for (const host of HOSTS) onHost(host, 'rm -rf /srv/on; mkdir -p /srv/on');
  freeHosts(...HOSTS);
});
afterAll(() => {
  for (const host of HOSTS) onHost(host, 'rm -rf /srv/on');
  freeHosts(...HOSTS);
  rmSync(folder, { recursive: true });
});

function drover(...words: readonly string[]): Said {
  return droverWith([...words, '--run-dir', runs]);
}

/** A run that does not outlive its test. */
function started(...words: readonly string[]): ReturnType<typeof startDrover> {
  const run = startDrover([...words, '-y', '--run-dir', runs]);
  onTestFinished(() => void run.child.kill('SIGKILL'));
  return run;
}

/** A playbook with steps that do these, once on a host; each is noted there with its name. */
function playbook(rollout: string, steps: Readonly<Record<string, { readonly command: string; readonly more?: string }>>): string {
  const path = join(folder, `p${count}.yaml`);
  const lines = Object.entries(steps).map(
    ([name, { command, more = '' }]) =>
      `  - { name: ${name}, task: command.run, ${more} with: { command: "cd /srv/on && ${command} && echo x >> ${name}.often && touch ${name}", creates: /srv/on/${name}, undo: "rm /srv/on/${name}" } }\n`,
  );
  writeFileSync(path, `hosts: kvm[01-04]\nbecome: true\nrollout: { ${rollout} }\nsteps:\n${lines.join('')}`);
  return path;
}

/** The hosts that have a file. */
function having(name: string): string {
  return HOSTS.filter((host) => onHost(host, `[ -e /srv/on/${name} ] && echo yes || true`) !== '').join(' ');
}

function put(name: string, ...hosts: readonly string[]): void {
  for (const host of hosts) onHost(host, `touch /srv/on/${name}`);
}

/** A run that waits in each host until there is a file `go`; with `words` so long is what it puts on record of each. */
function waiting(words = 0): ReturnType<typeof startDrover> {
  const command = `: ${'x'.repeat(words)}; touch began; until [ -e go ]; do sleep 0.1; done`;
  const path = playbook('waves: [{ name: each, size: 1 }]', { it: { command } });
  return started('run', path);
}

/** As `waiting`, killed in its first host, whose act comes to its end or is cut with its connection. */
async function killed(): Promise<void> {
  const { child, ended } = waiting();
  await until('it waits in its first host', () => having('began') === 'kvm01');
  child.kill('SIGKILL');
  await ended;
  put('go', ...HOSTS);
  await until('its act is over', () => onHost('kvm01', 'ss -Htn state established sport = :22') === '');
}

describe('a run that another process conducts', () => {
  it('is not gone on with, taken back or removed, and what is asked does not disturb it', async () => {
    const { ended } = waiting();
    await until('it waits in its first host', () => having('began') === 'kvm01');
    for (const word of ['resume', 'retry', 'rollback']) {
      expect(drover(word, 'last', '-y'), word).toMatchObject({ status: 7, stderr: expect.stringMatching(/ is held by process \d+/) });
    }
    expect(drover('runs', 'prune', '--days', '0')).toMatchObject({ status: 0, stderr: '0 runs removed\n' });
    put('go', ...HOSTS);
    expect(await ended).toMatchObject({ status: 0 });
    expect(having('it')).toBe('kvm01 kvm02 kvm03 kvm04');
  });

  it('that was killed is gone on with by one of two who want to, and nothing is done twice', async () => {
    await killed();
    const both = await Promise.all([started('resume', 'last').ended, started('resume', 'last').ended]);
    const statuses = both.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 0 && status !== 7).length, JSON.stringify(both)).toBe(0);
    expect(statuses.filter((status) => status === 0).length).toBeLessThanOrEqual(1);
    // Two who come at once may both step back.
    if (!statuses.includes(0)) expect(drover('resume', 'last', '-y')).toMatchObject({ status: 0 });
    expect(HOSTS.map((host) => onHost(host, 'cat /srv/on/it.often'))).toEqual(HOSTS.map(() => 'x\n'));
  });
});

it('the folder of a run may be moved: it is gone on with and taken back from there', async () => {
  await killed();
  const elsewhere = join(folder, 'elsewhere');
  cpSync(runs, elsewhere, { recursive: true, filter: (path) => !path.endsWith('.sock') });
  runs = elsewhere;
  const resumed = drover('resume', 'last', '-y');
  expect(resumed, resumed.stderr).toMatchObject({ status: 0 });
  const back = drover('rollback', 'last', '-y');
  expect(back, back.stderr).toMatchObject({ status: 0 });
  expect(having('it')).toBe('');
});

it('a run whose disk is full ends before its next act, leaves nothing half begun, and is gone on with when there is space', async () => {
  mkdirSync(runs);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', runs]);
  onTestFinished(() => void execFileSync('umount', ['-l', runs]));
  // More than what is left of a page of memory.
  const { ended } = waiting(6000);
  await until('it waits in its first host', () => having('began') === 'kvm01');
  const fill = join(runs, 'fill');
  expect(() => writeFileSync(fill, Buffer.alloc(200_000))).toThrow('ENOSPC');
  put('go', ...HOSTS);
  expect(await ended).toMatchObject({ status: 1, stderr: expect.stringMatching(/ENOSPC.*\[JOURNAL_FAILED\]/) });
  expect(having('it')).toBe('kvm01');
  const another = drover('run', join(folder, `p${count}.yaml`), '-y');
  expect(another).toMatchObject({ status: 1, stderr: expect.stringMatching(/ENOSPC.*\[JOURNAL_FAILED\]/) });
  expect(JSON.parse(drover('runs', '--format', 'json').stdout)).toMatchObject([{ state: 'cut' }]);
  rmSync(fill);
  const resumed = drover('resume', 'last', '-y', '--wait-lock', '60');
  expect(resumed, resumed.stderr).toMatchObject({ status: 0 });
  expect(HOSTS.map((host) => onHost(host, 'cat /srv/on/it.often'))).toEqual(HOSTS.map(() => 'x\n'));
});

it('a retry asks the gate of its hosts, although the run had gone past them, and a gate that fails then holds it', () => {
  const path = playbook(
    `waves: [{ name: first, hosts: "kvm[01-02]" }, { name: rest }], budget: { bad: 2, per: wave },
    probes: { bad: "ls /srv/on | grep -c bad || true" }, gate: [{ expr: "after.bad == 0" }]`,
    { it: { command: '[ ! -e fails ]' } },
  );
  put('fails', 'kvm02');
  expect(drover('run', path, '-y')).toMatchObject({ status: 2 });
  expect(having('it')).toBe('kvm01 kvm03 kvm04');
  onHost('kvm02', 'rm /srv/on/fails');
  put('bad', 'kvm01', 'kvm02');
  const failed = { status: 6, stderr: expect.stringContaining('wave first: its gate failed') };
  expect(drover('retry', 'last', '-y')).toMatchObject(failed);
  expect(drover('resume', 'last', '-y')).toMatchObject(failed);
  for (const host of ['kvm01', 'kvm02']) onHost(host, 'rm /srv/on/bad');
  const passed = drover('resume', 'last', '-y');
  expect(passed, passed.stderr).toMatchObject({ status: 0, stderr: expect.stringContaining('wave first: its gate passed') });
});

it('who is first by lot, and who does a step once, stays so when a run is killed, resumed, retried and taken back', async () => {
  const path = playbook('waves: [{ name: w, size: 2, order: shuffle }], budget: { bad: 4, per: run }', {
    'once-run': { command: 'true', more: 'once: run,' },
    'once-wave': { command: 'true', more: 'once: wave,' },
    each: { command: 'touch began; until [ -e go ]; do sleep 0.1; done; [ ! -e fails ]' },
  });
  const seed = ['--seed', '4'];
  const plan = droverWith(['plan', path, ...seed]).stdout;
  const [, first = '', second = ''] = /1\/2: (\S+)\n {2}2\/2: (\S+)/.exec(plan) ?? [];
  const doer = /once-run: once a run, on (\S+)/.exec(plan)?.[1] ?? '';
  // By lot it is not the order of the inventory.
  expect([first, doer]).toEqual(['kvm[01,04]', 'kvm04']);
  const waves = (said: Said): readonly string[] =>
    said.stderr.split('\n').flatMap((line) => /^wave w (\S+): (kvm\S+)/.exec(line)?.slice(1).join(' ') ?? []);
  const members = (fold: string): readonly string[] => HOSTS.filter((host) => fold.match(/\d\d/g)?.includes(host.slice(3)));

  put('go', ...members(first));
  const [bad = ''] = members(first).filter((host) => host !== doer);
  put('fails', bad);
  const run = started('run', path, ...seed);
  await until('its second batch waits', () => members(second).every((host) => having('began').includes(host)));
  run.child.kill('SIGKILL');
  expect(waves(await run.ended)).toEqual([`1/2 ${first}`, `2/2 ${second}`]);
  put('go', ...members(second));

  const resumed = await started('resume', 'last', '--wait-lock', '60').ended;
  expect(resumed.status, resumed.stderr + resumed.stdout).toBe(2);
  expect(waves(resumed)).toEqual([`2/2 ${second}`]);
  onHost(bad, 'rm /srv/on/fails');
  const retried = drover('retry', 'last', '-y');
  expect(retried.status, retried.stderr).toBe(0);
  expect(waves(retried)).toEqual([`1/2 ${first}`]);

  expect({ run: having('once-run'), wave: having('once-wave'), each: having('each') }).toEqual({
    run: doer,
    wave: doer,
    each: HOSTS.join(' '),
  });
  expect(onHost(doer, 'cat /srv/on/once-run.often /srv/on/once-wave.often')).toBe('x\nx\n');
  const back = drover('rollback', 'last', '-y');
  expect(back.status, back.stderr).toBe(0);
  expect(waves(back)).toEqual([`1/2 ${first}`, `2/2 ${second}`]);
  expect([having('once-run'), having('once-wave'), having('each')]).toEqual(['', '', '']);
});
