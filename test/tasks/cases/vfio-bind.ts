import type { TaskCase } from '../../support/task-table.ts';

const CARD = '0000:00:05.0';
const card = { devices: [CARD] };
const [LEFT, RIGHT] = ['0000:01:01.0', '0000:01:02.0'];
const free = '0000:00:05.0 (network, 8086:10d3, e1000e)';
const bound = '0000:00:05.0 (network, 8086:10d3, vfio-pci)';
const HAS = `vfio-pci has it, now and after a reboot; IOMMU group 4: ${bound}`;
const OPTIONS = 'create /etc/modprobe.d/drover-vfio.conf: vfio-pci takes these models before other drivers';
const MORE_OPTIONS = OPTIONS.replace('create', 'edit');
const EARLY = 'edit /etc/initramfs-tools/modules: those drivers may be loaded from the initramfs';
const LOAD = 'run modprobe vfio-pci: vfio-pci is not loaded';
const MOVE = `run drover-driver ${CARD} e1000e vfio-pci vfio-pci: e1000e has it; IOMMU group 4: ${free}`;
const IMAGE = 'initramfs by update-initramfs: it holds a copy of what is heard there (initrd.img-6.1.0-56-amd64)';
const BRIDGED =
  'IOMMU group 5: 0000:00:06.0 (PCI bridge, 1b36:000e, no driver), 0000:01:01.0 (network, 8086:100e, e1000), 0000:01:02.0 (network, 8086:100e, e1000)';
const ON_FILE = `create /etc/driverctl.d/pci-${CARD}: udev gives it that driver at boot, as driverctl would`;
const FOLDER = 'run mkdir -m 0755 -- /etc/driverctl.d: it is on the way to the file';

function blocked(host: string, because: string, params: TaskCase['with'] = card): TaskCase {
  return { host, with: params, finds: { blocked: because } };
}

export const cases: readonly TaskCase[] = [
  {
    host: 'passthrough-io',
    with: card,
    finds: { drift: [OPTIONS, EARLY, LOAD, MOVE, IMAGE] },
    result: { groups: [{ number: '4', devices: [{ address: CARD, id: '8086:10d3', class: '020000', driver: 'e1000e' }] }] },
  },
  { host: 'passthrough-bound', with: card, finds: { steady: HAS } },
  { host: 'passthrough-site-bound', with: card, finds: { steady: HAS } },
  { host: 'passthrough-driverctl-bound', with: card, finds: { steady: HAS } },
  { host: 'passthrough-live-only', with: card, finds: { drift: [OPTIONS, EARLY, IMAGE] } },
  { host: 'passthrough-configured-early', with: card, finds: { drift: [EARLY, IMAGE] } },
  { host: 'passthrough-configured', with: card, finds: { drift: [LOAD, MOVE, IMAGE] } },
  { host: 'passthrough-conf-other', with: card, finds: { drift: [MORE_OPTIONS, LOAD, MOVE, IMAGE] } },
  {
    host: 'passthrough-unbound',
    with: card,
    finds: {
      drift: [
        OPTIONS,
        EARLY,
        LOAD,
        MOVE.replace('05.0 e1000e', '05.0 ""')
          .replace('e1000e has', 'no driver has')
          .replace(/e1000e\)$/, 'no driver)'),
        IMAGE,
      ],
    },
  },
  {
    host: 'passthrough-dracut',
    with: card,
    finds: {
      drift: [
        OPTIONS,
        'create /etc/dracut.conf.d/drover-vfio.conf: those drivers may be loaded from the initramfs',
        LOAD,
        MOVE,
        IMAGE.replace('update-initramfs', 'dracut'),
      ],
    },
  },
  { host: 'passthrough-driverctl', with: card, finds: { drift: [FOLDER, ON_FILE, LOAD, MOVE] } },
  { host: 'passthrough-driverctl', with: { ...card, via: 'modprobe' }, finds: { drift: [OPTIONS, EARLY, LOAD, MOVE, IMAGE] } },
  blocked('passthrough-no-remap', 'the IOMMU does not remap interrupts, and without that vfio gives no device to a guest', card),
  blocked('passthrough-io', 'driverctl is not installed, or has no rule for udev that we know', { ...card, via: 'driverctl' }),
  blocked('passthrough-driverctl-folder', `/etc/driverctl.d/pci-${CARD} is no regular file`),

  // The whole group, or nothing of it.
  blocked('passthrough-io', `0000:01:02.0 (network, 8086:100e, e1000) is in the same group and stays with the host; ${BRIDGED}`, {
    devices: [LEFT],
  }),
  {
    host: 'passthrough-io',
    with: { devices: [LEFT, RIGHT] },
    finds: {
      drift: [
        OPTIONS,
        EARLY,
        LOAD,
        `run drover-driver ${LEFT} e1000 vfio-pci vfio-pci: e1000 has it; ${BRIDGED}`,
        `run drover-driver ${RIGHT} e1000 vfio-pci vfio-pci: e1000 has it; ${BRIDGED}`,
        IMAGE,
      ],
    },
  },
  blocked('passthrough-twins', '0000:01:02.0 (network, 8086:100e, e1000) is of the same model, and modprobe.d knows models only', {
    devices: [LEFT],
  }),
  blocked('passthrough-io', '0000:00:06.0 (PCI bridge, 1b36:000e, no driver) is a bridge', { devices: ['0000:00:06.0'] }),
  blocked('passthrough-io', '0000:00:04.0 (class 080600, 1022:0020, no driver) has no IOMMU group', { devices: ['0000:00:04.0'] }),
  blocked('passthrough-io', 'there is no device 0000:09:00.0', { devices: ['0000:09:00.0'] }),

  // What is in use.
  blocked('passthrough-io', '0000:00:01.0 (storage, 1af4:1001, virtio-pci) is in use: vda1 is mounted at /', {
    devices: ['0000:00:01.0'],
  }),
  blocked('passthrough-io', '0000:00:02.0 (network, 1af4:1000, virtio-pci) is in use: enp0s2 has the address 10.0.2.15', {
    devices: ['0000:00:02.0'],
  }),
  blocked(
    'passthrough-bridged',
    `${free} is in use: enp0s5 has the address fe80:0000:0000:0000:5054:00ff:fe12:3456, enp0s5 is part of br0, 2 of its virtual functions are there`,
  ),
  blocked(
    'passthrough-disks',
    '0000:00:1f.2 (storage, 8086:2922, ahci) is in use: sda may be part of a pool of ZFS, sda1 is mounted at /boot, sda1 is swap, sda1 may be part of a pool of ZFS, sda2 is part of dm-0, sda2 may be part of a pool of ZFS, sdb is part of a btrfs, sdb may be part of a pool of ZFS, sdb is a disk of the guest web01',
    { devices: ['0000:00:1f.2'] },
  ),
  blocked('passthrough-guest', `${bound} is in use: the guest web01 runs with it`),
  blocked('passthrough-guest-broken', '/run/libvirt/qemu/web01.xml:1:11: unclosed tag: domstatus'),
  blocked('passthrough-busybox', 'what uses devices: find: unrecognized: -printf'),

  // Layers of the IOMMU.
  blocked('passthrough-no-table', 'the firmware offers no IOMMU (it has no table DMAR, IVRS or IORT)'),
  blocked('passthrough-iommu-off', 'the kernel command line turns the IOMMU off (amd_iommu=off)'),
  blocked('passthrough-iommu-unused', 'the kernel does not use the IOMMU that the firmware offers (IVRS)'),
  blocked('passthrough-intel-off', 'the kernel does not use the IOMMU that the firmware offers (DMAR)'),

  // What modprobe.d cannot say, or would say to nobody.
  blocked('passthrough-site-ids', '/etc/modprobe.d/site.conf has vfio_pci ids=10de:1b80'),
  blocked('passthrough-install-rule', '/etc/modprobe.d/site.conf:1 has a command in place of vfio_pci'),
  blocked('passthrough-conf-edited', '/etc/modprobe.d/drover-vfio.conf:3 is none of our lines'),
  blocked('passthrough-conf-link', '/etc/modprobe.d/drover-vfio.conf or /etc/initramfs-tools/modules is no regular file'),
  blocked('passthrough-no-tool', 'there is neither update-initramfs nor dracut'),
  blocked('passthrough-vfio-built-in', 'vfio-pci is part of the kernel, so modprobe.d is not heard'),
  blocked('passthrough-driver-built-in', `${free} has a driver that is part of the kernel, which is always first`),
  blocked('passthrough-no-vfio', 'this kernel has no vfio-pci'),

  blocked('passthrough-container', 'the host is a container (lxc)'),
  blocked('passthrough-xen', 'the host is under Xen (dom0)'),
  blocked('passthrough-nixos', 'NixOS makes /etc on this host'),
  blocked('passthrough-ostree', 'the system on this host is changed in transactions'),
];
