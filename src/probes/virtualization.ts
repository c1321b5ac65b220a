import * as z from 'zod';
import type { HostFacts } from '../core/facts.ts';
import { type FileMeta, stat } from '../core/file.ts';
import { all, map, type Probe } from '../core/probe.ts';
import { bootLoader, dockerPresence, type Firmware, firmware, type Iommu, iommu } from './hardware.ts';
import { containerOf, guestOf, hostFacts } from './host.ts';
import { type Cpu, type CpuExtension, cpu, type LoadedModule, loadedModule, xenCapabilities, xenRole, xenVirtCaps } from './kernel.ts';
import { isOn } from './kvm.ts';
import { sriov } from './pci/pci.ts';

const Unsure = z.union([z.boolean(), z.literal('unknown')]);

/** What a host is and can do in virtualization. Flags prove what the CPU can; /dev/kvm, what can be used. */
export const Virtualization = z.strictObject({
  arch: z.string().describe('As uname -m says it.'),
  cpu: z.string().describe("The CPU's maker, as it names itself."),
  extension: z.enum(['vmx', 'svm', 'sie', 'power', 'el2', 'none', 'unknown']).describe('vmx is VT-x, svm is AMD-V.'),
  off_in_firmware: Unsure.describe('Whether the firmware has turned the extension off, as the CPU says it, or the kernel logged it.'),
  kvm: z.boolean().describe('Whether /dev/kvm is there.'),
  module: z.string().describe('The KVM module that is loaded.'),
  builtin: z.boolean().describe('Whether that module is part of the kernel.'),
  nested: Unsure.describe('Whether guests may nest guests now.'),
  guest_of: z.string().describe('The hypervisor that the host is a guest of.'),
  container: z.string().describe('The container manager that the host lives in.'),
  xen: z.enum(['dom0', 'domU', 'none', 'unknown']).describe("Whether the host is Xen's control domain, or a guest of Xen."),
  iommu: z.strictObject({
    firmware: z.string().describe("The firmware's table: DMAR is VT-d, IVRS is AMD-Vi."),
    active: z.boolean().describe('Whether the kernel has put devices into groups, or Xen can.'),
    groups: z.int(),
    domain: z.string().describe('identity with iommu=pt, else DMA or DMA-FQ.'),
  }),
  sriov: z
    .array(z.strictObject({ address: z.string(), total: z.int(), active: z.int() }))
    .readonly()
    .describe('Devices that can appear as many.'),
  boot: z.strictObject({ loader: z.string(), firmware: z.enum(['uefi', 'bios', 'other']) }),
  docker: z.enum(['absent', 'stopped', 'running']),
});
export type Virtualization = z.output<typeof Virtualization>;

interface Raw {
  readonly facts: HostFacts;
  readonly cpu: Cpu;
  readonly firmware: Firmware;
  readonly kvm: FileMeta | undefined;
  readonly opal: FileMeta | undefined;
  readonly modules: Readonly<Record<string, LoadedModule | undefined>>;
  readonly guestOf: string;
  readonly container: string;
  readonly xen: Virtualization['xen'];
  readonly xenCapabilities: string;
  readonly virtCaps: readonly string[];
  readonly iommu: Iommu;
  readonly sriov: Virtualization['sriov'];
  readonly boot: Virtualization['boot'];
  readonly docker: Virtualization['docker'];
}

/** The module that has the parameter comes first: on s390x alone that is kvm itself. */
const MODULES = ['kvm_intel', 'kvm_amd', 'kvm_hv', 'kvm_pvm', 'kvm'] as const;

/** The whole picture, in one look of files and four small commands. */
export const virtualization: Probe<Virtualization> = map(
  all<{ [K in keyof Raw]: Raw[K] }>({
    facts: hostFacts,
    cpu,
    firmware,
    kvm: stat('/dev/kvm'),
    opal: stat('/sys/firmware/opal'),
    modules: all(Object.fromEntries(MODULES.map((module) => [module, loadedModule(module, 'nested')]))),
    guestOf,
    container: containerOf,
    xen: xenRole,
    xenCapabilities,
    virtCaps: xenVirtCaps,
    iommu,
    sriov,
    boot: bootLoader,
    docker: dockerPresence,
  }),
  (raw) => ({
    arch: raw.facts.arch,
    cpu: raw.cpu.vendor ?? 'unknown',
    extension: extensionOf(raw),
    // Older kernels show the flag although the firmware has it off; a working device says more than a log.
    off_in_firmware: raw.kvm === undefined ? raw.firmware.isOff : false,
    kvm: raw.kvm !== undefined,
    ...moduleOf(raw),
    guest_of: raw.guestOf === 'unknown' && raw.cpu.isGuest ? 'vm-other' : raw.guestOf,
    container: raw.container,
    xen: raw.xen,
    // Xen keeps the IOMMU to itself: its control domain sees no groups.
    iommu: { ...raw.iommu, active: raw.iommu.groups > 0 || raw.virtCaps.includes('hvm_directio') },
    sriov: raw.sriov,
    boot: raw.boot,
    docker: raw.docker,
  }),
);

function extensionOf({ facts, cpu, firmware, kvm, opal, xenCapabilities, virtCaps }: Raw): Virtualization['extension'] {
  if (cpu.extension !== undefined) return cpu.extension;
  // Xen hides the flags from its control domain, and tells by `hvm` whether the CPU has them.
  if (virtCaps.includes('hvm') || xenCapabilities.includes('hvm-')) return ofMaker(cpu.vendor);
  if (facts.arch.startsWith('ppc64')) return opal === undefined ? 'unknown' : 'power';
  if (facts.arch === 'aarch64') return kvm !== undefined ? 'el2' : firmware.isBelowEl2 ? 'none' : 'unknown';
  return 'none';
}

function ofMaker(vendor: string | undefined): CpuExtension {
  return vendor === 'GenuineIntel' ? 'vmx' : 'svm';
}

function moduleOf({ modules, kvm }: Raw): Pick<Virtualization, 'module' | 'builtin' | 'nested'> {
  const module = MODULES.find((name) => modules[name] !== undefined);
  const loaded = module === undefined ? undefined : modules[module];
  const nested = isOn(loaded?.value) ?? (kvm === undefined ? false : 'unknown');
  return { module: module ?? 'none', builtin: loaded !== undefined && loaded.users === undefined, nested };
}
