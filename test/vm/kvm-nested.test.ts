import { beforeEach, describe, expect, it } from 'vitest';
import { touches } from '../../src/core/change.ts';
import type { Json } from '../../src/core/json.ts';
import { answer } from '../../src/engine/look/ask.ts';
import { hostVirtualization } from '../../src/tasks/host-virtualization.ts';
import { kvmNested } from '../../src/tasks/kvm-nested.ts';
import { droverOnVm, onVm, readingsOfVm, rebootVm, resetVms, startGuest } from '../support/vm.ts';

const CONF = '/etc/modprobe.d/drover-kvm-nested.conf';
const END_GUEST = 'kill "$(cat /run/guest.pid)"; while [ "$(cat /sys/module/kvm_amd/refcnt)" != 0 ]; do sleep 0.2; done';

beforeEach(() => resetVms('vm1'));

function nested(...words: readonly string[]) {
  const document = droverOnVm('task', 'kvm.nested', 'vm1', ...words);
  const [host] = document.hosts;
  return { exit: document.exit, host, step: host?.steps[0] };
}

/** All that the task may change: what holds, what is configured, and how often the module was loaded. */
function state(): string {
  return onVm(`cat /sys/module/kvm_amd/parameters/nested 2>&1
    for f in /etc/modprobe.d/*; do [ ! -f "$f" ] || { stat -c '%n %a %U:%G %Y' "$f"; cat "$f"; }; done
    dmesg | grep -c 'kvm: Nested'`);
}

function live(): string {
  return onVm('cat /sys/module/kvm_amd/parameters/nested').trim();
}

describe('kvm.nested on a kernel with kvm_amd', () => {
  it('is planned without a touch, does what was planned, and is steady the second time with one look', () => {
    const before = state();
    const planned = nested('enabled=false', '-C');
    expect(state()).toBe(before);

    const ran = nested('enabled=false', '-y');
    expect(ran).toMatchObject({ exit: 0, host: { status: 'changed', looks: 2, acts: 1 } });
    expect(ran.step).toMatchObject({ changes: planned.step && 'changes' in planned.step ? planned.step.changes : [] });
    expect(onVm(`cat ${CONF}; stat -c '%a %U:%G' ${CONF}`)).toBe('options kvm_amd nested=0\n644 root:root\n');
    expect(live()).toBe('0');

    const after = state();
    expect(nested('enabled=false', '-y')).toMatchObject({ exit: 0, host: { status: 'steady', looks: 1, acts: 0 } });
    expect(state()).toBe(after);

    expect(nested('enabled=true', '-y')).toMatchObject({ exit: 0, host: { status: 'changed' } });
    expect(live()).toBe('1');
  });

  it('holds after a reboot', () => {
    nested('enabled=false', '-y');
    rebootVm();
    expect(live()).toBe('0');
    expect(nested('enabled=false', '-C')).toMatchObject({ step: { status: 'steady' } });
  });

  it('loads the module where it is not loaded', () => {
    onVm('modprobe -r kvm_amd');
    expect(nested('enabled=false', '-y')).toMatchObject({ exit: 0, host: { status: 'changed' } });
    expect(live()).toBe('0');
  });
});

describe('kvm.nested while a guest runs', () => {
  it('refuses, and touches nothing', () => {
    startGuest();
    const before = state();
    expect(nested('enabled=false', '-y')).toMatchObject({
      exit: 2,
      step: { status: 'blocked', because: 'kvm_amd has nested=1 and is in use by a QEMU without a name' },
    });
    expect(state()).toBe(before);
  });

  it('with when_busy=later writes its file, stays blocked, and ends the work when the guest is gone', () => {
    startGuest();
    for (const time of ['the first time', 'the second time']) {
      expect(nested('enabled=false', 'when_busy=later', '-y'), time).toMatchObject({
        exit: 2,
        step: { status: 'blocked', because: expect.stringContaining('waits for its next load') },
      });
    }
    expect(onVm(`cat ${CONF}`)).toBe('options kvm_amd nested=0\n');
    expect(live()).toBe('1');
    onVm(END_GUEST);
    expect(nested('enabled=false', '-y')).toMatchObject({ exit: 0, host: { status: 'changed' } });
    expect(live()).toBe('0');
  });
});

describe('kvm.nested where the host is against it', () => {
  it('names the file that is heard last', () => {
    onVm('echo "options kvm-amd nested=0" > /etc/modprobe.d/zz-site.conf');
    const before = state();
    expect(nested('-y').step).toMatchObject({ status: 'blocked', because: expect.stringContaining('/etc/modprobe.d/zz-site.conf') });
    expect(state()).toBe(before);
  });

  it('takes its file back and loads the module again where it does not load with the new option', () => {
    nested('enabled=false', '-y');
    onVm(`cat > /etc/modprobe.d/refuse.conf << 'E'
install kvm_amd if grep -q nested=1 ${CONF}; then exit 7; else exec /sbin/modprobe --ignore-install kvm_amd; fi
E`);
    expect(nested('enabled=true', '-y')).toMatchObject({
      exit: 2,
      step: { status: 'failed', takenBack: 'taken back', error: { code: 'CHANGE_FAILED' } },
    });
    expect(onVm(`cat ${CONF}`)).toBe('options kvm_amd nested=0\n');
    expect(live()).toBe('0');
  });
});

describe('kvm.nested by the kernel command line', () => {
  it('is seen by the module after a boot through GRUB, and goes back to modprobe.d', () => {
    nested('enabled=true', '-y');
    const ran = nested('enabled=false', 'via=cmdline', '-y', '--reboot');
    expect(ran).toMatchObject({ exit: 0, host: { status: 'changed' } });
    expect(live()).toBe('0');
    expect(onVm(`cat /proc/cmdline; ls ${CONF} 2>&1 || true`)).toMatch(/ kvm_amd\.nested=0 .*\nls: cannot access/);
    expect(nested('enabled=false', 'via=cmdline', '-y')).toMatchObject({ exit: 0, host: { status: 'steady', looks: 1, acts: 0 } });
    expect(nested('enabled=true', '-y').step).toMatchObject({
      status: 'blocked',
      because: expect.stringContaining('the kernel command line has'),
    });
  });
});

describe('what kvm.nested declares of its changes', () => {
  it.each<[string, string, Record<string, Json>]>([
    ['a reload', ':', { enabled: false }],
    ['a first load', 'modprobe -r kvm_amd', { enabled: false }],
    ['a file alone', ':', { enabled: true }],
  ])('%s: no reading changes that it does not touch, and what it predicts comes true', async (_title, setup, params) => {
    onVm(setup);
    const probe = kvmNested.prepare(params);
    const reads = [...probe.reads, ...hostVirtualization.prepare({}).reads];
    const before = await readingsOfVm(reads);
    const { plan } = answer(probe, before);
    const changes = plan.status === 'drift' ? plan.changes : [];
    expect(changes).not.toEqual([]);

    nested(...Object.entries(params).map(([key, value]) => `${key}=${value}`), '-y');
    const after = await readingsOfVm(reads);
    const changed = Object.keys(before).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
    expect(changed).toContain(`file ${CONF}`);
    expect(changed.filter((key) => !changes.some((change) => touches(change, key)))).toEqual([]);
    for (const change of changes) {
      const predicted = change.kind === 'write' ? {} : (change.leadsTo ?? {});
      for (const [key, reading] of Object.entries(predicted)) expect([key, after[key]]).toEqual([key, reading]);
    }
  });
});
