import { beforeEach, describe, expect, it } from 'vitest';
import { droverOnVm, onVm, resetVms } from '../support/vm.ts';

/** A guest of libvirt whose firmware finds no disk and hears no ACPI. */
const GUEST = `cat > /root/idle.xml << 'X'
<domain type='kvm'><name>idle</name><memory unit='MiB'>32</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os></domain>
X
virsh -c qemu:///system define /root/idle.xml > /dev/null && virsh -c qemu:///system start idle > /dev/null`;
const MENU = 'stat -c "%n %a %U:%G" /boot/grub/grub.cfg; sha256sum /boot/grub/grub.cfg; ls /boot/grub';

beforeEach(() => resetVms('vm1'));

function task(name: string, ...words: readonly string[]) {
  const document = droverOnVm('task', name, 'vm1', ...words);
  const [host] = document.hosts;
  return { exit: document.exit, host, step: host?.steps[0] };
}

describe('host.reboot', () => {
  it('is refused while a guest runs, fails where it does not hear, and reboots once it was switched off', () => {
    onVm(`touch /run/reboot-required; echo linux-image > /run/reboot-required.pkgs; ${GUEST}`);
    const boot = onVm('cat /proc/sys/kernel/random/boot_id');
    expect(task('host.reboot', '-y')).toMatchObject({ exit: 3, step: { status: 'drift', waitsFor: 'reboot', made: [] } });
    expect(task('host.reboot', '-y', '--reboot')).toMatchObject({
      exit: 2,
      step: { status: 'blocked', because: 'it must not be rebooted now: guests run: idle' },
    });
    expect(task('host.reboot', 'guests=shutdown', 'guests_timeout=2', '-y', '--reboot')).toMatchObject({
      exit: 2,
      step: { status: 'failed', error: { message: expect.stringContaining('idle did not shut down') } },
    });
    expect(onVm('cat /proc/sys/kernel/random/boot_id; virsh -c qemu:///system domstate idle')).toBe(`${boot}running\n\n`);

    const ran = task('host.reboot', 'guests=destroy', 'guests_timeout=2', '-y', '--reboot');
    expect(ran).toMatchObject({ exit: 0, host: { status: 'changed' }, step: { changes: [{ kind: 'run' }, { settling: 'reboot' }] } });
    expect(onVm('cat /proc/sys/kernel/random/boot_id')).not.toBe(boot);
    expect(task('host.reboot', '-y', '--reboot')).toMatchObject({ exit: 0, host: { status: 'steady', looks: 1, acts: 0 } });
  });
});

it('host.reboot is refused while a guest is saved, and by what asks for a boot in passing too', () => {
  onVm(`touch /run/reboot-required; ${GUEST} && virsh -c qemu:///system managedsave idle > /dev/null`);
  const blocked = {
    exit: 2,
    step: {
      status: 'blocked',
      because: 'it must not be rebooted now: idle has a managed save image, which would be resumed on what it was saved on',
    },
  };
  expect(task('host.reboot', '-y', '--reboot')).toMatchObject(blocked);
  expect(task('kernel.cmdline', 'set={"kvm-amd.nested":0}', '-y', '--reboot')).toMatchObject(blocked);
  expect(onVm('ls /etc/default/grub.d')).not.toContain('drover');
});

describe('grub.config', () => {
  it('makes a stale menu anew once, byte for byte what its tool makes, and leaves a good one alone', () => {
    const good = onVm(MENU);
    expect(task('grub.config', '-y')).toMatchObject({ exit: 0, host: { status: 'steady', looks: 1, acts: 0 } });
    expect(onVm(MENU)).toBe(good);
    onVm('sed -i "s/mitigations=off/nosmt/" /boot/grub/grub.cfg');
    const planned = task('grub.config', '-C');
    expect(task('grub.config', '-y')).toMatchObject({
      exit: 0,
      host: { status: 'changed', looks: 2, acts: 1 },
      step: { changes: planned.step && 'changes' in planned.step ? planned.step.changes : [] },
    });
    expect(onVm(MENU)).toBe(good);
  });

  it('does not touch the menu where the new one has lost a kernel or its entries', () => {
    onVm('sed -i "s/^GRUB_TIMEOUT=.*/GRUB_TIMEOUT=3/" /etc/default/grub; chmod -x /etc/grub.d/10_linux');
    const before = onVm(MENU);
    expect(task('grub.config', '-y')).toMatchObject({
      exit: 2,
      step: { status: 'failed', error: { code: 'CHANGE_FAILED', message: expect.stringContaining('/boot/grub/grub.cfg is as it was') } },
    });
    expect(onVm(MENU)).toBe(before);
  });
});
