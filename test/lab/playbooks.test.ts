import { beforeAll, describe, expect, it } from 'vitest';
import { drover, droverJson, type FleetDocument, fingerprint, labHosts, onHost, requireLab, resetHosts } from '../support/lab.ts';

const HOSTS = Object.keys(labHosts());

beforeAll(() => {
  requireLab();
  resetHosts(...HOSTS);
});

/** What each step would do or did, by host: the words of its changes. */
function changesOf({ hosts }: FleetDocument): Record<string, unknown> {
  return Object.fromEntries(
    hosts.map(({ host, steps }) => [
      host,
      steps.map((step) => ('changes' in step ? step.changes.map((change) => (change as unknown as { what: string }).what) : [])),
    ]),
  );
}

describe('playbooks/docker-network.yaml on hosts whose Docker is broken', () => {
  const PLAYBOOK = 'playbooks/docker-network.yaml';
  beforeAll(() => {
    onHost('kvm02', 'iptables -t nat -F; iptables -t nat -X DOCKER');
    onHost('kvm05', 'ip link delete docker0');
    onHost(
      'kvm03',
      `mkdir -p /etc/docker; printf '{\\n  "debug": false,\\n  "mtu": 9000\\n}\\n' > /etc/docker/daemon.json; systemctl restart docker`,
    );
  });

  it('is planned without a touch, run as planned canary first, and steady the second time with one look a host', () => {
    const before = HOSTS.map(fingerprint);
    const planned = droverJson(['plan', PLAYBOOK]);
    expect(planned.exit).toBe(0);
    expect(HOSTS.map(fingerprint)).toEqual(before);

    const ran = droverJson(['run', PLAYBOOK, '-y']);
    expect(ran).toMatchObject({ exit: 0, counts: { changed: HOSTS.length } });
    for (const { host, steps } of planned.hosts) {
      // A step that could not be planned before may do anything; one that could does exactly what was planned.
      const known = steps.filter(({ status }) => status !== 'unknown').map(({ number }) => number);
      const did = ran.hosts.find((one) => one.host === host)?.steps ?? [];
      const words = (document: FleetDocument['hosts'][number]['steps']) =>
        document.filter(({ number }) => known.includes(number)).map((step) => ('changes' in step ? step.changes : []));
      expect(words(did)).toEqual(words(steps));
    }
    expect(onHost('kvm03', 'cat /etc/docker/daemon.json')).toBe('{\n  "debug": false,\n  "mtu": 1400\n}\n');
    expect(onHost('kvm05', 'ip -o -4 address show docker0')).toContain('172.17.0.1/16');
    expect(onHost('kvm02', 'iptables -t nat -S DOCKER')).toContain('-N DOCKER');

    const again = droverJson(['run', PLAYBOOK, '-y']);
    expect(again).toMatchObject({ exit: 0, counts: { steady: HOSTS.length, changed: 0 } });
    expect(again.hosts.map(({ looks, acts }) => ({ looks, acts }))).toEqual(HOSTS.map(() => ({ looks: 1, acts: 0 })));
    expect(again.hosts.flatMap(({ steps }) => steps.map(({ status }) => status))).toEqual(Array(HOSTS.length * 3).fill('steady'));
  });
});

describe('playbooks/canary-rollout.yaml', () => {
  it('takes three exchanges a host, does what was planned, and is steady the second time', () => {
    const planned = droverJson(['plan', 'playbooks/canary-rollout.yaml', '--detailed-exitcode']);
    expect(planned.exit).toBe(3);
    const ran = droverJson(['run', 'playbooks/canary-rollout.yaml', '-y']);
    expect(ran.exit).toBe(0);
    expect(changesOf(ran)).toEqual(changesOf(planned));
    expect(onHost('kvm01', 'cat /etc/motd')).toBe('kvm01 (canary, compute)\nQuestions: ops@example.net\n');
    const again = droverJson(['run', 'playbooks/canary-rollout.yaml', '-y']);
    expect(again).toMatchObject({ exit: 0, counts: { steady: HOSTS.length } });
  });
});

describe('playbooks/fleet-audit.yaml', () => {
  it('answers for every host and changes nothing', () => {
    const ran = droverJson(['run', 'playbooks/fleet-audit.yaml', '-y']);
    expect(ran).toMatchObject({ exit: 0, counts: { steady: HOSTS.length } });
  });
});

describe('playbooks/nested-kvm.yaml on hosts that are containers', () => {
  it('is refused with the reason, and the canaries alone were asked', () => {
    const ran = droverJson(['run', 'playbooks/nested-kvm.yaml', '-y']);
    expect(ran.exit).toBe(6);
    expect(ran.counts).toMatchObject({ 'not started': HOSTS.length - 2 });
    const [canary] = ran.hosts;
    expect(canary?.steps[0]).toMatchObject({ status: 'blocked', because: expect.stringContaining('container') });
  });
});

describe('every example', () => {
  it.each(['docker-network', 'canary-rollout', 'fleet-audit', 'nested-kvm'])('%s is valid with the example inventory too', (name) => {
    const said = drover(['validate', `playbooks/${name}.yaml`, '-i', 'inventory.example.yaml']);
    expect(said).toMatchObject({ status: 0 });
  });
});
