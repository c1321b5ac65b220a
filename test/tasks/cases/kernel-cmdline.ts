import type { TaskCase } from '../../support/task-table.ts';

const NESTED = { set: { 'kvm-amd.nested': 0 } };
const IOMMU = { set: { intel_iommu: 'on' } };

export const cases: readonly TaskCase[] = [
  {
    host: 'debian12-grub',
    with: NESTED,
    finds: {
      drift: [
        'create /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks kvm-amd.nested=0',
        'reboot: this boot lacks kvm-amd.nested=0',
      ],
    },
  },
  {
    host: 'grub-written',
    with: NESTED,
    finds: {
      drift: ['grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks kvm-amd.nested=0', 'reboot: this boot lacks kvm-amd.nested=0'],
    },
  },
  { host: 'grub-rebuilt', with: NESTED, finds: { drift: ['reboot: this boot lacks kvm-amd.nested=0'] } },
  { host: 'grub-booted', with: NESTED, finds: { steady: 'it has kvm-amd.nested=0, in this boot and the next' } },
  {
    host: 'grub-live-only',
    with: NESTED,
    finds: {
      drift: [
        'create /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks kvm-amd.nested=0',
      ],
    },
  },
  { host: 'grub-booted', with: { set: { 'kvm_amd.nested': 0 } }, finds: { steady: 'it has kvm_amd.nested=0, in this boot and the next' } },
  {
    host: 'grub-booted',
    with: { remove: ['kvm_amd.nested'] },
    finds: {
      drift: [
        'remove /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 still has kvm-amd.nested=0',
        'reboot: this boot still has kvm-amd.nested=0',
      ],
    },
  },
  {
    host: 'grub-booted',
    with: { set: { 'kvm_amd.nested': 1 } },
    finds: {
      drift: [
        'edit /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks kvm_amd.nested=1 and still has kvm-amd.nested=0',
        'reboot: this boot lacks kvm_amd.nested=1 and still has kvm-amd.nested=0',
      ],
    },
  },
  {
    host: 'debian12-grub',
    with: { set: { mitigations: 'auto' } },
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks mitigations=auto and still has mitigations=off',
        'reboot: this boot lacks mitigations=auto and still has mitigations=off',
      ],
    },
  },
  {
    host: 'debian12-grub',
    with: { remove: ['mitigations', 'quiet'] },
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 still has mitigations=off quiet',
        'reboot: this boot still has quiet mitigations=off',
      ],
    },
  },
  {
    host: 'debian12-grub',
    with: { append: ['console=tty0'] },
    finds: {
      drift: [
        'create /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks console=tty0',
        'reboot: this boot lacks console=tty0',
      ],
    },
  },
  { host: 'debian12-grub', with: { append: ['console=ttyS0'] }, finds: { steady: 'it has console=ttyS0, in this boot and the next' } },
  {
    host: 'debian12-grub',
    with: { set: { debug: true } },
    finds: {
      drift: [
        'create /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks debug',
        'reboot: this boot lacks debug',
      ],
    },
  },
  {
    host: 'ubuntu-cloud-grub',
    with: IOMMU,
    finds: {
      drift: [
        'create /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks intel_iommu=on',
        'reboot: this boot lacks intel_iommu=on',
      ],
    },
  },
  {
    host: 'ubuntu-cloud-grub',
    with: { remove: ['console=tty1'] },
    finds: { blocked: '/etc/default/grub.d/50-cloudimg-settings.cfg:3 has console=tty1' },
  },
  { host: 'ubuntu-cloud-grub', with: { remove: ['splash'] }, finds: { steady: 'it has no splash, in this boot and the next' } },
  { host: 'grub-two-statements', with: NESTED, finds: { blocked: '/etc/default/grub:6 is more than one plain value' } },
  { host: 'grub-continued', with: NESTED, finds: { blocked: '/etc/default/grub:6 has a value that goes on in the next line' } },
  { host: 'grub-command', with: NESTED, finds: { blocked: '/etc/default/grub:6 has a value that the shell fills in' } },
  { host: 'grub-default-link', with: NESTED, finds: { blocked: '/etc/default/grub is no regular file' } },
  { host: 'grub-own-menu', with: NESTED, finds: { blocked: '/boot/grub/grub.cfg has no entry that the system made' } },
  { host: 'boot-systemd', with: NESTED, finds: { blocked: 'the boot loader is not GRUB: systemd-boot 252.39-1' } },
  { host: 'boot-uki', with: NESTED, finds: { blocked: 'a unified kernel image was booted (systemd-stub 255.4)' } },
  { host: 'boot-ostree', with: NESTED, finds: { blocked: 'the host is booted from an ostree deployment (/run/ostree-booted is there)' } },
  {
    host: 'boot-proxmox',
    with: NESTED,
    finds: { blocked: 'proxmox-boot-tool keeps the boot partitions (/etc/kernel/proxmox-boot-uuids is there)' },
  },
  { host: 'boot-extlinux', with: NESTED, finds: { blocked: 'the boot loader is extlinux (/boot/extlinux.conf is there)' } },
  { host: 'boot-u-boot', with: NESTED, finds: { blocked: 'the boot loader is extlinux (/boot/extlinux/extlinux.conf is there)' } },
  { host: 'boot-entries', with: NESTED, finds: { blocked: 'the boot loader is systemd-boot (/boot/loader/loader.conf is there)' } },
  { host: 'boot-pi', with: NESTED, finds: { blocked: 'the firmware boots the kernel itself (/boot/firmware/cmdline.txt is there)' } },
  { host: 'boot-zipl', with: NESTED, finds: { blocked: 'the boot loader is zipl (/etc/zipl.conf is there)' } },
  {
    host: 'boot-transactional',
    with: NESTED,
    finds: { blocked: 'the host is updated in transactions (/usr/sbin/transactional-update is there)' },
  },
  {
    host: 'grub-xen-replaces',
    with: NESTED,
    finds: { blocked: 'Xen starts this host, with the arguments of /etc/default/grub.d/xen.cfg:2 in place of the others' },
  },
  {
    host: 'grub-xen',
    with: NESTED,
    finds: {
      drift: [
        'create /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks kvm-amd.nested=0',
        'reboot: this boot lacks kvm-amd.nested=0',
      ],
    },
  },
  { host: 'boot-nothing', with: NESTED, finds: { blocked: 'there is no boot loader that we know' } },
  { host: 'boot-container', with: NESTED, finds: { blocked: 'the host is a container (docker)' } },
  {
    host: 'rocky9-bls',
    with: IOMMU,
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'edit /etc/kernel/cmdline: entries of later kernels are made from it',
        'run grubby --update-kernel=ALL --args=intel_iommu=on: /boot/loader/entries/4f6d5e9c-5.14.0-427.13.1.el9_4.x86_64.conf lacks intel_iommu=on',
        'reboot: this boot lacks intel_iommu=on',
      ],
    },
  },
  {
    host: 'rocky9-bls',
    with: { append: ['rd.lvm.lv=rl/swap'] },
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'edit /etc/kernel/cmdline: entries of later kernels are made from it',
        'run grubby --update-kernel=ALL "--args=rd.lvm.lv=rl/root rd.lvm.lv=rl/swap": /boot/loader/entries/4f6d5e9c-5.14.0-427.13.1.el9_4.x86_64.conf lacks rd.lvm.lv=rl/swap',
        'reboot: this boot lacks rd.lvm.lv=rl/swap',
      ],
    },
  },
  { host: 'rocky9-bls-done', with: IOMMU, finds: { steady: 'it has intel_iommu=on, in this boot and the next' } },
  {
    host: 'rocky9-bls-done',
    with: { remove: ['intel_iommu'] },
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'edit /etc/kernel/cmdline: entries of later kernels are made from it',
        'run grubby --update-kernel=ALL --remove-args=intel_iommu=on: /boot/loader/entries/4f6d5e9c-5.14.0-427.13.1.el9_4.x86_64.conf still has intel_iommu=on',
        'reboot: this boot still has intel_iommu=on',
      ],
    },
  },
  {
    host: 'rocky9-bls-differ',
    with: IOMMU,
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'edit /etc/kernel/cmdline: entries of later kernels are made from it',
        'run grubby --update-kernel=ALL --remove-args=intel_iommu=off --args=intel_iommu=on: /boot/loader/entries/4f6d5e9c-5.14.0-427.13.1.el9_4.x86_64.conf lacks intel_iommu=on',
        'reboot: this boot lacks intel_iommu=on',
      ],
    },
  },
  { host: 'rocky9-tuned', with: { remove: ['skew_tick'] }, finds: { blocked: 'TuneD gives all entries skew_tick=1' } },
  { host: 'rocky9-tuned', with: { set: { isolcpus: '4-5' } }, finds: { blocked: 'TuneD gives all entries isolcpus=2-3' } },
  {
    host: 'rhel8-kernelopts',
    with: IOMMU,
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'run grubby --update-kernel=ALL --args=intel_iommu=on: /boot/loader/entries/4f6d5e9c-5.14.0-427.13.1.el9_4.x86_64.conf lacks intel_iommu=on',
        'reboot: this boot lacks intel_iommu=on',
      ],
    },
  },
  {
    host: 'leap15-grub2',
    with: IOMMU,
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub2/grub.cfg: /boot/grub2/grub.cfg:93 lacks intel_iommu=on',
        'reboot: this boot lacks intel_iommu=on',
      ],
    },
  },
  {
    host: 'leap15-efi',
    with: IOMMU,
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub2/grub.cfg: /boot/grub2/grub.cfg:93 lacks intel_iommu=on',
        'reboot: this boot lacks intel_iommu=on',
      ],
    },
  },
  {
    host: 'rhel7-efi',
    with: IOMMU,
    finds: {
      drift: [
        'edit /etc/default/grub: grub-mkconfig takes kernel arguments from it',
        'grub /boot/efi/EFI/redhat/grub.cfg: /boot/efi/EFI/redhat/grub.cfg:93 lacks intel_iommu=on',
        'reboot: this boot lacks intel_iommu=on',
      ],
    },
  },
];
