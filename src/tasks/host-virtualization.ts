import * as z from 'zod';
import { blocked, steady } from '../core/plan.ts';
import { defineTask } from '../core/task.ts';
import { Virtualization, virtualization } from '../probes/virtualization.ts';

interface Ability {
  readonly has: (host: Virtualization) => boolean;
  readonly lacks: (host: Virtualization) => string;
  readonly hint: string;
}

/** What a step may ask for. */
const ABILITIES = {
  extension: {
    has: ({ extension }) => extension !== 'none' && extension !== 'unknown',
    lacks: ({ off_in_firmware }) =>
      off_in_firmware === true ? 'the firmware has turned VT-x or AMD-V off' : 'the CPU shows no virtualization extension',
    hint: 'Turn VT-x or AMD-V on in the firmware; in a guest, let its hypervisor pass it through.',
  },
  kvm: {
    has: ({ kvm }) => kvm,
    lacks: ({ module }) => `there is no /dev/kvm (module: ${module})`,
    hint: 'Load the KVM module, and see what the kernel logs about it.',
  },
  nested: { has: ({ nested }) => nested === true, lacks: () => 'guests may not nest guests', hint: 'Use the task kvm.nested.' },
  iommu: {
    has: ({ iommu }) => iommu.active,
    lacks: ({ iommu }) => `no IOMMU is in use (table in the firmware: ${iommu.firmware})`,
    hint: 'Turn VT-d or AMD-Vi on in the firmware, and boot with intel_iommu=on where the CPU is Intel’s.',
  },
  sriov: {
    has: ({ sriov }) => sriov.length > 0,
    lacks: () => 'no device has SR-IOV',
    hint: 'Turn SR-IOV on in the firmware and in the adapter.',
  },
  bare_metal: {
    has: ({ guest_of, container }) => guest_of === 'none' && container === 'none',
    lacks: ({ guest_of, container }) => `the host is no bare metal (guest of: ${guest_of}, container: ${container})`,
    hint: 'Take this host out of the group.',
  },
} as const satisfies Readonly<Record<string, Ability>>;

type AbilityName = keyof typeof ABILITIES;

export const hostVirtualization = defineTask({
  name: 'host.virtualization',
  summary: 'The host can do in virtualization what is asked of it.',
  params: z.strictObject({
    require: z
      .array(z.enum(Object.keys(ABILITIES) as [AbilityName, ...AbilityName[]]))
      .default([])
      .describe('What the host must be able to do. Without it, the step only tells what there is.'),
  }),
  effects: 'Only looks: it loads no module and writes nothing. What it may not read it tells as unknown.',
  examples: [
    { name: 'What the hosts are', with: {} },
    { name: 'Fit for passthrough', with: { require: ['kvm', 'iommu'] } },
  ],
  resultSchema: Virtualization,

  inspect: () => virtualization,

  plan(host, { require }) {
    const lacking = require.map((name): Ability => ABILITIES[name]).filter(({ has }) => !has(host));
    const [first] = lacking;
    if (first === undefined) return steady(summary(host));
    return blocked(lacking.map(({ lacks }) => lacks(host)).join('; '), first.hint);
  },

  result: (host) => host,
});

function summary({ extension, kvm, nested, iommu, guest_of, container }: Virtualization): string {
  const home =
    container !== 'none' && container !== 'unknown'
      ? `container (${container})`
      : guest_of === 'none'
        ? 'bare metal'
        : `guest of ${guest_of}`;
  const words = [
    `extension ${extension}`,
    kvm ? '/dev/kvm' : 'no /dev/kvm',
    `nested ${nested}`,
    !iommu.active ? 'no IOMMU' : iommu.groups > 0 ? `${iommu.groups} IOMMU groups` : 'an IOMMU of Xen',
  ];
  return `${home}: ${words.join(', ')}`;
}
