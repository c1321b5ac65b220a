import { beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import type { Session } from '../../src/core/session.ts';
import { kvmNested } from '../../src/tasks/kvm-nested.ts';
import { keysOf, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';
import { onVm, resetVms, startGuest, vmSession } from '../support/vm.ts';

const LIVE = 'cat /sys/module/kvm_amd/parameters/nested; ls /etc/modprobe.d';

beforeEach(() => resetVms('vm1'));

function nested(params: Readonly<Record<string, Json>>, session: Session = vmSession): RealStep {
  return { session, task: kvmNested, with: params };
}

describe('kvm.nested, taken back', () => {
  it('leaves no file, and the module with the option that it had', async () => {
    const off = nested({ enabled: false });
    await proveDrift(off, keysOf(off, 'file'));
    expect(onVm(LIVE)).toBe('1\n');
  });

  it('unloads the module that it loaded', async () => {
    onVm('modprobe -r kvm_amd');
    await proveDrift(nested({ enabled: false }), []);
    expect(onVm('ls -d /sys/module/kvm_amd 2>&1; ls /etc/modprobe.d')).toMatch(/^ls: cannot access .*\n$/);
  });

  it('gives its file back when a guest is started between the look and the act', async () => {
    let isStarted = false;
    const surprised: Session = {
      ...vmSession,
      act: (script, exchange) => {
        if (!isStarted) startGuest();
        isStarted = true;
        return vmSession.act(script, exchange);
      },
    };
    expect(await runStep(nested({ enabled: false }, surprised))).toMatchObject({
      status: 'failed',
      acts: 2,
      steps: [{ outcome: { status: 'failed', error: { message: expect.stringContaining('in use') } } }],
    });
    expect(onVm(LIVE)).toBe('1\n');
  });
});
