import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { dockerMssClamp } from '../../src/tasks/docker-mss-clamp.ts';
import { COUNT_ARRIVED, useBlackHole } from '../support/black-hole.ts';
import { onHost } from '../support/lab.ts';
import { localSession } from '../support/local-session.ts';
import { keysOf, planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';

const HOST = 'kvm01';
const FILE = '/etc/systemd/system/drover-mss-clamp.service';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);

function clamp(params: Readonly<Record<string, Json>> = {}): RealStep {
  return { session, task: dockerMssClamp, with: params };
}

function sh(script: string): string {
  return onHost(HOST, script);
}

/** How many of 100000 bytes arrive beyond that path that a container sends. */
function arrived(): number {
  return Number(sh(`docker start web > /dev/null; ${COUNT_ARRIVED}`));
}

/** The rules for both address families, as people list them. */
function rules(): string {
  return sh(`iptables -t mangle -S FORWARD; ip6tables -t mangle -S FORWARD`);
}

/** A host without a clamp. */
const CLEAN = `iptables -t mangle -F FORWARD; ip6tables -t mangle -F FORWARD; nft delete table inet drover_mss 2>/dev/null
systemctl disable -q drover-mss-clamp.service 2>/dev/null; rm -f ${FILE} /etc/systemd/system/firewalld.service; systemctl stop firewalld.service 2>/dev/null; systemctl daemon-reload`;

/** A firewalld as far as the task asks for it: its unit is active. */
const FIREWALLD = `printf '[Service]\\nExecStart=/bin/sleep 9999\\n' > /etc/systemd/system/firewalld.service; systemctl daemon-reload; systemctl start firewalld.service`;

useBlackHole(HOST, CLEAN);

describe('docker.mss_clamp', () => {
  it('lets a container reach what it could not, and takes that back', async () => {
    expect(arrived()).toBeLessThan(100_000);
    const step = clamp();
    await proveDrift(step, [...keysOf(step, 'file'), ...keysOf(step, 'stat')]);
    expect(rules()).not.toContain('TCPMSS');
    expect(arrived()).toBeLessThan(100_000);
    expect(await runStep(step)).toMatchObject({ status: 'changed', looks: 2, acts: 1 });
    expect(arrived()).toBe(100_000);
    expect(rules().match(/--clamp-mss-to-pmtu/g)).toHaveLength(2);
  });

  it('holds when Docker is restarted, and adds no second rule when its unit is started', async () => {
    await runStep(clamp());
    sh('docker kill web; systemctl restart docker.service; systemctl start drover-mss-clamp.service');
    expect(await planNow(clamp())).toMatchObject({ status: 'steady' });
    expect(rules().match(/TCPMSS/g)).toHaveLength(2);
  });

  it('has a unit that sets the rules where they are gone, as after a reboot', async () => {
    await runStep(clamp({ mss: 1360 }));
    sh('iptables -t mangle -F FORWARD; ip6tables -t mangle -F FORWARD; systemctl start drover-mss-clamp.service');
    expect(await planNow(clamp({ mss: 1360 }))).toMatchObject({ status: 'steady' });
    expect(rules()).toMatch(/--set-mss 1360\n.*--set-mss 1340\n/s);
  });

  it('takes its old rule away when the size changes, and gives it back', async () => {
    await runStep(clamp({ mss: 1300 }));
    const before = rules();
    const step = clamp();
    await proveDrift(step, [...keysOf(step, 'file'), ...keysOf(step, 'stat')]);
    expect(rules()).toBe(before);
  });

  it('uses a table of its own beside firewalld', async () => {
    sh(FIREWALLD);
    const step = clamp({ mss: 1300 });
    await proveDrift(step, [...keysOf(step, 'file'), ...keysOf(step, 'stat')]);
    expect(sh('nft list tables')).not.toContain('drover_mss');
    await runStep(step);
    await proveDrift(clamp(), []);
    expect(sh('nft list table inet drover_mss')).toContain('size set 1300');
    await runStep(clamp());
    expect(arrived()).toBe(100_000);
    sh('nft delete table inet drover_mss; systemctl start drover-mss-clamp.service; systemctl restart drover-mss-clamp.service');
    expect(await planNow(clamp())).toMatchObject({
      status: 'steady',
      because: 'nftables clamps the MSS to the path, now and after a reboot',
    });
    expect(rules()).not.toContain('TCPMSS');
  });

  it('leaves a rule alone that somebody else made', async () => {
    sh('iptables -t mangle -A FORWARD -o eth0 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200');
    expect(await runStep(clamp())).toMatchObject({
      status: 'blocked',
      acts: 0,
      steps: [{ outcome: { because: expect.stringContaining('another rule sets the MSS: iptables: -o eth0') } }],
    });
  });
});
