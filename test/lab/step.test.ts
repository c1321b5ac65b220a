import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { drover, onHost, requireLab, resetHosts, type Said, startDrover, until } from '../support/lab.ts';

const HOSTS = ['kvm01', 'kvm02'] as const;
const folder = mkdtempSync(join(tmpdir(), 'drover-'));
const path = join(folder, 'p.yaml');
const runs = ['--run-dir', folder];

writeFileSync(
  path,
  `hosts: kvm[01-02]
become: true
rollout:
  waves: [{ name: canary, hosts: kvm01 }, { name: rest }]
steps:
  - { name: Its setting, task: file.content, with: { path: /etc/web.conf, content: "new\\n" } }
  - name: It has taken it up
    task: command.run
    with: { command: cp /etc/web.conf /run/web.conf, unless: cmp -s /etc/web.conf /run/web.conf }
  - { name: A note, task: file.content, with: { path: /etc/web.note, content: "done\\n" } }
`,
);

beforeAll(() => {
  requireLab();
  resetHosts(...HOSTS);
  for (const host of HOSTS) onHost(host, 'echo old >/etc/web.conf; echo older >/run/web.conf');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs it on a terminal, and answers one question after the other. */
async function answered(args: readonly string[], ...answers: readonly string[]): Promise<Said> {
  const { child, ended, said } = startDrover([...args, ...runs], { terminal: true });
  onTestFinished(() => void child.kill('SIGKILL'));
  for (const [i, answer] of answers.entries()) {
    await until(`question ${i + 1} is asked`, () => said.stdout.match(/\[y\/N\] |\(q\)uit /g)?.length === i + 1);
    child.stdin.write(`${answer}\r`);
  }
  return await ended;
}

/** The files of a host, a word each. */
function files(host: string): string {
  return onHost(host, 'cat /etc/web.conf /run/web.conf /etc/web.note 2>/dev/null || true').trim().replaceAll('\n', ' ');
}

test('each step is asked for, wave by wave, and a declined one is neither done nor taken for done by those behind it', async () => {
  const said = await answered(['run', path, '--step', '-D'], 'y', 'n', 'yes', '', 'c');
  expect(said.status, said.stdout).toBe(3);
  expect(said.stdout).toMatch(/step 1 Its setting \(file\.content\)\r\n {2}kvm01:\r\n {4}edit \/etc\/web\.conf/);
  expect(said.stdout).toContain('Make it on kvm01? (N)o/(y)es/(c)ontinue/(q)uit');
  expect(HOSTS.map(files)).toEqual(['old old', 'new new done']);
  expect(said.stdout).toMatch(/kvm01: changed\r\n {2}declined {4}1 Its setting .*\r\n +not made:\r\n[\s\S]*changed {5}2 It has/);
  const run = JSON.parse(drover(['runs', 'last', '--format', 'json', ...runs]).stdout);
  expect(run).toMatchObject({ exit: 3, hosts: [{ status: 'changed' }, { status: 'changed' }] });
});

test('a run that was quit is gone on with where it was left, and taken back step by step', async () => {
  resetHosts(...HOSTS);
  const left = await answered(['run', path, '--step'], 'y', 'y', 'q');
  expect(left.status, left.stdout).toBe(130);
  expect(HOSTS.map(files)).toEqual(['new', '']);
  const resumed = await answered(['resume', 'last', '--step'], 'y', 'y', 'y', 'c');
  expect(resumed.status, resumed.stdout).toBe(0);
  expect(HOSTS.map(files)).toEqual(['new new done', 'new new done']);
  const back = await answered(['rollback', 'last', '--step', '-l', 'kvm02'], 'y', 'y', 'n');
  expect(back.stdout).toContain('step 1 back: A note');
  expect(HOSTS.map(files)).toEqual(['new new done', 'new new']);
});
