import { expect, it } from 'vitest';
import { readKey } from '../../../src/core/probe.ts';
import { interruptObstacle } from '../../../src/probes/pci/interrupts.ts';

const OPTION = 'options vfio_iommu_type1 allow_unsafe_interrupts';

/** What is found where /proc/interrupts, the module's parameter, modprobe.d and the command line say so. */
function found(controller: string, says: { readonly live?: string; readonly conf?: string; readonly words?: string } = {}) {
  const conf = JSON.stringify([{ path: '/etc/modprobe.d/vfio.conf', content: says.conf ?? '' }]);
  const texts: Readonly<Record<string, string | undefined>> = {
    '/proc/interrupts': controller,
    '/etc/modprobe.d/*.conf': conf,
    '/proc/cmdline': says.words ?? 'quiet',
    allow_unsafe_interrupts: says.live,
  };
  return interruptObstacle.parse(
    interruptObstacle.reads.map((read) => {
      const [, text] = Object.entries(texts).find(([end]) => readKey(read).endsWith(end)) ?? [];
      return { status: text === undefined ? 127 : 0, stdout: text ?? '', stderr: '' };
    }),
  );
}

it.each([
  ['IR-IO-APIC\n', {}, true],
  ['IO-APIC\n', {}, false],
  // No x86.
  ['', {}, true],
  ['IO-APIC\n', { live: 'Y\n' }, true],
  ['IO-APIC\n', { live: 'N\n' }, false],
  // The module is loaded, and heard of it later.
  ['IO-APIC\n', { live: 'N\n', conf: `${OPTION}=1\n` }, false],
  ['IO-APIC\n', { conf: `${OPTION}=1\n` }, true],
  ['IO-APIC\n', { conf: `${OPTION}=0\n` }, false],
  ['IO-APIC\n', { conf: `${OPTION}=0\n`, words: 'quiet vfio_iommu_type1.allow_unsafe_interrupts' }, true],
])('interrupts of %j with %j let guests have devices: %s', (controller, says, isFine) => {
  expect(found(controller, says)?.because).toBe(
    isFine ? undefined : 'the IOMMU does not remap interrupts, and without that vfio gives no device to a guest',
  );
});
