import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { dockerBridge } from '../../src/tasks/docker-bridge.ts';
import { dockerMtu } from '../../src/tasks/docker-mtu.ts';
import { COUNT_ARRIVED, useBlackHole } from '../support/black-hole.ts';
import { onHost } from '../support/lab.ts';
import { localSession } from '../support/local-session.ts';
import { keysOf, planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';

const HOST = 'kvm01';
const DROP_INS = '/etc/systemd/system/docker.service.d';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);

function mtu(params: Readonly<Record<string, Json>> = {}): RealStep {
  return { session, task: dockerMtu, with: { mtu: 1400, ...params } };
}

const bridge: RealStep = { session, task: dockerBridge, with: { when_busy: 'force' } };

function sh(script: string): string {
  return onHost(HOST, script);
}

/** Docker as it comes, whatever a test left behind; systemd forgets how often it was restarted. */
const CLEAN = `rm -rf ${DROP_INS} /etc/docker/daemon.json /etc/sysconfig; systemctl daemon-reload
docker rm -f $(docker ps -q -f name=busy) > /dev/null 2>&1; docker network rm shop > /dev/null 2>&1
systemctl reset-failed docker.service 2>/dev/null; systemctl restart docker.service`;

/** dockerd with other words on its command line. */
function unitWith(options: string, more = ''): string {
  return `mkdir -p ${DROP_INS}; printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/dockerd -H fd:// %s\\n${more}' '${options}' > ${DROP_INS}/10-options.conf
systemctl daemon-reload; systemctl reset-failed docker.service 2>/dev/null; systemctl restart docker.service`;
}

useBlackHole(HOST, CLEAN);

describe('docker.mtu', () => {
  it('lets a container reach what it could not, and takes that back', async () => {
    expect(Number(sh(COUNT_ARRIVED))).toBeLessThan(100_000);
    await proveDrift(mtu(), [...keysOf(mtu(), 'file'), ...keysOf(mtu(), 'stat')]);
    expect(Number(sh(COUNT_ARRIVED))).toBeLessThan(100_000);
    expect(await runStep(mtu())).toMatchObject({ status: 'changed', looks: 2, acts: 1 });
    expect(Number(sh(COUNT_ARRIVED))).toBe(100_000);
  });

  it('names the networks that keep another MTU', async () => {
    sh(
      'docker network create -o com.docker.network.driver.mtu=1450 shop; docker run -d --restart always --stop-signal KILL --name busy --network shop bb /busybox sleep 9999',
    );
    const because = 'the default network has MTU 1400, now and after a restart; until they are made anew, these keep theirs: shop (1450)';
    expect(await runStep(mtu())).toMatchObject({ status: 'changed' });
    await expect.poll(() => planNow(mtu()), { timeout: 60_000, interval: 500 }).toEqual({ status: 'steady', because });
  });

  it('refuses a flag of the unit, of a drop-in, of a file of old and of one that nobody knows', async () => {
    sh(unitWith('--mtu 1450'));
    expect(await planNow(mtu())).toMatchObject({ status: 'blocked', because: `${DROP_INS}/10-options.conf gives dockerd --mtu 1450` });
    expect(await planNow(mtu({ mtu: 1450 }))).toMatchObject({ status: 'steady' });

    sh(`mkdir -p /etc/sysconfig; echo 'DOCKER_NETWORK_OPTIONS=" --mtu=1440"' > /etc/sysconfig/docker-network
${unitWith('$DOCKER_NETWORK_OPTIONS', 'EnvironmentFile=/etc/sysconfig/docker-network\\n')}`);
    expect(await planNow(mtu())).toMatchObject({ status: 'blocked', because: '/etc/sysconfig/docker-network gives dockerd --mtu 1440' });

    sh(`echo 'SOME_OPTIONS=--mtu=1430' > /etc/some-options; ${unitWith('$SOME_OPTIONS', 'EnvironmentFile=/etc/some-options\\n')}`);
    expect(await planNow(mtu())).toMatchObject({ status: 'blocked', because: 'the dockerd that runs has --mtu 1430' });
  });

  it('is right to: dockerd does not start with the same in both places', () => {
    const said = sh(`echo '{"mtu": 1400}' > /tmp/both.json; dockerd --config-file /tmp/both.json --mtu 1400 2>&1; echo "status $?"`);
    expect(said).toMatch(/specified both as a flag and in the configuration file: mtu.*status 1\n/s);
  });

  it('refuses containers that would stay down, and those that live on without taking it up', async () => {
    sh('docker run -d --stop-signal KILL --name busy bb /busybox sleep 9999');
    expect(await runStep(mtu())).toMatchObject({ status: 'blocked', acts: 0 });
    sh(
      `docker rm -f busy; mkdir -p /etc/docker; echo '{"live-restore": true}' > /etc/docker/daemon.json; systemctl restart docker.service`,
    );
    expect(await runStep(mtu({ when_busy: 'force' }))).toMatchObject({
      status: 'blocked',
      acts: 0,
      steps: [{ outcome: { because: 'containers run with live-restore, and dockerd changes no network under them' } }],
    });
    expect(sh('cat /etc/docker/daemon.json')).toBe('{"live-restore": true}\n');
  });
});

describe('docker.bridge', () => {
  it('does not delete docker0 with a port on it that is not of a container', async () => {
    sh(`ip link add vethother type veth peer name other; ip link set vethother master docker0
ip address flush dev docker0; ip address add 172.19.0.1/16 dev docker0`);
    expect(await runStep(bridge)).toMatchObject({ status: 'blocked', acts: 0 });
    expect(await planNow(bridge)).toMatchObject({ because: expect.stringMatching(/hang on it: .*vethother/) });
    sh('ip link delete vethother');
    expect(await runStep(bridge)).toMatchObject({ status: 'changed' });
    expect(sh('ip -o -4 address show docker0')).toContain('172.17.0.1/16');
    expect(await planNow(bridge)).toMatchObject({ status: 'steady' });
  });
});
