import { beforeEach, describe, expect, it } from 'vitest';
import { kernelCmdline } from '../../src/tasks/kernel-cmdline.ts';
import { lookFor, planNow, type RealStep } from '../support/prove-task.ts';
import { droverOnVm, onVm, resetVms, vmSession } from '../support/vm.ts';

const NESTED = 'set={"kvm-amd.nested": 0}';
const DROP_IN = '/etc/default/grub.d/zz-drover.cfg';

beforeEach(() => resetVms('vm1'));

function cmdline(...words: readonly string[]) {
  const document = droverOnVm('task', 'kernel.cmdline', 'vm1', ...words);
  const [host] = document.hosts;
  return { exit: document.exit, host, step: host?.steps[0] };
}

/** All that the task may change, in all its layers. */
function state(): string {
  return onVm(`cat /proc/cmdline /sys/module/kvm_amd/parameters/nested
    for f in /etc/default/grub /etc/default/grub.d/* /boot/grub/*; do [ ! -f "$f" ] || { stat -c '%n %a %U:%G %Y' "$f"; sha256sum "$f"; }; done`);
}

function nested(): string {
  return onVm('cat /sys/module/kvm_amd/parameters/nested').trim();
}

describe('kernel.cmdline on a host that GRUB boots', () => {
  it('is planned without a touch, waits for its reboot, is seen by the kernel after it, and is taken back', async () => {
    const before = state();
    const menu = onVm('cat /boot/grub/grub.cfg');
    const planned = cmdline(NESTED, '-C');
    expect(planned).toMatchObject({ exit: 0, step: { status: 'drift', waitsFor: 'reboot' } });
    expect(state()).toBe(before);

    const changes = planned.step && 'changes' in planned.step ? planned.step.changes : [];
    expect(changes).toMatchObject([
      { kind: 'write' },
      { kind: 'settle', what: 'grub /boot/grub/grub.cfg' },
      { kind: 'settle', what: 'reboot' },
    ]);
    const waiting = cmdline(NESTED, '-y');
    expect(waiting).toMatchObject({ exit: 3, host: { status: 'drift' }, step: { made: changes.slice(0, 2) } });
    expect(nested()).toBe('1');
    const written = state();
    expect(cmdline(NESTED, '-y')).toMatchObject({ exit: 3, host: { looks: 1, acts: 0 }, step: { made: [] } });
    expect(state()).toBe(written);
    expect(onVm('cat /var/lib/drover/backup/grub.cfg')).toBe(menu);

    const step: RealStep = { session: vmSession, task: kernelCmdline, with: { set: { 'kvm-amd.nested': 0 } } };
    const foreseen = await foreseenBoot(step);
    expect(cmdline(NESTED, '-y', '--reboot')).toMatchObject({ exit: 0, host: { status: 'changed' } });
    expect(nested()).toBe('0');
    expect((await lookFor(step))['file /proc/cmdline']).toEqual(foreseen);
    expect(cmdline(NESTED, '-y', '--reboot')).toMatchObject({ exit: 0, host: { status: 'steady', looks: 1, acts: 0 } });

    expect(cmdline('remove=["kvm_amd.nested"]', '-y', '--reboot')).toMatchObject({ exit: 0, host: { status: 'changed' } });
    expect(nested()).toBe('1');
    expect(onVm(`cat /boot/grub/grub.cfg; ls ${DROP_IN} 2>&1 || true`)).toBe(
      `${menu}ls: cannot access '${DROP_IN}': No such file or directory\n`,
    );
  });

  it('is refused while somebody inhibits a shutdown, with nothing written', () => {
    onVm('nohup systemd-inhibit --what=shutdown --who=backup --why="copies disks" --mode=block sleep 300 > /dev/null 2>&1 &');
    const before = state();
    expect(cmdline(NESTED, '-y', '--reboot')).toMatchObject({
      exit: 2,
      step: {
        status: 'blocked',
        because: expect.stringMatching(/^it must not be rebooted now: backup \(process \d+\) inhibits a shutdown: copies disks$/),
      },
    });
    expect(state()).toBe(before);
  });

  it('names the line of a file that it does not understand', () => {
    onVm(`printf 'GRUB_TIMEOUT=0\\nGRUB_CMDLINE_LINUX="$(cat /etc/args)"\\n' > /etc/default/grub`);
    expect(cmdline(NESTED, '-y').step).toMatchObject({
      status: 'blocked',
      because: '/etc/default/grub:2 has a value that the shell fills in',
    });
  });

  it('is taken back where the menu that would be made is broken, and the old menu stays', () => {
    onVm(`printf '#!/bin/sh\\necho "menuentry broken {"\\n' > /etc/grub.d/42_broken; chmod +x /etc/grub.d/42_broken`);
    const before = state();
    expect(cmdline(NESTED, '-y', '--reboot')).toMatchObject({
      exit: 2,
      step: {
        status: 'failed',
        takenBack: 'taken back',
        error: { code: 'CHANGE_FAILED', message: expect.stringContaining('is as it was') },
      },
    });
    expect(state()).toBe(before);
  });

  it('does not take a menu that a later hand strips of the argument', () => {
    onVm(`sed -i 's/^\\(set -e\\)$/\\1\\nGRUB_CMDLINE_LINUX=/' /etc/grub.d/10_linux`);
    const before = state();
    expect(cmdline(NESTED, '-y')).toMatchObject({
      exit: 2,
      step: { status: 'failed', error: { message: expect.stringContaining('in the new file an entry lacks kvm-amd.nested=0') } },
    });
    expect(state()).toBe(before);
  });
});

/** What the plan says that the next boot will be given. */
async function foreseenBoot(step: RealStep) {
  const plan = await planNow(step);
  const change = plan.status === 'drift' ? plan.changes.at(-1) : undefined;
  return change?.kind === 'settle' ? change.leadsTo?.['file /proc/cmdline'] : undefined;
}
