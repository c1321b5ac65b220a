import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tasks } from '../../src/tasks/index.ts';
import { drover, fingerprint, onHost, requireLab, resetHosts } from '../support/lab.ts';

/** Docker stopped while its socket listens, Docker broken, a failed unit: hosts on which a careless read would do something. */
const BROKEN: Readonly<Record<string, string>> = {
  kvm01: 'true',
  kvm02: 'systemctl stop docker.service; systemctl start docker.socket',
  kvm03: 'ip link delete docker0; iptables -t nat -F; iptables -t nat -X DOCKER',
  kvm04:
    'systemctl stop docker.socket docker.service; ln -sf /nowhere /etc/docker/daemon.json 2>/dev/null || { mkdir -p /etc/docker; ln -s /nowhere /etc/docker/daemon.json; }',
};

const HOSTS = Object.keys(BROKEN);
const folder = mkdtempSync(join(tmpdir(), 'drover-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the hosts are: as the last plan left them, which is as they were before it. */
let state: readonly string[];

beforeAll(() => {
  requireLab();
  resetHosts(...HOSTS);
  for (const [name, script] of Object.entries(BROKEN)) onHost(name, script);
  state = HOSTS.map(fingerprint);
});

describe('a plan writes nothing', () => {
  it.each(tasks.map(({ name, examples }) => [name, examples] as const))('%s, all its examples', (task, examples) => {
    const steps = examples.map(({ name, with: params }) => ({ name, task, with: params, optional: true }));
    for (const { template } of examples.map((example) => example.with)) {
      if (typeof template === 'string') writeFileSync(join(folder, template), 'a text\n');
    }
    const playbook = join(folder, 'playbook.yaml');
    writeFileSync(playbook, JSON.stringify({ name: task, hosts: HOSTS.join(','), steps }));
    const said = drover(['plan', playbook, '--format', 'json']);
    expect([0, 2], said.stderr).toContain(said.status);
    const before = state;
    state = HOSTS.map(fingerprint);
    expect(state).toEqual(before);
  });
});
