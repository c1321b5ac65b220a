import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tasks } from '../../src/tasks/index.ts';
import { droverOnVm, onVm, resetVms } from '../support/vm.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a login and the passing of time leave on a host. */
const NOISE = '/(var/log|var/lib/systemd|var/lib/chrony|run|proc|sys|dev)/|^(/root/\\.cache|/tmp|/var/tmp|/run)';

/** Keeps on the host all that a look may not change: files with their times, modules and their parameters, units, links, drivers. */
function keepState(name: string): void {
  onVm(`exec > /run/${name}
    find / -xdev \\( -type f -printf '%p %m %U:%G %s %T@ %C@\\n' -o -printf '%p %y %m %U:%G %l\\n' \\) | grep -Ev '${NOISE}' | sort
    cut -d' ' -f1,2 /proc/modules | sort; cat /proc/sys/kernel/tainted
    for f in /sys/module/*/parameters/nested; do [ ! -r "$f" ] || { echo "$f"; cat "$f"; }; done
    systemctl list-unit-files --no-legend; systemctl list-units --all --no-legend --plain --type=service,socket,mount | grep -Ev 'not-found|ssh@|session|user-runtime-dir@|run-user-|user@' | sort
    ls -l /sys/bus/pci/devices/*/driver; ip -o link; ip -o address | sed 's/valid_lft.*//'; cat /proc/net/ip_tables_names 2>/dev/null; ls /run/libvirt 2>&1; true`);
}

beforeAll(() => resetVms('vm1'));

describe('a plan writes nothing on a host with a kernel of its own', () => {
  it('all examples of all tasks', () => {
    const steps = tasks.flatMap(({ name: task, examples }) =>
      examples.map(({ name, with: params }) => ({ name, task, with: params, optional: true })),
    );
    for (const { template } of steps.map((step) => step.with)) {
      if (typeof template === 'string') writeFileSync(join(folder, template), 'a text\n');
    }
    const playbook = join(folder, 'playbook.yaml');
    writeFileSync(playbook, JSON.stringify({ name: 'all', hosts: 'vm1', steps }));
    // What a host does once because of the first login of all is no doing of a task.
    droverOnVm('task', 'systemd.healthy', 'vm1', '-C');
    keepState('before');
    const planned = droverOnVm('plan', playbook);
    keepState('after');
    expect(onVm('diff /run/before /run/after || true')).toBe('');
    expect([0, 2]).toContain(planned.exit);
    expect(planned.hosts.map((host) => host.steps.length)).toEqual([steps.length]);
  });
});
