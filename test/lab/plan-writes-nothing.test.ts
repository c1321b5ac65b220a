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

const folder = mkdtempSync(join(tmpdir(), 'drover-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  requireLab();
  resetHosts(...Object.keys(BROKEN));
  for (const [name, script] of Object.entries(BROKEN)) onHost(name, script);
});

describe('a plan writes nothing', () => {
  it.each(tasks.flatMap(({ name, examples }) => examples.map((example) => [`${name}: ${example.name}`, name, example.with] as const)))(
    '%s',
    (title, task, params) => {
      const hosts = Object.keys(BROKEN);
      const playbook = join(folder, 'playbook.yaml');
      writeFileSync(playbook, JSON.stringify({ name: title, hosts: hosts.join(','), steps: [{ name: title, task, with: params }] }));
      const { template } = params;
      if (typeof template === 'string') writeFileSync(join(folder, template), 'a text\n');
      const before = hosts.map(fingerprint);
      const said = drover(['plan', playbook, '--format', 'json']);
      expect([0, 2], said.stderr).toContain(said.status);
      expect(hosts.map(fingerprint)).toEqual(before);
    },
  );
});
