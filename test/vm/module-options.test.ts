import { beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../../src/engine/look/ask.ts';
import { moduleOptions } from '../../src/probes/modprobe.ts';
import { onVm, readingsOfVm, resetVms } from '../support/vm.ts';

const CLEAN = `rm -f /etc/modprobe.d/* /usr/lib/modprobe.d/x*.conf; rm -rf /run/modprobe.d /usr/local/lib/modprobe.d; mkdir -p /run/modprobe.d`;

/** Puts a line of options into a file. */
function options(path: string, value: 0 | 1, words = `options kvm_amd nested=${value}`): string {
  return `printf '${words}\\n' > ${path}`;
}

const CASES: readonly (readonly [string, string])[] = [
  ['nothing says anything', ':'],
  ['two files: the later name is heard', `${options('/etc/modprobe.d/a.conf', 1)}; ${options('/etc/modprobe.d/b.conf', 0)}`],
  ['names go before folders', `${options('/run/modprobe.d/z.conf', 0)}; ${options('/etc/modprobe.d/a.conf', 1)}`],
  ['a file of the distribution is heard', `${options('/usr/lib/modprobe.d/x.conf', 0)}; ${options('/etc/modprobe.d/a.conf', 1)}`],
  ['the same name: /etc hides /usr/lib', `${options('/etc/modprobe.d/x.conf', 0)}; ${options('/usr/lib/modprobe.d/x.conf', 1)}`],
  ['an empty file hides too', `: > /etc/modprobe.d/x.conf; ${options('/usr/lib/modprobe.d/x.conf', 0)}`],
  ['a link to a file is heard', `${options('/root/site', 0)}; ln -s /root/site /etc/modprobe.d/x.conf`],
  ['names are compared byte by byte', `${options('/etc/modprobe.d/kvm_x.conf', 0)}; ${options('/etc/modprobe.d/kvm-x.conf', 1)}`],
  ['a dash in the module', options('/etc/modprobe.d/x.conf', 0, 'options kvm-amd nested=0')],
  ['tabs and a continued line', options('/etc/modprobe.d/x.conf', 0, '\\toptions\\tkvm_amd \\\\\\n\\tnested=0')],
  ['twice in a line', options('/etc/modprobe.d/x.conf', 0, 'options kvm_amd nested=1 nested=0')],
  ['a continued comment', options('/etc/modprobe.d/x.conf', 0, '# off \\\\\\noptions kvm_amd nested=0')],
  ['another ending', options('/etc/modprobe.d/x.conf.old', 0)],
];

beforeAll(() => resetVms('vm1'));

describe('moduleOptions', () => {
  it.each(CASES)('knows what the kernel will be given: %s', async (_title, setup) => {
    const live = onVm(`${CLEAN}\n${setup}\nmodprobe -r kvm_amd; modprobe kvm_amd; cat /sys/module/kvm_amd/parameters/nested`).trim();
    const probe = moduleOptions('kvm_amd', 'nested');
    const found = answer(probe, await readingsOfVm(probe.reads));
    expect(found.at(-1)?.value ?? '1').toBe(live);
  });
});
