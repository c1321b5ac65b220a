import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import type { AnyTask } from '../../src/core/task.ts';
import { commandRun } from '../../src/tasks/command-run.ts';
import { dockerBridge } from '../../src/tasks/docker-bridge.ts';
import { dockerMtu } from '../../src/tasks/docker-mtu.ts';
import { fileContent } from '../../src/tasks/file-content.ts';
import { fileTemplate } from '../../src/tasks/file-template.ts';
import { hostVirtualization } from '../../src/tasks/host-virtualization.ts';
import { kernelModule } from '../../src/tasks/kernel-module.ts';
import { kvmNested } from '../../src/tasks/kvm-nested.ts';
import { serviceState } from '../../src/tasks/service-state.ts';
import { sysctlValue } from '../../src/tasks/sysctl-value.ts';
import { systemdHealthy } from '../../src/tasks/systemd-healthy.ts';
import { onHost, requireLab, resetHosts } from '../support/lab.ts';
import { localSession } from '../support/local-session.ts';
import { keysOf, lookFor, planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';
import { changesOf } from '../support/task-table.ts';

const HOST = 'kvm01';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);

function step(task: AnyTask, params: Readonly<Record<string, Json>>): RealStep {
  return { session, task, with: params };
}

function sh(script: string): string {
  return onHost(HOST, script);
}

beforeAll(() => {
  requireLab();
  resetHosts(HOST);
});

describe('files', () => {
  const path = '/etc/app/app.conf';

  it('are made with the folders on their way, and taken away again', async () => {
    const make = step(fileContent, { path: '/srv/a/b/c.txt', content: 'ä\n', mode: '0640', group: 'adm', parents: true });
    await proveDrift(make, keysOf(make, 'stat'));
    expect(sh('ls -A /srv')).toBe('');
  });

  it('are edited whole, with mode and owner, and given back', async () => {
    sh(`mkdir -p /etc/app; printf 'old\\377\\000\\n' > ${path}; chmod 600 ${path}; chown daemon:adm ${path}`);
    const edit = step(fileTemplate, { path, template: { name: 't', text: "it's $HOME `id` \\n\n" }, mode: '2755', owner: 'root' });
    await proveDrift(edit, keysOf(edit, 'file'));
    expect(sh(`stat -c '%a %U:%G' ${path}; od -An -tx1 ${path}`)).toBe('600 daemon:adm\n 6f 6c 64 ff 00 0a\n');
  });

  it('are removed, and given back', async () => {
    const remove = step(fileContent, { path, ensure: 'absent' });
    await proveDrift(remove, keysOf(remove, 'file'));
    expect(sh(`stat -c '%a %U:%G' ${path}`)).toBe('600 daemon:adm\n');
  });

  it('that are links are left alone', async () => {
    sh(`rm ${path}; ln -s /etc/hostname ${path}`);
    expect(await runStep(step(fileContent, { path, content: 'x' }))).toMatchObject({ status: 'blocked', looks: 1, acts: 0 });
    expect(sh(`readlink ${path}`)).toBe('/etc/hostname\n');
  });
});

describe('units', () => {
  it('are started and enabled, and taken back', async () => {
    sh(
      `printf '[Service]\\nExecStart=/bin/sleep 9999\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/web.service; systemctl daemon-reload`,
    );
    await proveDrift(step(serviceState, { unit: 'web.service', state: 'started', enabled: true }), []);
    expect(sh('systemctl is-active web.service; systemctl is-enabled web.service; true')).toBe('inactive\ndisabled\n');
  });

  it('are stopped and disabled, and taken back', async () => {
    sh('systemctl enable --now web.service 2>/dev/null');
    await proveDrift(step(serviceState, { unit: 'web.service', state: 'stopped', enabled: false }), []);
    expect(sh('systemctl is-active web.service; systemctl is-enabled web.service')).toBe('active\nenabled\n');
  });

  it('that failed are cleared and started from their new file', async () => {
    sh(
      `systemctl stop web.service; sed -i s,/bin/sleep,/bin/false, /etc/systemd/system/web.service; systemctl daemon-reload; systemctl start web.service`,
    );
    sh(
      'for i in 1 2 3 4 5 6 7 8 9; do systemctl is-failed -q web.service && break; sleep 0.1; done; sed -i s,/bin/false,/bin/sleep, /etc/systemd/system/web.service',
    );
    expect(await planNow(step(systemdHealthy, {}))).toMatchObject({ status: 'blocked', because: 'failed: web.service' });
    expect(await runStep(step(serviceState, { unit: 'web.service', state: 'started' }))).toMatchObject({
      status: 'changed',
      looks: 2,
      acts: 1,
    });
    expect(await planNow(step(systemdHealthy, {}))).toMatchObject({ status: 'steady' });
  });

  it('that cannot start fail with the words of the host, and stay enabled no more than before', async () => {
    sh(
      `systemctl disable --now web.service 2>/dev/null; printf '[Service]\\nType=oneshot\\nExecStart=/bin/false\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/web.service; systemctl daemon-reload`,
    );
    const outcome = await runStep(step(serviceState, { unit: 'web.service', state: 'started', enabled: true }));
    expect(outcome).toMatchObject({
      status: 'failed',
      steps: [{ outcome: { takenBack: 'taken back', error: { code: 'CHANGE_FAILED' } } }],
    });
    expect(sh('systemctl is-enabled web.service; true')).toBe('disabled\n');
    sh('rm /etc/systemd/system/web.service; systemctl daemon-reload; systemctl reset-failed');
  });
});

describe('commands and settings', () => {
  it('are run once, and taken back by their own command', async () => {
    const params = { command: 'printf "%s" "$PWD" > marker', creates: '/opt/marker', cwd: '/opt', undo: 'rm marker' };
    const run = step(commandRun, params);
    await proveDrift(run, keysOf(run, 'stat'));
    expect(await runStep(run)).toMatchObject({ status: 'changed' });
    expect(sh('cat /opt/marker')).toBe('/opt');
  });

  it('are set in the kernel and in a file', async () => {
    sh('sysctl -qw net.ipv4.ip_forward=0');
    const set = step(sysctlValue, { key: 'net.ipv4.ip_forward', value: '1' });
    await proveDrift(set, keysOf(set, 'file'));
  });
});

describe('Docker', () => {
  const calm = 'systemctl reset-failed docker.service 2>/dev/null; systemctl start docker.socket docker.service';

  it('gets an MTU for its default network, and its config back', async () => {
    const mtu = step(dockerMtu, { mtu: 1400 });
    await proveDrift(mtu, keysOf(mtu, 'file'));
    expect(sh('docker network inspect bridge')).toContain('"com.docker.network.driver.mtu": "1500"');
  });

  it('keeps every other byte of its config', async () => {
    sh(`mkdir -p /etc/docker; printf '{\\n\\t"debug" : false,\\n\\t"mtu": 1450\\n}' > /etc/docker/daemon.json; ${calm}`);
    const mtu = step(dockerMtu, { mtu: 1400 });
    await runStep(mtu);
    expect(sh('cat /etc/docker/daemon.json')).toBe('{\n\t"debug" : false,\n\t"mtu": 1400\n}');
    expect(sh('docker network inspect bridge')).toContain('"com.docker.network.driver.mtu": "1400"');
    sh(`rm /etc/docker/daemon.json; ${calm}; systemctl restart docker.service`);
  });

  it.each([
    ['chains are flushed', 'iptables -t nat -F; iptables -t nat -X'],
    ['docker0 is deleted', 'ip link delete docker0'],
    ['docker0 has another address', 'ip address flush dev docker0; ip address add 172.19.0.1/16 dev docker0'],
    [
      'docker0 is no bridge, and Docker failed of it',
      `systemctl stop docker.socket docker.service; ip link delete docker0; ip link add docker0 type veth peer name eth8; systemctl start docker.service; systemctl stop docker.socket; true`,
    ],
    ['Docker is stopped', 'systemctl stop docker.socket docker.service'],
  ])('gets its bridge back when %s', async (_, breakIt) => {
    sh(`systemctl reset-failed docker.service 2>/dev/null; ${breakIt}`);
    const changes = changesOf(await planNow(step(dockerBridge, {})));
    expect(changes.length).toBeGreaterThan(0);
    expect(await runStep(step(dockerBridge, {}))).toMatchObject({
      status: 'changed',
      looks: 2,
      acts: 1,
      steps: [{ outcome: { changes } }],
    });
    expect(await runStep(step(dockerBridge, {}))).toMatchObject({ status: 'steady', looks: 1, acts: 0 });
    expect(sh('ip -o -4 address show docker0')).toContain('172.17.0.1/16');
    sh('systemctl start docker.socket');
  });

  it('is not woken by a look while only its socket listens', async () => {
    sh('systemctl stop docker.service');
    await lookFor(step(dockerBridge, {}));
    await lookFor(step(dockerMtu, { mtu: 1400 }));
    await lookFor(step(hostVirtualization, {}));
    expect(sh('systemctl is-active docker.socket; systemctl is-active docker.service; true')).toBe('active\ninactive\n');
    sh(calm);
  });

  it('is not restarted under containers that would stay down', async () => {
    sh('tar -c -C /bin busybox | docker import - bb >/dev/null; docker run -d --name one-shot bb /busybox sleep 9999; iptables -t nat -F');
    const since = sh('systemctl show docker.service -p ActiveEnterTimestampMonotonic');
    expect(await runStep(step(dockerBridge, {}))).toMatchObject({ status: 'blocked', acts: 0 });
    expect(await runStep(step(dockerMtu, { mtu: 1400 }))).toMatchObject({ status: 'blocked', acts: 0 });
    expect(sh('systemctl show docker.service -p ActiveEnterTimestampMonotonic')).toBe(since);

    sh('docker update --restart always one-shot');
    expect(await runStep(step(dockerBridge, {}))).toMatchObject({ status: 'changed' });
    expect(sh("docker ps --format '{{.Names}}'")).toBe('one-shot\n');
    sh('docker rm -f one-shot');
  });
});

it('a container is told to be one, and has no kernel of its own to change', async () => {
  expect(await planNow(step(hostVirtualization, { require: ['bare_metal'] }))).toMatchObject({ status: 'blocked' });
  const blocked = { status: 'blocked', because: 'the host is a container (container-other)' };
  expect(await planNow(step(kvmNested, {}))).toMatchObject(blocked);
  expect(await planNow(step(kernelModule, { module: 'dummy' }))).toMatchObject(blocked);
});
