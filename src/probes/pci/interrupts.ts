import { file } from '../../core/file.ts';
import { type Blocked, blocked } from '../../core/plan.ts';
import { all, command, map, type Probe } from '../../core/probe.ts';
import { moduleOptions } from '../modprobe.ts';

/**
 * Why no guest could start with a device: a device whose interrupts are not remapped can raise any of the host's, and vfio_iommu_type1
 * gives none away unless it is told to. The kernel calls an x86 interrupt that is remapped IR-; elsewhere there is no IO-APIC.
 */
export const interruptObstacle: Probe<Blocked | undefined> = map(
  all({
    controller: command('grep', '-m', '1', '-o', '[A-Z-]*IO-APIC', '/proc/interrupts'),
    live: file('/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts'),
    options: moduleOptions('vfio_iommu_type1', 'allow_unsafe_interrupts'),
  }),
  ({ controller, live, options }) => {
    // A parameter of this kind without a value is on.
    const allowed = live?.trim() ?? options.at(-1)?.value ?? 'N';
    if (controller.stdout.trim() !== 'IO-APIC' || /^(y|1|on|$)/i.test(allowed)) return undefined;
    return blocked(
      'the IOMMU does not remap interrupts, and without that vfio gives no device to a guest',
      'Turn it on in the firmware. Where all guests are trusted, vfio_iommu_type1 can be told so: allow_unsafe_interrupts=1.',
    );
  },
);
