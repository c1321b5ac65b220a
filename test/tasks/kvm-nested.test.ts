import { expect, it } from 'vitest';
import { kvmNested } from '../../src/tasks/kvm-nested.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

it('writes one line of options and reloads the module under it', () => {
  const [keep, reload] = changesOf(findingOf(kvmNested, { host: 'debian12-amd-off-before', with: {} }).plan);
  expect(keep).toEqual({
    kind: 'write',
    path: '/etc/modprobe.d/drover-kvm-nested.conf',
    before: undefined,
    after: { content: 'options kvm_amd nested=1\n', mode: 0o644, owner: 'root', group: 'root' },
    because: 'the module reads its options when it is loaded',
  });
  expect(reload).toMatchObject({
    kind: 'settle',
    settling: { what: 'module-reload', module: 'kvm_amd' },
    leadsTo: { 'file /sys/module/kvm_amd/parameters/nested': { status: 0, stdout: '1\n' } },
  });
});

it('foresees the value in the words of the kernel', () => {
  const [, reload] = changesOf(findingOf(kvmNested, { host: 'intel-idle', with: {} }).plan);
  expect(reload).toMatchObject({ leadsTo: { 'file /sys/module/kvm_intel/parameters/nested': { stdout: 'Y\n' } } });
});

it('keeps mode and owner of its file', () => {
  const [keep] = changesOf(findingOf(kvmNested, { host: 'debian12-amd-configured', with: { enabled: false } }).plan);
  expect(keep).toMatchObject({
    before: { content: '# Kept by drover, task kvm.nested.\noptions kvm_amd nested=1\n' },
    after: { content: 'options kvm_amd nested=0\n', mode: 0o644, owner: 'root' },
  });
});
