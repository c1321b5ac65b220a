import type { TaskCase } from '../../support/task-table.ts';

const CREATE = 'create /etc/modprobe.d/drover-kvm-nested.conf: the module reads its options when it is loaded';
const EDIT = 'edit /etc/modprobe.d/drover-kvm-nested.conf: the module reads its options when it is loaded';

export const cases: readonly TaskCase[] = [
  {
    host: 'debian12-amd-configured',
    with: {},
    finds: { steady: 'kvm_amd has nested=1, now and after a reboot' },
    result: { live: true, configured: true },
  },
  { host: 'debian12-amd-configured', with: { vendor: 'amd' }, finds: { steady: 'kvm_amd has nested=1, now and after a reboot' } },
  { host: 'debian12-amd-configured', with: { enabled: false }, finds: { drift: [EDIT, 'module-reload kvm_amd: kvm_amd has nested=1'] } },
  { host: 'debian12-amd-configured-busy', with: {}, finds: { steady: 'kvm_amd has nested=1, now and after a reboot' } },
  { host: 'debian12-amd-idle', with: {}, finds: { drift: [CREATE] }, result: { live: true, configured: null } },
  { host: 'debian12-amd-idle', with: { enabled: false }, finds: { drift: [CREATE, 'module-reload kvm_amd: kvm_amd has nested=1'] } },
  { host: 'debian12-amd-idle', with: { vendor: 'intel' }, finds: { blocked: 'kvm_intel does not fit the CPU (AuthenticAMD)' } },
  { host: 'debian12-amd-busy', with: {}, finds: { drift: [CREATE] } },
  {
    host: 'debian12-amd-busy',
    with: { enabled: false },
    finds: { blocked: 'kvm_amd has nested=1 and is in use by a QEMU without a name' },
  },
  { host: 'debian12-amd-busy', with: { enabled: false, when_busy: 'later' }, finds: { drift: [CREATE] } },
  {
    host: 'debian12-amd-busy-waits',
    with: { enabled: false, when_busy: 'later' },
    finds: { blocked: 'kvm_amd has nested=1 and is in use by a QEMU without a name; the configured value waits for its next load' },
  },
  {
    host: 'debian12-amd-unloaded',
    with: {},
    finds: { drift: [CREATE, 'run modprobe kvm_amd: kvm_amd is not loaded'] },
    result: { live: null, configured: null },
  },
  {
    host: 'debian12-amd-off-before',
    with: {},
    finds: { drift: [CREATE, 'module-reload kvm_amd: kvm_amd has nested=0'] },
    result: { live: false, configured: false },
  },
  { host: 'debian12-amd-off-before', with: { enabled: false }, finds: { steady: 'kvm_amd has nested=0, now and after a reboot' } },
  { host: 'debian12-amd-rival', with: {}, finds: { blocked: '/etc/modprobe.d/zz-site.conf has kvm_amd nested=0 and is heard last' } },
  { host: 'debian12-amd-conf-link', with: {}, finds: { blocked: 'our file in /etc/modprobe.d is no regular file' } },
  { host: 'debian12-amd-nested-off', with: { enabled: false }, finds: { steady: 'kvm_amd has nested=0, now and after a reboot' } },
  { host: 'debian12-amd-nested-off', with: {}, finds: { drift: [EDIT, 'module-reload kvm_amd: kvm_amd has nested=0'] } },
  { host: 'debian12-amd-busy-nested-off', with: {}, finds: { blocked: 'kvm_amd has nested=0 and is in use' } },
  { host: 'debian12-amd-busy-waits', with: {}, finds: { drift: [EDIT] } },
  { host: 'debian12-amd-cmdline', with: {}, finds: { blocked: 'the kernel command line has kvm_amd nested=0 and is heard last' } },
  {
    host: 'debian12-amd-guests',
    with: { enabled: false },
    finds: { blocked: 'kvm_amd has nested=1 and is in use by web' },
  },
  {
    host: 'debian12-amd-grub',
    with: { enabled: false, via: 'cmdline' },
    finds: {
      drift: [
        'create /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks kvm_amd.nested=0',
        'reboot: this boot lacks kvm_amd.nested=0',
      ],
    },
  },
  {
    host: 'debian12-amd-grub-conf',
    with: { enabled: false, via: 'cmdline' },
    finds: {
      drift: [
        'remove /etc/modprobe.d/drover-kvm-nested.conf: the kernel command line says otherwise',
        'create /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks kvm_amd.nested=0',
        'reboot: this boot lacks kvm_amd.nested=0',
      ],
    },
  },
  {
    host: 'debian12-amd-grub-booted',
    with: { enabled: false, via: 'cmdline' },
    finds: {
      steady: 'kvm_amd has nested=0: it has kvm_amd.nested=0, in this boot and the next, over /etc/modprobe.d/site.conf',
    },
  },
  { host: 'debian12-amd-grub-booted', with: {}, finds: { blocked: 'the kernel command line has kvm_amd nested=0 and is heard last' } },
  {
    host: 'debian12-amd-grub-other',
    with: { enabled: false, via: 'cmdline' },
    finds: { drift: ['module-reload kvm_amd: kvm_amd has nested=1'] },
  },
  {
    host: 'debian12-amd-grub-other-busy',
    with: { enabled: false, via: 'cmdline' },
    finds: { blocked: 'kvm_amd has nested=1 against the command line, and is in use by db, web' },
  },
  {
    host: 'intel-builtin-grub',
    with: { via: 'cmdline' },
    finds: {
      drift: [
        'create /etc/default/grub.d/zz-drover.cfg: grub-mkconfig takes kernel arguments from it',
        'grub /boot/grub/grub.cfg: /boot/grub/grub.cfg:93 lacks kvm_intel.nested=1',
        'reboot: this boot lacks kvm_intel.nested=1',
      ],
    },
  },
  { host: 'intel-idle', with: {}, finds: { drift: [CREATE, 'module-reload kvm_intel: kvm_intel has nested=N'] } },
  { host: 'intel-two-guests', with: {}, finds: { blocked: 'kvm_intel has nested=N and is in use by web, db' } },
  { host: 'intel-builtin', with: {}, finds: { blocked: 'kvm_intel is part of the kernel, so modprobe.d is not heard' } },
  { host: 'intel-command-line', with: {}, finds: { blocked: 'the kernel command line has kvm_intel nested=0 and is heard last' } },
  { host: 'intel-no-kvm', with: {}, finds: { blocked: 'this kernel has no kvm_intel' } },
  { host: 'intel-firmware-off', with: {}, finds: { blocked: 'the CPU shows neither VT-x nor AMD-V' } },
  { host: 'amd-svm-lock', with: {}, finds: { blocked: 'the CPU shows neither VT-x nor AMD-V' } },
  { host: 'aarch64', with: {}, finds: { blocked: 'the CPU shows neither VT-x nor AMD-V' } },
  { host: 's390x', with: {}, finds: { blocked: 'nesting on s390x is not supported' } },
  { host: 'xen-dom0', with: {}, finds: { blocked: 'the host is under Xen (dom0), where KVM does not run' } },
  { host: 'nixos', with: {}, finds: { blocked: 'NixOS makes /etc on this host' } },
  {
    host: 'container-no-kvm',
    with: {},
    finds: { blocked: 'the host is a container (container-other)' },
    result: { live: null, configured: null },
  },
];
