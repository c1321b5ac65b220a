import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { droverOnVm, onVm, resetVms, startGuest } from '../support/vm.ts';

const PLAYBOOK = 'playbooks/nested-kvm.yaml';
const NESTED = 'cat /sys/module/kvm_amd/parameters/nested';
/** Not the one with an IOMMU, which has the same CPU. */
const PAIR = ['-l', 'vm[1-2]'] as const;

beforeAll(() => resetVms('vm1', 'vm2'));
afterAll(() => resetVms('vm1'));

describe('playbooks/nested-kvm.yaml on hosts whose kernel has kvm_amd', () => {
  it('does what was planned, the canary first, and is steady the second time with one look a host', () => {
    const planned = droverOnVm('plan', PLAYBOOK, ...PAIR, '-e', 'nested=false');
    const ran = droverOnVm('run', PLAYBOOK, ...PAIR, '-e', 'nested=false', '-y');
    expect(ran).toMatchObject({ exit: 0, counts: { changed: 2 } });
    const changes = (document: typeof ran) =>
      document.hosts.map(({ steps }) => steps.map((step) => ('changes' in step ? step.changes : [])));
    expect(changes(ran)).toEqual(changes(planned));
    expect(['vm1', 'vm2'].map((name) => onVm(NESTED, name))).toEqual(['0\n', '0\n']);

    const again = droverOnVm('run', PLAYBOOK, ...PAIR, '-e', 'nested=false', '-y');
    expect(again).toMatchObject({ exit: 0, counts: { steady: 2, changed: 0 } });
    expect(again.hosts.map(({ looks, acts }) => ({ looks, acts }))).toEqual([
      { looks: 1, acts: 0 },
      { looks: 1, acts: 0 },
    ]);
  });

  it('stops after the canary while a guest runs there, and the other host is not asked', () => {
    startGuest();
    const ran = droverOnVm('run', PLAYBOOK, ...PAIR, '-e', 'nested=true', '-y');
    expect(ran).toMatchObject({ exit: 6, counts: { blocked: 1, 'not started': 1 } });
    expect(['vm1', 'vm2'].map((name) => onVm(NESTED, name))).toEqual(['0\n', '0\n']);
  });
});
