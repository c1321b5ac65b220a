import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drover, droverJson, freeHosts, onHost, requireLab, resetHosts, until } from '../../support/lab.ts';

const HOSTS = ['kvm01', 'kvm02', 'kvm03', 'kvm04', 'kvm05', 'kvm06'] as const;
const folder = mkdtempSync(join(tmpdir(), 'drover-'));
const playbook = join(folder, 'crash.yaml');

beforeAll(() => {
  requireLab();
  resetHosts(...HOSTS);
  writeFileSync(playbook, CRASH);
});
afterAll(() => rmSync(folder, { recursive: true }));

const CRASH = `hosts: compute
become: true
rollout: { waves: [{ name: all, size: 3 }], budget: { bad: 6, per: run } }
steps:
  - { name: conf, task: file.content, with: { path: /etc/crash.conf, content: "a=1\\n" } }
  - { name: note, task: command.run, with: { command: "echo x >> /root/note" } }
  - { name: made, task: command.run, with: { command: "echo x >> /root/made-often; touch /root/made", creates: /root/made } }
`;

/** What all hosts have come to, host by host. */
function endStates(): readonly string[] {
  return HOSTS.map((host) => onHost(host, 'cat /etc/crash.conf /root/note /root/made-often 2>/dev/null | tr "\\n" " "'));
}

/** As if the run had never been. */
function clear(): void {
  for (const host of HOSTS) onHost(host, 'rm -f /etc/crash.conf /root/note /root/made /root/made-often');
  freeHosts(...HOSTS);
}

/**
 * The whole of the run under strace, which kills it at its nth fdatasync(2): each is a place where the journal is sure of something.
 * strace counts thread by thread, so there is but one for files.
 */
function killedAt(n: number, runs: readonly string[]): boolean {
  const inject = `fdatasync:signal=KILL:when=${n}`;
  const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', `inject=${inject}`];
  const said = drover(['run', playbook, ...runs, '-y', '-f', '1'], { under, env: { UV_THREADPOOL_SIZE: '1' } });
  return said.status !== 0;
}

it('a run that is killed where its journal is sure of something goes on there, and a command without a check is never run twice', {
  timeout: 900_000,
}, async () => {
  clear();
  let killed = 0;
  for (let n = 1; n < 60; n += 1) {
    const runs = ['--run-dir', join(folder, `crash-${n}`)];
    if (!killedAt(n, runs)) break;
    killed += 1;
    // What the host was told before the kill may still be under way there.
    await until('the hosts are at rest', () => HOSTS.every((host) => onHost(host, 'ss -Htn state established sport = :22') === ''));
    const listed = JSON.parse(drover(['runs', ...runs, '--format', 'json']).stdout) as readonly unknown[];
    if (listed.length > 0) {
      const again = droverJson(['resume', 'last', ...runs, '-y']);
      // Where only the news of its end was not on disk yet, there is nothing left to do.
      const doubtful = (again.hosts ?? []).filter(({ status }) => status === 'blocked');
      for (const { steps } of doubtful)
        expect(steps[1]).toMatchObject({ status: 'blocked', because: expect.stringContaining('nobody knows') });
      endStates().forEach((state, i) => {
        const wasDoubtful = doubtful.some(({ host }) => host === HOSTS[i]);
        if (wasDoubtful) expect(state, `kill ${n}`).toMatch(/^a=1 (x )?(x )?$/);
        else expect(state, `kill ${n}`).toBe('a=1 x x ');
      });
    }
    clear();
  }
  // The start, for each host its intent and its end, and the end.
  expect(killed).toBeGreaterThanOrEqual(1 + HOSTS.length * 2 + 1);
  expect(endStates()).toEqual(HOSTS.map(() => 'a=1 x x '));
});
