import { expect, it } from 'vitest';
import { xenNested } from '../../src/tasks/xen-nested.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

const NEST = { config: '/etc/xen/web01.cfg', accept_experimental: true };

function put(host: string, params: Parameters<typeof findingOf>[1]['with']) {
  return changesOf(findingOf(xenNested, { host, with: { ...NEST, ...params } }).plan);
}

it('sets flags in the syntax of xend where that is there, and leaves comments and other registers', () => {
  const [, , write] = put('xen-web01-xend', { cpuid: { hypervisor: 'x', svm: 1, vmx: 1 } });
  expect(write?.kind === 'write' && write.after?.content).toBe(`# Web server
name = "web01"
type = "hvm"
memory = 32
vcpus = 1
vnc = 0
vga = "none"
cpuid = [ '0x1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxx1xxxxx', # hides Xen
          '0x80000001:edx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxx1xx' ]
nestedhvm = 1
`);
});

it('takes out a leaf that says nothing any more, and leaves its comment', () => {
  const [, , write] = put('xen-web01-xend', { cpuid: { hypervisor: 'x' } });
  expect(write?.kind === 'write' && write.after?.content).toContain(`cpuid = [  # hides Xen
          '0x80000001:edx=`);
});

it('edits the one setting on a line of many', () => {
  const [, , write] = put('xen-web01-builder', {});
  expect(write?.kind === 'write' && write.after?.content).toBe(`name="web01"; builder='hvm'; nestedhvm=1; hap=1 # xend had it so\n`);
});

it('shows and keeps nothing of a file with a password', () => {
  expect(put('xen-web01-vnc', {}).map((change) => 'sensitive' in change)).toEqual([true, true, true, true]);
  expect(put('xen-web01', {}).map((change) => 'sensitive' in change)).toEqual([false, false, false, false]);
});

it('is a mistake of the playbook where nobody has said that experimental will do, or a flag is no value of one', () => {
  const { params } = xenNested;
  expect(params.safeParse({ config: NEST.config }).error?.issues.map(({ message }) => message)).toEqual([
    'nested HVM is experimental in Xen and has no security support: say accept_experimental: true',
  ]);
  expect(params.safeParse({ config: NEST.config, nested: false }).success).toBe(true);
  for (const hypervisor of ['0"\nx="', 2, 's', '']) expect(params.safeParse({ ...NEST, cpuid: { hypervisor } }).success).toBe(false);
  expect(params.safeParse({ ...NEST, hap: false }).success).toBe(false);
});
