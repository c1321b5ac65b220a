import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drover, droverJson, onHost, requireLab, resetHosts } from '../support/lab.ts';

const HOSTS = ['kvm01', 'kvm02'] as const;
const folder = mkdtempSync(join(tmpdir(), 'drover-'));

beforeAll(() => {
  requireLab();
  resetHosts(...HOSTS);
});
afterAll(() => rmSync(folder, { recursive: true }));

function playbook(name: string, text: string): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, text);
  return path;
}

/** Runs of a folder of their own, so that the newest is the one that is meant. */
function runsIn(name: string): readonly string[] {
  return ['--run-dir', join(folder, name)];
}

/** All files with their bytes, modes and owners; units, rules, and how the kernel and Docker are set. */
function stateOf(host: string): string {
  return onHost(
    host,
    `cd /; find etc srv -xdev -printf '%p %y %m %U:%G %l\\n' | sort; find etc srv -xdev -type f -exec sha256sum {} + | sort
     systemctl list-unit-files --no-legend; systemctl is-active web.service docker.service
     iptables-save | sed '/^#/d; s/\\[[0-9:]*\\]//'; sysctl net.ipv4.conf.all.log_martians; docker network inspect bridge -f '{{.Options}}'`,
  );
}

const EVERYTHING = `hosts: kvm[01-02]
become: true
steps:
  - { name: Docker's MTU, task: docker.mtu, with: { mtu: 1400 } }
  - { name: a setting, task: sysctl.value, with: { key: net.ipv4.conf.all.log_martians, value: "1" } }
  - { name: a notice, task: file.content, with: { path: /srv/deep/er/motd, content: "hello\\n", parents: true, mode: "0640" } }
  - { name: an old file, task: file.content, with: { path: /etc/issue.net, ensure: absent } }
  - { name: a unit, task: service.state, with: { unit: web.service, state: started, enabled: true } }
`;

describe('a rollback', () => {
  it('brings back what stood there, byte for byte, and then has nothing to do', () => {
    // Docker arranges its rules otherwise when it starts a second time: so it has been before.
    const unit = '[Service]\\nExecStart=/bin/sleep 9999\\n[Install]\\nWantedBy=multi-user.target\\n';
    for (const host of ['kvm01', 'kvm02'])
      onHost(host, `printf '${unit}' > /etc/systemd/system/web.service; systemctl daemon-reload; systemctl restart docker`);
    const before = stateOf('kvm01');
    const runs = runsIn('all');
    const done = droverJson(['run', playbook('everything', EVERYTHING), ...runs, '-y']);
    expect(done, JSON.stringify(done.hosts[0])).toMatchObject({ exit: 0, counts: { changed: 2 } });
    expect(stateOf('kvm01')).not.toBe(before);
    const [{ run = '' } = {}] = JSON.parse(drover(['runs', ...runs, '--format', 'json']).stdout) as readonly { readonly run?: string }[];
    const back = droverJson(['rollback', run, ...runs, '-y']);
    expect(back, JSON.stringify(back.hosts[0])).toMatchObject({ exit: 0, counts: { changed: 2 } });
    expect(stateOf('kvm01')).toBe(before);
    expect(drover(['rollback', run, ...runs, '-y'])).toMatchObject({ status: 0, stderr: expect.stringContaining('nothing of') });
    expect(drover(['resume', run, ...runs, '-y'])).toMatchObject({ status: 5, stderr: expect.stringContaining('was rolled back by') });
  });

  it('refuses what somebody changed since, on that host only', () => {
    const runs = runsIn('since');
    const steps = '  - { name: a, task: file.content, with: { path: /etc/since.conf, content: "a\\n" } }\n';
    const path = playbook('since', `hosts: kvm[01-02]\nbecome: true\nsteps:\n${steps}`);
    expect(droverJson(['run', path, ...runs, '-y'])).toMatchObject({ exit: 0 });
    onHost('kvm01', 'echo by hand >> /etc/since.conf');
    const back = droverJson(['rollback', 'last', ...runs, '-y']);
    expect(back).toMatchObject({ exit: 2, hosts: [{ status: 'blocked' }, { status: 'changed' }] });
    expect(back.hosts[0]?.steps[0]).toMatchObject({ because: '/etc/since.conf was changed since the run' });
    expect(onHost('kvm01', 'cat /etc/since.conf')).toBe('a\nby hand\n');
    expect(onHost('kvm02', '[ ! -e /etc/since.conf ] && echo gone')).toBe('gone\n');
  });

  it('that stops at such a host says how the others are taken back, and that does it', () => {
    const runs = runsIn('stopped');
    const step = '  - { name: a, task: file.content, with: { path: /etc/stopped.conf, content: "a\\n" } }\n';
    const waves = 'rollout: { waves: [{ name: canary, hosts: kvm01 }, { name: rest }] }';
    const path = playbook('stopped', `hosts: kvm[01-02]\nbecome: true\n${waves}\nsteps:\n${step}`);
    expect(droverJson(['run', path, ...runs, '-y'])).toMatchObject({ exit: 0 });
    onHost('kvm01', 'echo by hand >> /etc/stopped.conf');
    const said = drover(['rollback', 'last', ...runs, '-y']);
    expect(said).toMatchObject({ status: 6, stdout: expect.stringContaining('1 blocked, 1 not started') });
    const [, run = '', pattern = ''] = /`drover rollback (\S+) -l '(\S+)'` takes back the others/.exec(said.stderr) ?? [];
    expect(drover(['rollback', run, '-l', pattern, ...runs, '-y'])).toMatchObject({ status: 0 });
    expect(onHost('kvm01', 'cat /etc/stopped.conf')).toBe('a\nby hand\n');
    expect(onHost('kvm02', '[ ! -e /etc/stopped.conf ] && echo gone')).toBe('gone\n');
  });
});
