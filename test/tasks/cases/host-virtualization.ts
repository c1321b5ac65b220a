import type { TaskCase } from '../../support/task-table.ts';

const BARE_INTEL = {
  arch: 'x86_64',
  cpu: 'GenuineIntel',
  extension: 'vmx',
  off_in_firmware: false,
  kvm: true,
  module: 'kvm_intel',
  builtin: false,
  nested: false,
  guest_of: 'none',
  container: 'none',
  xen: 'none',
  iommu: { firmware: 'DMAR', groups: 3, domain: 'identity', active: true },
  sriov: [{ address: '0000:3b:00.0', total: 64, active: 8 }],
  boot: { loader: 'unknown', firmware: 'uefi' },
  docker: 'absent',
} as const;
const WITHOUT_KVM = { ...BARE_INTEL, kvm: false, module: 'none' } as const;
const FIRMWARE_OFF = { ...WITHOUT_KVM, extension: 'none', off_in_firmware: true } as const;

export const cases: readonly TaskCase[] = [
  {
    host: 'intel-idle',
    with: {},
    finds: { steady: 'bare metal: extension vmx, /dev/kvm, nested false, 3 IOMMU groups' },
    result: BARE_INTEL,
  },
  {
    host: 'intel-idle',
    with: { require: ['extension', 'kvm', 'iommu', 'sriov', 'bare_metal'] },
    finds: { steady: 'bare metal: extension vmx, /dev/kvm, nested false, 3 IOMMU groups' },
  },
  { host: 'intel-idle', with: { require: ['nested'] }, finds: { blocked: 'guests may not nest guests' } },
  {
    host: 'intel-firmware-off',
    with: { require: ['extension', 'kvm'] },
    finds: { blocked: 'the firmware has turned VT-x or AMD-V off; there is no /dev/kvm (module: none)' },
    result: FIRMWARE_OFF,
  },
  {
    host: 'intel-unprivileged',
    with: { require: ['extension'] },
    finds: { blocked: 'the CPU shows no virtualization extension' },
    result: { ...FIRMWARE_OFF, off_in_firmware: 'unknown' },
  },
  {
    host: 'amd-svm-lock',
    with: { require: ['extension'] },
    finds: { blocked: 'the CPU shows no virtualization extension' },
    result: { ...WITHOUT_KVM, cpu: 'AuthenticAMD', extension: 'none', iommu: { ...BARE_INTEL.iommu, firmware: 'IVRS' } },
  },
  { host: 'intel-msr-off', with: { require: ['extension'] }, finds: { blocked: 'the firmware has turned VT-x or AMD-V off' } },
  {
    host: 'intel-msr-on',
    with: {},
    finds: { steady: 'bare metal: extension none, no /dev/kvm, nested false, 3 IOMMU groups' },
    result: { ...FIRMWARE_OFF, off_in_firmware: false },
  },
  { host: 'amd-msr-off', with: { require: ['extension'] }, finds: { blocked: 'the firmware has turned VT-x or AMD-V off' } },
  { host: 'aarch64-below-el2', with: { require: ['extension'] }, finds: { blocked: 'the CPU shows no virtualization extension' } },
  {
    host: 'intel-builtin',
    with: {},
    finds: { steady: 'bare metal: extension vmx, /dev/kvm, nested false, 3 IOMMU groups' },
    result: { ...BARE_INTEL, builtin: true },
  },
  {
    host: 'debian12-amd-idle',
    with: { require: ['kvm', 'nested'] },
    finds: { steady: 'guest of qemu: extension svm, /dev/kvm, nested true, no IOMMU' },
    result: {
      arch: 'x86_64',
      cpu: 'AuthenticAMD',
      extension: 'svm',
      off_in_firmware: false,
      kvm: true,
      module: 'kvm_amd',
      builtin: false,
      nested: true,
      guest_of: 'qemu',
      container: 'none',
      xen: 'none',
      iommu: { firmware: 'none', groups: 0, domain: 'unknown', active: false },
      sriov: [],
      boot: { loader: 'grub', firmware: 'bios' },
      docker: 'absent',
    },
  },
  {
    host: 'debian12-amd-idle',
    with: { require: ['iommu', 'sriov', 'bare_metal'] },
    finds: {
      blocked:
        'no IOMMU is in use (table in the firmware: none); no device has SR-IOV; the host is no bare metal (guest of: qemu, container: none)',
    },
  },
  { host: 'debian12-amd-unloaded', with: { require: ['kvm'] }, finds: { blocked: 'there is no /dev/kvm (module: none)' } },
  {
    host: 'debian12-amd-iommu',
    with: { require: ['iommu'] },
    finds: { steady: 'guest of qemu: extension svm, /dev/kvm, nested true, 7 IOMMU groups' },
  },
  { host: 'debian12-intel-iommu', with: { require: ['sriov'] }, finds: { blocked: 'no device has SR-IOV' } },
  {
    host: 'container-no-kvm',
    with: { require: ['bare_metal'] },
    finds: { blocked: 'the host is no bare metal (guest of: kvm, container: container-other)' },
  },
  {
    host: 'container-no-kvm',
    with: {},
    finds: { steady: 'container (container-other): extension none, no /dev/kvm, nested false, no IOMMU' },
  },
  {
    host: 'xen-dom0',
    with: { require: ['extension'] },
    finds: { steady: 'bare metal: extension vmx, no /dev/kvm, nested false, an IOMMU of Xen' },
    result: { ...WITHOUT_KVM, xen: 'dom0', iommu: { firmware: 'DMAR', groups: 0, domain: 'unknown', active: true } },
  },
  {
    host: 'xen-dom0-debian12',
    with: { require: ['extension'] },
    finds: { steady: 'guest of qemu: extension svm, no /dev/kvm, nested false, no IOMMU' },
  },
  {
    host: 'xen-domu',
    with: {},
    finds: { steady: 'guest of xen: extension none, no /dev/kvm, nested false, 3 IOMMU groups' },
    result: { ...WITHOUT_KVM, extension: 'none', guest_of: 'xen', xen: 'domU' },
  },
  {
    host: 's390x',
    with: { require: ['extension', 'kvm'] },
    finds: { steady: 'bare metal: extension sie, /dev/kvm, nested false, 3 IOMMU groups' },
  },
  {
    host: 'ppc64le-powernv',
    with: { require: ['extension'] },
    finds: { steady: 'bare metal: extension power, /dev/kvm, nested false, 3 IOMMU groups' },
  },
  {
    host: 'aarch64',
    with: { require: ['extension'] },
    finds: { steady: 'bare metal: extension el2, /dev/kvm, nested unknown, 3 IOMMU groups' },
  },
  {
    host: 'alpine-openrc',
    with: {},
    finds: { steady: 'guest of vm-other: extension vmx, no /dev/kvm, nested false, 3 IOMMU groups' },
    result: { ...WITHOUT_KVM, off_in_firmware: true, guest_of: 'vm-other', container: 'unknown' },
  },
];
