import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { map, type Reading } from '../../src/core/probe.ts';
import type { HostStep } from '../../src/core/step.ts';
import { foresee } from '../../src/engine/host/predict.ts';
import { prepareSteps } from '../../src/engine/host/prepare.ts';
import { kernelCmdline } from '../../src/tasks/kernel-cmdline.ts';
import { step } from '../support/made-up-steps.ts';
import { recordedHost, replay } from '../support/replay.ts';
import { findingOf } from '../support/task-table.ts';

describe('params of kernel.cmdline', () => {
  it.each([
    [{}],
    [{ set: { console: 'ttyS0' } }],
    [{ set: { 'rd.lvm.lv': 'a/b' } }],
    [{ set: { quiet: true }, remove: ['quiet'] }],
    [{ set: { 'kvm-amd.nested': 1, 'kvm_amd.nested': 0 } }],
    [{ set: { quiet: null } }],
    [{ set: { quiet: undefined } }],
    [{ set: { quiet: false } }],
    [{ set: { 'a b': 'x' } }],
    [{ set: { a: 'x y' } }],
    [{ set: { a: '$(reboot)' } }],
    [{ append: ['a;b'] }],
    [{ append: ['=x'] }],
    [{ append: ['console=ttyS0'], remove: ['console'] }],
  ])('refuse %j', (params) => {
    expect(kernelCmdline.params.safeParse(params).success).toBe(false);
  });

  it('may remove one of many and append another', () => {
    expect(kernelCmdline.params.safeParse({ append: ['console=ttyS1'], remove: ['console=ttyS0'] }).success).toBe(true);
  });
});

it('is refused where the kernel would cut its line off, and not where that is long already', () => {
  const long = { host: 'debian12-grub', with: { set: { 'x.y': 'z'.repeat(2000) } } };
  expect(findingOf(kernelCmdline, long).plan).toMatchObject({
    status: 'blocked',
    because: expect.stringMatching(/^\/boot\/grub\/grub\.cfg:93 would have 2\d{3} bytes of arguments, and the kernel takes 2047$/),
  });
  const { readings } = recordedHost('debian12-grub');
  const menu = readings['file /boot/grub/grub.cfg'] as Reading;
  const full = { ...menu, stdout: menu.stdout.replaceAll('mitigations=off', `mitigations=off x.y=${'z'.repeat(2000)}`) };
  const { plan } = replay(kernelCmdline.prepare({ remove: ['quiet'] }), { readings: { ...readings, 'file /boot/grub/grub.cfg': full } });
  expect(plan.status).toBe('drift');
});

describe('steps of one host', () => {
  const { readings } = recordedHost('debian12-grub');
  const cmdline = (number: number, params: Readonly<Record<string, Json>>): HostStep =>
    step(
      number,
      map(kernelCmdline.prepare(params), (finding) => finding),
    );

  it('are all planned at once, and share one menu and one boot', () => {
    const steps = [cmdline(1, { set: { iommu: 'pt' } }), cmdline(2, { remove: ['quiet'] }), cmdline(3, { set: { iommu: 'pt' } })];
    const seen = foresee(prepareSteps(steps, {}), readings, { done: new Set(), declined: new Set(), reboots: true });
    expect(seen.map(({ plan }) => plan.status)).toEqual(['drift', 'drift', 'steady']);
    const settled = seen.map(({ plan }) =>
      plan.status === 'drift' ? plan.changes.flatMap((one) => (one.kind === 'settle' ? [one.settling.what] : [])) : [],
    );
    expect(settled).toEqual([['grub', 'reboot'], ['grub', 'reboot'], []]);
  });

  it('do not see a boot that is not allowed', () => {
    const steps = [cmdline(1, { set: { iommu: 'pt' } }), cmdline(2, { set: { iommu: 'pt' } })];
    const [, second] = foresee(prepareSteps(steps, {}), readings, { done: new Set(), declined: new Set(), reboots: false });
    expect(second?.plan).toMatchObject({ status: 'drift', changes: [{ settling: { what: 'reboot' } }] });
  });
});
