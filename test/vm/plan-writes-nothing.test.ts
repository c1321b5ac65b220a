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

/** Everything that a look may not change: files with their times, modules and their parameters, units, links, rules, processes that serve. */
function state(): string {
  return onVm(`find / -xdev \\( -type f -printf '%p %m %U:%G %s %T@ %C@\\n' -o -printf '%p %y %m %U:%G %l\\n' \\) | grep -Ev '${NOISE}' | sort
    cut -d' ' -f1,2 /proc/modules | grep -v '^kvm' | sort; lsmod | grep '^kvm' | sort
    for f in /sys/module/*/parameters/nested /proc/cmdline /proc/sys/kernel/tainted; do [ ! -r "$f" ] || { echo "$f"; cat "$f"; }; done
    systemctl list-unit-files --no-legend; systemctl list-units --all --no-legend --plain --type=service,socket,mount | grep -Ev 'not-found|ssh@|session|user-runtime-dir@|run-user-|user@' | sort
    ls -l /sys/bus/pci/devices/*/driver; ip -o link; ip -o address | sed 's/valid_lft.*//'; cat /proc/net/ip_tables_names 2>/dev/null; ls /run/libvirt /run/drover 2>&1`);
}

let before: string;
beforeAll(() => {
  resetVms('vm1');
  // The first login and look of all: what a host does once because of them is no doing of a task.
  droverOnVm('task', 'systemd.healthy', 'vm1', '-C');
  before = state();
});

describe('a plan writes nothing on a host with a kernel of its own', () => {
  it.each(tasks.map(({ name, examples }) => [name, examples] as const))('%s, all its examples', (task, examples) => {
    const steps = examples.map(({ name, with: params }) => ({ name, task, with: params, optional: true }));
    for (const { template } of examples.map((example) => example.with)) {
      if (typeof template === 'string') writeFileSync(join(folder, template), 'a text\n');
    }
    const playbook = join(folder, 'playbook.yaml');
    writeFileSync(playbook, JSON.stringify({ name: task, hosts: 'vm1', steps }));
    expect([0, 2]).toContain(droverOnVm('plan', playbook).exit);
    expect(state()).toBe(before);
  });
});
