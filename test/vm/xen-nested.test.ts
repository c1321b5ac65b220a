import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { answer } from '../../src/engine/look/ask.ts';
import { hostVirtualization } from '../../src/tasks/host-virtualization.ts';
import { kernelCmdline } from '../../src/tasks/kernel-cmdline.ts';
import { kvmNested } from '../../src/tasks/kvm-nested.ts';
import { xenNested } from '../../src/tasks/xen-nested.ts';
import { keysOf, lookFor, planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';
import { droverOnVm, onVm, resetVms, sessionWith } from '../support/vm.ts';

const CONFIG = '/etc/xen/web01.cfg';
const REGISTER = '0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx';

/** A guest whose firmware finds no disk and waits, in a file as people leave them. */
const WEB01 = `# Web server
name = "web01"; type = 'hvm'
memory = 32\t# MiB
vcpus = 1
vnc = 0
vga = "none"
disk = [
  # none
]
`;

const session = sessionWith('xen1');
const folder = mkdtempSync(join(tmpdir(), 'drover-'));

beforeAll(() => resetVms('xen1'));
beforeEach(() => put(WEB01, 'xl list | grep -q "^web01 " && xl destroy web01'));
afterAll(() => rmSync(folder, { recursive: true }));

function sh(script: string): string {
  return onVm(script, 'xen1');
}

/** One login for all of it: each costs seconds. */
function put(config: string, first = ':'): void {
  sh(`${first}\ncat > ${CONFIG} << 'END'\n${config}END\nchmod 640 ${CONFIG}`);
}

function step(params: Readonly<Record<string, Json>> = {}): RealStep {
  return { session, task: xenNested, with: { config: CONFIG, accept_experimental: true, ...params } };
}

/** The file with its mode and owner, and whatever a run left beside. */
function state(): string {
  return sh(`cat ${CONFIG}; stat -c '%a %U:%G' ${CONFIG}; ls /run /etc/xen | grep -e drover- -e web01`);
}

describe('xen.nested on a control domain', () => {
  it('is done as it is planned, steady the second time, and taken back to the byte', async () => {
    const one = step({ hap: true, cpuid: { hypervisor: 0 } });
    const before = state();
    await proveDrift(one, keysOf(one, 'file'));
    expect(state()).toBe(before);
  });

  it('is understood by xl as it was meant, in the syntax of xend too', async () => {
    put(`${WEB01}cpuid = ['0x1:ecx=${'x'.repeat(32)}']\n`);
    await runStep(step({ cpuid: { hypervisor: 0 } }));
    const [text, understood = ''] = sh(`cat ${CONFIG}; echo ---; xl create -n ${CONFIG}`).split('---\n');
    expect(text).toBe(`${WEB01}cpuid = ['0x1:ecx=${REGISTER}']\nnestedhvm = 1\n`);
    expect(understood).toContain('"nested_hvm": "True"');
    expect(understood).toContain(`"ecx": "${REGISTER}"`);
  });

  it('tells what runs from what the file says, until the guest was created anew', async () => {
    sh(`xl create ${CONFIG}`);
    const runs = 'web01 runs with nestedhvm 0';
    expect(await runStep(step())).toMatchObject({ status: 'blocked', acts: 0, steps: [{ outcome: { because: runs } }] });
    expect(await runStep(step({ when_busy: 'later' }))).toMatchObject({ acts: 1 });
    expect(await planNow(step())).toMatchObject({ status: 'blocked', because: `${runs}; the new file waits for its next creation` });
    expect(sh(`xl destroy web01; xl create ${CONFIG}; xl list -l web01`)).toContain('"nested_hvm": "True"');
    expect(await planNow(step())).toMatchObject({
      status: 'steady',
      because: 'web01 may nest guests, now and when it is created again, which Xen 4.17 calls experimental',
    });
  });

  it('leaves a file alone that xl refuses, and says why', async () => {
    put(`${WEB01}disk = [ 'bogus' ]\n`);
    const before = state();
    expect(await runStep(step())).toMatchObject({
      status: 'failed',
      steps: [
        {
          outcome: {
            takenBack: 'taken back',
            error: { code: 'CHANGE_FAILED', message: expect.stringContaining('no vdev specified in `bogus') },
          },
        },
      ],
    });
    expect(state()).toBe(before);
  });

  it('names the line where xl would', async () => {
    put(`${WEB01}nestedhvm = yes\n`);
    expect(sh(`xl create -n ${CONFIG} 2>&1 || true`)).toContain(`${CONFIG}:10: config parsing error near \`yes'`);
    expect(await planNow(step())).toMatchObject({ because: `${CONFIG}:10: a number, a quoted string or a list is expected` });
  });

  it('is rolled back', () => {
    const before = state();
    const runs = ['--run-dir', folder, '-y'];
    const words = ['task', 'xen.nested', 'xen1', `config=${CONFIG}`, 'accept_experimental=true'];
    expect(droverOnVm(...words, ...runs)).toMatchObject({ exit: 0, counts: { changed: 1 } });
    expect(sh(`cat ${CONFIG}`)).toBe(`${WEB01}nestedhvm = 1\n`);
    expect(droverOnVm('rollback', 'last', ...runs)).toMatchObject({ exit: 0, counts: { changed: 1 } });
    expect(state()).toBe(before);
  });
});

describe('the control domain itself', () => {
  it('is known, with what its CPU can although the kernel does not see it', async () => {
    const one: RealStep = { session, task: hostVirtualization, with: { require: ['extension'] } };
    const { plan, result } = answer(one.task.prepare(one.with), await lookFor(one));
    expect(plan.status).toBe('steady');
    expect(result).toMatchObject({ xen: 'dom0', extension: 'svm', kvm: false });
  });

  it('takes no kernel arguments from where its entries do not read them', async () => {
    const plan = await planNow({ session, task: kernelCmdline, with: { set: { iommu: 'pt' } } });
    const because = 'Xen starts this host, with the arguments of /etc/default/grub.d/zz-lab-xen.cfg:3 in place of the others';
    expect(plan).toMatchObject({ status: 'blocked', because });
  });

  it('has no KVM whose guests could nest', async () => {
    const plan = await planNow({ session, task: kvmNested, with: {} });
    expect(plan).toMatchObject({ status: 'blocked', because: 'the host is under Xen (dom0), where KVM does not run' });
  });
});
