import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { drover, onHost, requireLab, resetHosts, startDrover, until } from '../support/lab.ts';

const HOSTS = ['kvm01', 'kvm02', 'kvm03'] as const;
const folder = mkdtempSync(join(tmpdir(), 'drover-'));

/** Each host but the canary waits in its step until it is let go, a minute at most. */
const ROLLOUT = `hosts: kvm[01-03]
become: true
rollout:
  waves:
    - { name: canary, hosts: kvm01, bake: 1h }
    - { name: rest, concurrency: 1, order: reverse }
steps:
  - name: it goes on when it may
    task: command.run
    with:
      command: "n=0; while [ ! -e /run/go ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done; [ -e /run/go ] && touch /run/done"
      creates: /run/done
`;

interface Status {
  readonly state: string;
  readonly doing?: string;
  readonly wave?: string;
  readonly running: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly steered: readonly { readonly what: string; readonly by: string }[];
}

function playbook(text = ROLLOUT): string {
  const path = join(folder, 'p.yaml');
  writeFileSync(path, text);
  return path;
}

/** A folder for runs whose sockets have addresses that are too long. */
function runsIn(name: string): readonly string[] {
  const path = join(folder, name, ...Array.from({ length: 10 }, () => 'a-folder-with-a-name'));
  mkdirSync(path, { recursive: true });
  return ['--run-dir', path];
}

/** A run that does not outlive its test. */
function started(args: readonly string[], more?: Parameters<typeof startDrover>[1]): ReturnType<typeof startDrover> {
  const run = startDrover(args, more);
  onTestFinished(() => void run.child.kill('SIGKILL'));
  return run;
}

function status(runs: readonly string[]): Status | undefined {
  const said = drover(['status', 'last', ...runs, '--format', 'json']);
  return said.status === 0 ? JSON.parse(said.stdout) : undefined;
}

async function untilDoing(doing: string, runs: readonly string[], host?: string): Promise<void> {
  await until(`it is ${doing}`, () => {
    const seen = status(runs);
    return seen?.doing === doing && (host === undefined || seen.running.includes(host));
  });
}

function done(): string {
  return HOSTS.filter((host) => onHost(host, '[ -e /run/done ] && echo yes || true') === 'yes\n').join(' ');
}

function letGo(host: string): void {
  onHost(host, 'touch /run/go');
}

beforeAll(() => {
  requireLab();
  resetHosts(...HOSTS);
});
beforeEach(() => {
  for (const host of HOSTS) onHost(host, 'rm -f /run/done /run/go');
  letGo('kvm01');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('another terminal sees a rollout, ends its baking, pauses it and lets it go on', async () => {
  const runs = runsIn('steered');
  const { ended, said } = started(['run', playbook(), ...runs, '-y']);
  await untilDoing('baking', runs);
  expect(status(runs)).toMatchObject({ state: 'running', wave: 'canary', counts: { changed: 1 }, running: [] });
  expect(drover(['promote', 'last', ...runs])).toMatchObject({ status: 0 });
  await untilDoing('running', runs, 'kvm03');
  expect(drover(['pause', 'last', ...runs])).toMatchObject({ status: 0, stdout: expect.stringContaining('pausing, wave rest') });
  letGo('kvm03');
  await untilDoing('paused', runs);
  expect(drover(['pause', 'last', ...runs])).toMatchObject({ status: 5, stderr: expect.stringContaining('it is paused already') });
  expect(done()).toBe('kvm01 kvm03');
  letGo('kvm02');
  expect(done()).toBe('kvm01 kvm03');
  expect(drover(['promote', 'last', ...runs])).toMatchObject({ status: 0 });
  expect(await ended, said.stderr).toMatchObject({ status: 0 });
  expect(done()).toBe('kvm01 kvm02 kvm03');
  expect(said.stderr).toMatch(/paused: no further host starts until it is promoted, by \S+, process \d+/);
  const after = status(runs);
  expect(after).toMatchObject({ state: 'exit 0', counts: { changed: 3 }, running: [] });
  expect(after?.steered.map(({ what }) => what)).toEqual(['promote', 'pause', 'promote']);
  expect(drover(['promote', 'last', ...runs])).toMatchObject({ status: 5, stderr: expect.stringContaining('nobody conducts') });
});

test('an abort ends it as an interrupt does, and it can be resumed; what a killed one leaves is no obstacle', async () => {
  const runs = runsIn('aborted');
  const aborted = started(['run', playbook(), ...runs, '-y']);
  await untilDoing('baking', runs);
  expect(drover(['abort', 'last', ...runs])).toMatchObject({ status: 0 });
  expect(await aborted.ended).toMatchObject({ status: 130 });
  expect(status(runs)).toMatchObject({ state: 'exit 130', counts: { changed: 1 } });

  // kvm03 waits in its step when the controller is killed.
  const killed = started(['resume', 'last', ...runs, '-y']);
  await untilDoing('baking', runs);
  drover(['promote', 'last', ...runs]);
  await untilDoing('running', runs, 'kvm03');
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(drover(['status', 'last', ...runs])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/cut, wave rest[\s\S]*in doubt: kvm03/),
  });
  expect(drover(['pause', 'last', ...runs])).toMatchObject({ status: 5, stderr: expect.stringContaining('drover resume') });

  for (const host of ['kvm02', 'kvm03']) letGo(host);
  // What the killed one had begun may still live there for a moment.
  const resumed = started(['resume', 'last', ...runs, '-y', '--wait-lock', '60']);
  expect(await resumed.ended, resumed.said.stderr).toMatchObject({ status: 0 });
  expect(done()).toBe('kvm01 kvm02 kvm03');
  expect(status(runs)?.steered.map(({ what }) => what)).toEqual(['abort', 'promote']);
});

/** A playbook of one wave for one host, which is asked for. */
function asking(): string {
  const asked = ROLLOUT.replace('bake: 1h', 'confirm: true').replace('hosts: kvm[01-03]', 'hosts: kvm01');
  return playbook(asked.replace(/\n.*name: rest.*/, ''));
}

test('Ctrl-C at the question before a wave ends the run, which can be resumed', async () => {
  const runs = runsIn('broken-off');
  const { child, ended, said } = started(['run', asking(), ...runs, '-y'], { terminal: true });
  await until('it asks', () => said.stdout.includes('[y/N]'));
  child.stdin.write('\x03');
  expect(await ended, said.stdout).toMatchObject({ status: 130 });
  expect(done()).toBe('');
  const resumed = started(['resume', 'last', ...runs, '-y'], { terminal: true });
  await untilDoing('asking', runs);
  resumed.child.stdin.write('y\r');
  expect(await resumed.ended, resumed.said.stdout).toMatchObject({ status: 0 });
  expect(done()).toBe('kvm01');
});

test('the question before a wave can be answered from elsewhere', async () => {
  const runs = runsIn('asked');
  const { ended, said } = started(['run', asking(), ...runs, '-y'], { terminal: true });
  await untilDoing('asking', runs);
  expect(drover(['promote', 'last', ...runs])).toMatchObject({ status: 0 });
  expect(await ended, said.stdout).toMatchObject({ status: 0 });
  expect(done()).toBe('kvm01');
});
