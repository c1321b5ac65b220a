import { beforeEach, expect, it } from 'vitest';
import { dockerMssClamp } from '../../src/tasks/docker-mss-clamp.ts';
import { lookFor, planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';
import { onVm, rebootVm, resetVms, vmSession } from '../support/vm.ts';

const step: RealStep = { session: vmSession, task: dockerMssClamp, with: {} };

beforeEach(() => resetVms('vm1'));

it.each(['legacy', 'nft'])(
  'docker.mss_clamp with iptables-%s: a look loads no module, and the rules are there after a reboot',
  async (kind) => {
    onVm(`for p in iptables ip6tables; do update-alternatives --quiet --set $p /usr/sbin/$p-${kind}; done`);
    const rules = `iptables-${kind} -t mangle -S FORWARD; ip6tables-${kind} -t mangle -S FORWARD`;
    // As dockerd does when it starts, with rules for IPv4 alone.
    onVm('iptables -t nat -N DOCKER; iptables -t filter -N DOCKER-USER');
    const before = onVm('lsmod | sort');
    await lookFor(step);
    expect(onVm('lsmod | sort')).toBe(before);

    await proveDrift(step, []);
    expect(onVm(rules)).not.toContain('TCPMSS');
    expect(await runStep(step)).toMatchObject({ status: 'changed', looks: 2, acts: 1 });
    expect(onVm(rules).match(/-j TCPMSS --clamp-mss-to-pmtu/g)).toHaveLength(2);

    rebootVm();
    expect(await planNow(step)).toMatchObject({ status: 'steady' });
    expect(onVm(rules).match(/-j TCPMSS --clamp-mss-to-pmtu/g)).toHaveLength(2);
  },
);
