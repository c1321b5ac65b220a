import type { HostFacts } from '../core/facts.ts';
import type { Virtualization } from '../probes/virtualization.ts';
import type { Column } from '../report/host-table.ts';

type Both = HostFacts & Virtualization;

/** All that `drover facts` knows of a host. */
export type Facts = { readonly [K in keyof Both]: Both[K] };

/** What the table tells, the most asked for first: on a narrow terminal the last ones are left out. */
export const FACTS_COLUMNS: readonly Column<Facts>[] = [
  { head: 'is', cell: kindOf },
  { head: 'cpu', cell: (facts) => [...(facts.arch === 'x86_64' ? [] : [facts.arch]), cpuOf(facts)].join(' ') },
  { head: 'kvm', cell: ({ kvm, module }) => (kvm ? (module === 'none' ? 'yes' : module) : 'no') },
  { head: 'nested', cell: ({ nested }) => answer(nested) },
  { head: 'iommu', cell: iommuOf },
  { head: 'sr-iov', cell: ({ sriov }) => (sriov.length === 0 ? 'no' : `${sriov.length}`) },
  { head: 'os', cell: ({ os }) => `${os.id} ${os.version}`.trim() },
  { head: 'boot', cell: bootOf },
  { head: 'docker', cell: ({ docker }) => (docker === 'absent' ? 'no' : docker) },
];

function answer(value: boolean | 'unknown'): string {
  return value === 'unknown' ? '?' : value ? 'yes' : 'no';
}

function kindOf({ container, guest_of, xen }: Facts): string {
  if (container !== 'none' && container !== 'unknown') return container === 'container-other' ? 'container' : `${container} container`;
  if (xen === 'dom0') return guest_of === 'none' ? 'Xen dom0' : `Xen dom0 in ${guest_of}`;
  if (guest_of === 'none') return 'bare metal';
  return guest_of === 'unknown' ? '?' : guest_of === 'vm-other' ? 'guest' : `${guest_of} guest`;
}

const EXTENSIONS = { vmx: 'VT-x', svm: 'AMD-V', sie: 'SIE', power: 'POWER', el2: 'EL2', none: 'no', unknown: '?' } as const;

function cpuOf({ extension, off_in_firmware }: Facts): string {
  if (off_in_firmware === true) return extension === 'none' ? 'off in firmware' : `${EXTENSIONS[extension]} off in firmware`;
  return extension === 'none' && off_in_firmware === 'unknown' ? 'no or off' : EXTENSIONS[extension];
}

/** What the makers call it, by the firmware's table. */
const IOMMUS: Readonly<Record<string, string>> = { DMAR: 'VT-d', IVRS: 'AMD-Vi', IORT: 'SMMU' };

function iommuOf({ iommu: { firmware, active, domain } }: Facts): string {
  const name = IOMMUS[firmware];
  if (active) return [name ?? 'yes', ...(domain === 'identity' ? ['pt'] : [])].join(' ');
  if (name !== undefined) return `${name} unused`;
  return firmware === 'unknown' ? '?' : 'no';
}

function bootOf({ boot: { loader, firmware } }: Facts): string {
  const words = [loader === 'unknown' ? '?' : loader, firmware].filter((word) => word !== 'none' && word !== 'other');
  return words.join('/') || 'no';
}
