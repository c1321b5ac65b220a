import { beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import type { Session } from '../../src/core/session.ts';
import { kernelModule } from '../../src/tasks/kernel-module.ts';
import { keysOf, planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';
import { onVm, rebootVm, resetVms, vmSession } from '../support/vm.ts';

const LOAD = '/etc/modules-load.d/drover-dummy.conf';
const RULES = '/etc/modprobe.d/drover-dummy.conf';

beforeEach(() => resetVms('vm1'));

function step(params: Readonly<Record<string, Json>>, session: Session = vmSession): RealStep {
  return { session, task: kernelModule, with: params };
}

/** Whether a module is loaded, as lsmod(8) says it. */
function isLoaded(module: string): boolean {
  return onVm('lsmod').includes(`\n${module} `);
}

describe('kernel.module loads', () => {
  it('a module and asks for it at boot, and takes both back', async () => {
    const loaded = step({ module: 'dummy' });
    await proveDrift(loaded, [...keysOf(loaded, 'file'), ...keysOf(loaded, 'stat')]);
    expect(isLoaded('dummy')).toBe(false);
    expect(await runStep(loaded)).toMatchObject({ status: 'changed', looks: 2, acts: 1 });
    expect(onVm(`cat ${LOAD}`)).toBe('dummy\n');
    expect(isLoaded('dummy')).toBe(true);
  });

  it('one that it kept away before', async () => {
    await runStep(step({ module: 'dummy', loaded: false }));
    const loaded = step({ module: 'dummy' });
    await proveDrift(loaded, [...keysOf(loaded, 'file'), ...keysOf(loaded, 'stat')]);
    expect(onVm(`cat ${RULES}`)).toBe('blacklist dummy\ninstall dummy /bin/false\n');
  });

  it('none where it does not load after all, and leaves no file', async () => {
    const late: Session = {
      ...vmSession,
      act: (script, exchange) => {
        onVm('echo 1 > /proc/sys/kernel/modules_disabled');
        return vmSession.act(script, exchange);
      },
    };
    expect(await runStep(step({ module: 'dummy' }, late))).toMatchObject({
      status: 'failed',
      steps: [{ outcome: { status: 'failed', takenBack: 'taken back', error: { code: 'CHANGE_FAILED' } } }],
    });
    expect(onVm(`ls ${LOAD} 2>&1; true`)).toContain('No such file');
    expect(await planNow(step({ module: 'dummy' }))).toMatchObject({ status: 'blocked', because: 'kernel.modules_disabled is 1' });
  });
});

describe('kernel.module keeps away', () => {
  it('a module that nothing uses, and gives it back', async () => {
    onVm(`modprobe dummy; echo dummy > ${LOAD}`);
    const gone = step({ module: 'dummy', loaded: false });
    await proveDrift(gone, [...keysOf(gone, 'file'), ...keysOf(gone, 'stat')]);
    expect(await runStep(gone)).toMatchObject({ status: 'changed' });
    expect(isLoaded('dummy')).toBe(false);
    expect(onVm(`modprobe dummy 2>&1 || echo refused; ls ${LOAD} 2>&1; true`)).toMatch(/refused\n.*No such file/s);
  });

  it.each([
    ['has a link that is up', 'dummy', 'modprobe dummy; ip link add dummy0 type dummy; ip link set dummy0 up', /links that are up: dummy0/],
    ['drives the network card of this very session', 'virtio_net', ':', /drives virtio\d/],
    ['another one needs', 'kvm', ':', /is needed by kvm_amd/],
    ['a mount holds', 'ext4', ':', /is in use \(1\)/],
    ['is part of the kernel', 'unix', ':', /is part of the kernel/],
    ['a file of the site loads', 'dummy', 'echo dummy >> /etc/modules', /^\/etc\/modules-load.d\/modules.conf:\d+ loads dummy at boot$/],
  ])('no module that %s', async (_, module, setup, because) => {
    onVm(setup);
    const before = onVm('lsmod; ls /etc/modprobe.d /etc/modules-load.d');
    const outcome = await runStep(step({ module, loaded: false }));
    expect(outcome).toMatchObject({ status: 'blocked', acts: 0, steps: [{ outcome: { because: expect.stringMatching(because) } }] });
    expect(onVm('lsmod; ls /etc/modprobe.d /etc/modules-load.d')).toBe(before);
  });
});

it('kernel.module holds after a reboot, also against udev, which loads pcspkr for its device', async () => {
  expect(isLoaded('pcspkr')).toBe(true);
  const dummy = step({ module: 'dummy' });
  const speaker = step({ module: 'pcspkr', loaded: false, when_busy: 'later' });
  await runStep(dummy);
  expect(await runStep(speaker)).toMatchObject({
    status: 'blocked',
    acts: 1,
    steps: [{ outcome: { because: 'pcspkr drives pcspkr; what is configured waits for a reboot' } }],
  });
  rebootVm();
  expect(await planNow(dummy)).toMatchObject({ status: 'steady' });
  expect(await planNow(speaker)).toMatchObject({ status: 'steady', because: 'pcspkr is not loaded, and nothing can load it' });
  expect(onVm('systemctl is-active systemd-modules-load').trim()).toBe('active');
});
