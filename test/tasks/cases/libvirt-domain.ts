import type { TaskCase } from '../../support/task-table.ts';

const TUNED = { domain: 'web01', cpu: { mode: 'maximum' }, nic: { model: 'virtio' }, disk: { cache: 'none' } };
const VIRTIO = { domain: 'web01', nic: { model: 'virtio' } };

function defined(because: string): { readonly drift: readonly string[] } {
  return {
    drift: [
      'create /run/drover-domain-web01.old.xml: virsh reads it from there',
      'create /run/drover-domain-web01.new.xml: virsh reads it from there',
      `run virsh -c qemu:///system define --validate /run/drover-domain-web01.new.xml: web01 is defined with ${because}`,
      'remove /run/drover-domain-web01.old.xml: virsh has read it',
      'remove /run/drover-domain-web01.new.xml: virsh has read it',
    ],
  };
}

export const cases: readonly TaskCase[] = [
  {
    host: 'libvirt-web01',
    with: TUNED,
    finds: defined('cpu mode custom, 52:54:00:11:22:33 model type e1000, sda cache unset'),
    result: { domains: [{ name: 'web01', defined: true, running: false }] },
  },
  { host: 'libvirt-web01', with: { domain: 'web01', nic: { model: 'e1000' } }, finds: { steady: 'web01 is as wanted, and shut off' } },
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', cpu: { mode: 'host-passthrough' } },
    finds: { blocked: 'host-passthrough needs KVM, and web01 is a domain of type qemu' },
  },
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', disk: { io: 'native' } },
    finds: { blocked: 'sda has io native, which needs cache none or directsync' },
  },
  {
    host: 'libvirt-web01-runs',
    with: VIRTIO,
    finds: { blocked: 'web01 runs with 52:54:00:11:22:33 model type e1000' },
    result: { domains: [{ name: 'web01', defined: true, running: true }] },
  },
  { host: 'libvirt-web01-runs', with: { ...VIRTIO, when_busy: 'later' }, finds: defined('52:54:00:11:22:33 model type e1000') },
  {
    host: 'libvirt-web01-runs',
    with: { domain: 'web01', nic: { model: 'e1000' } },
    finds: { steady: 'web01 is as wanted, now and at its next start' },
  },
  {
    host: 'libvirt-kvm',
    with: {
      domain: 'web01',
      cpu: { mode: 'host-passthrough', migratable: false },
      nic: { model: 'virtio' },
      disk: { cache: 'none', io: 'native' },
    },
    finds: defined('cpu mode unset and migratable unset, 52:54:00:00:00:02 model type unset, vda cache writeback and io unset'),
  },
  {
    host: 'libvirt-absent',
    with: VIRTIO,
    finds: { blocked: 'there is no domain web01' },
    result: { domains: [{ name: 'web01', defined: false, running: false }] },
  },
  { host: 'libvirt-transient', with: VIRTIO, finds: { blocked: 'web01 is transient: it has no definition to change' } },
  {
    host: 'libvirt-saved',
    with: VIRTIO,
    finds: { blocked: 'web01 has a managed save image, which the next start resumes with the old definition' },
  },
  {
    host: 'libvirt-snapshot',
    with: VIRTIO,
    finds: { blocked: 'web01 has snapshots, and going back to one brings the old definition back' },
  },
  { host: 'libvirt-proxmox', with: VIRTIO, finds: { blocked: 'Proxmox VE owns the guests of this host' } },
  { host: 'libvirt-ovirt', with: VIRTIO, finds: { blocked: 'oVirt owns web01' } },
  { host: 'libvirt-ovirt-runs', with: VIRTIO, finds: { blocked: 'oVirt owns web01' } },
  { host: 'libvirt-nova', with: VIRTIO, finds: { blocked: 'OpenStack owns web01' } },
  {
    host: 'libvirt-broken',
    with: VIRTIO,
    finds: { blocked: '/etc/libvirt/qemu/web01.xml:2:18: unexpected close tag.' },
  },

  // Cards.
  { host: 'libvirt-host', with: { domain: 'web01', nic: { bridge: 'br0' } }, finds: defined('52:54:00:11:22:33 on user') },
  { host: 'libvirt-host', with: { domain: 'web01', nic: { bridge: 'br9' } }, finds: { blocked: "br9 is no bridge of the host's kernel" } },
  {
    host: 'libvirt-host',
    with: { domain: 'web01', nic: [{ mac: '52:54:00:00:00:0f', model: 'virtio' }] },
    finds: { blocked: 'web01 has no card 52:54:00:00:00:0f' },
  },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', nic: [{ model: 'virtio' }, { mac: '52:54:00:00:00:01', model: 'e1000', bridge: 'br0' }] },
    finds: defined('52:54:00:00:00:01 model type unset, 52:54:00:00:00:01 on network default, 52:54:00:00:00:02 model type unset'),
  },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', nic: { bridge: 'br0' } },
    finds: { blocked: 'web01 has 2 cards, and all would come to br0' },
  },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', nic: { mac: '52:54:00:00:00:02', bridge: 'br0' } },
    finds: { blocked: '52:54:00:00:00:02 of web01 is connected in a way of its own' },
  },

  // Disks.
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', disk: { bus: 'virtio' } },
    finds: { blocked: 'sda of web01 is on sata, and a guest that lacks the driver or names its disks would not boot from virtio' },
  },
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', disk: { target: 'vda', bus: 'virtio', guest_ready: true, cache: 'none' } },
    finds: defined('sda cache unset, sda bus sata'),
  },
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', disk: { target: 'sda', bus: 'virtio', guest_ready: true } },
    finds: { blocked: 'sda is no name of a disk on virtio' },
  },
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', disk: { target: 'vdb', cache: 'none' } },
    finds: { blocked: 'web01 has no disk vdb' },
  },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', disk: { bus: 'sata', guest_ready: true } },
    finds: { blocked: 'vda of web01 would be sda, which is another disk' },
  },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', disk: { target: 'vdc', bus: 'virtio', guest_ready: true } },
    finds: { blocked: 'sdc of web01 is a LUN with its own bus' },
  },
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', disk: { iothread: 1 }, iothreads: 1 },
    finds: { blocked: 'sda of web01 is on sata, which has no I/O threads' },
  },
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', disk: { bus: 'virtio', guest_ready: true, iothread: 2 }, iothreads: 1 },
    finds: { blocked: 'web01 has 1 I/O threads, and sda was to have thread 2' },
  },
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', disk: { bus: 'virtio', guest_ready: true, iothread: 1 }, iothreads: 1 },
    finds: defined('iothreads 0, sda iothread unset, sda bus sata'),
  },

  // Block devices.
  ...[
    ['/dev/disk/by-id/wwn-b', undefined],
    ['/dev/sdx', '/dev/sdx is no block device of the host'],
    ['/dev/sda1', '/dev/sda1 is mounted on /'],
    ['/dev/sda2', '/dev/sda2 is swap space of the host'],
    ['/dev/sda', '/dev/sda is mounted on /'],
    ['/dev/sdc', '/dev/sdc is held by dm-0 (lvm)'],
    ['/dev/sdd', '/dev/sdd holds a part of something larger (linux_raid_member)'],
    ['/dev/sr0', '/dev/sr0 is a CD drive'],
    ['/dev/mapper/vg0-db01', '/dev/mapper/vg0-db01 is a disk of db01'],
  ].map(
    ([source = '', because]): TaskCase => ({
      host: 'libvirt-host',
      with: { domain: 'web01', disk: { target: 'vdb', source } },
      finds: because === undefined ? defined('no disk vdb') : { blocked: because },
    }),
  ),
  {
    host: 'libvirt-host',
    with: { domain: 'web01', disk: { target: 'sda', source: '/dev/vg0/web01' } },
    finds: defined('sda source /var/lib/libvirt/images/web01.raw'),
  },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', disk: { target: 'vda', source: '/dev/vg0/web01' } },
    finds: { blocked: 'vda of web01 has a source with layers or settings of its own' },
  },
  {
    host: 'libvirt-two',
    with: { domain: 'web*', disk: { target: 'vda', source: '/dev/vg0/web01' } },
    finds: { blocked: 'several domains would have the same device' },
  },

  // Devices of the host.
  ...[
    ['0000:01:00.0', undefined],
    ['0000:01:00.1', '0000:01:00.1 is with gpu01, which runs'],
    ['0000:02:00.0', '0000:02:00.0 is no PCI device of the host'],
    ['0000:03:00.0', '0000:03:00.0 is eth0, which is up'],
    ['0000:07:00.0', '0000:07:00.0 is ens7, which is up'],
    ['0000:04:00.0', '0000:04:00.0 has 2 virtual functions in use'],
    ['0000:05:00.0', '0000:05:00.0 is a bridge'],
    ['0000:06:00.0', '0000:06:00.0 has no IOMMU group, so no guest could start with it'],
    ['0000:08:00.0', '0000:08:00.0 shares its IOMMU group with 0000:08:00.1 (network, 8086:1521, igb), which the host has'],
    ['0000:09:00.0', '0000:01:00.1, of the same IOMMU group as 0000:09:00.0, is with gpu01, which runs'],
  ].map(
    ([address = '', because]): TaskCase => ({
      host: 'libvirt-host',
      with: { domain: 'web01', hostdev: [address] },
      finds: because === undefined ? defined('no device 0000:01:00.0') : { blocked: because },
    }),
  ),
  {
    host: 'libvirt-host',
    with: { domain: 'web01', hostdev: ['0000:08:00.0', '0000:08:00.1'] },
    finds: defined('no device 0000:08:00.0, no device 0000:08:00.1'),
  },
  {
    host: 'libvirt-host-no-remap',
    with: { domain: 'web01', hostdev: ['0000:01:00.0'] },
    finds: { blocked: 'the IOMMU does not remap interrupts, and without that vfio gives no device to a guest' },
  },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', hostdev: ['0000:01:00.0'] },
    finds: defined('0000:01:00.0 managed no'),
  },

  // What the guest is told.
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', kvm: { hidden: true }, hyperv: { vendor_id: 'AuthenticAMD' } },
    finds: defined('kvm hidden state unset, hyperv vendor_id state unset and value unset'),
  },
  { host: 'libvirt-web01', with: { domain: 'web01', kvm: { hidden: false } }, finds: { steady: 'web01 is as wanted, and shut off' } },
  { host: 'libvirt-special', with: { domain: 'web01', kvm: { hidden: true } }, finds: defined('kvm hidden state off') },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', hyperv: { vendor_id: 'x' } },
    finds: { blocked: 'the hyperv features of web01 are passed through, so it has no vendor_id of its own' },
  },

  // Memory.
  { host: 'libvirt-host', with: { domain: 'web01', hugepages: '2M' }, finds: defined('no huge pages') },
  {
    host: 'libvirt-host',
    with: { domain: 'web01', hugepages: '16M' },
    finds: { blocked: 'the host has no huge pages of 16M; it has 1048576 KiB, 2048 KiB' },
  },
  {
    host: 'libvirt-host',
    with: { domain: 'web01', hugepages: '1G' },
    finds: { blocked: 'the memory of web01 is no multiple of 1G' },
  },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', hugepages: '2M' },
    finds: { blocked: 'the memory of web01 is no multiple of 2M' },
  },
  {
    host: 'libvirt-host-pages',
    with: { domain: 'web01', hugepages: '2M' },
    finds: { blocked: 'no hugetlbfs is mounted for pages of 2M' },
  },
  {
    host: 'libvirt-two',
    with: { domain: 'web*', hugepages: '2M' },
    finds: { blocked: '64 huge pages of 2M are needed for web01, web02, and 36 are free' },
  },

  // Threads.
  {
    host: 'libvirt-host',
    with: { domain: 'web01', iothreads: 2, pins: { vcpus: [1], emulator: '0-3,^1', iothreads: ['2', '3'] } },
    finds: defined('iothreads 0, vcpupin 0 unset, emulatorpin unset, iothreadpin 1 unset, iothreadpin 2 unset'),
  },
  {
    host: 'libvirt-host',
    with: { domain: 'web01', pins: { vcpus: ['0', '1'] } },
    finds: { blocked: 'web01 has 1 vCPUs, and vCPU 1 was to be pinned' },
  },
  {
    host: 'libvirt-host',
    with: { domain: 'web01', pins: { iothreads: ['0'] } },
    finds: { blocked: 'web01 has 0 I/O threads, and thread 1 was to be pinned' },
  },
  {
    host: 'libvirt-host',
    with: { domain: 'web01', pins: { emulator: '2-5' } },
    finds: { blocked: 'the host has no CPU 4, 5 online; it has 0-3' },
  },
  { host: 'libvirt-special', with: { domain: 'web01', pins: { vcpus: ['0-1'] } }, finds: { steady: 'web01 is as wanted, and shut off' } },
  { host: 'libvirt-special', with: { domain: 'web01', pins: { vcpus: ['0-2'] } }, finds: defined('vcpupin 0 0,1') },
  {
    host: 'libvirt-special',
    with: { domain: 'web01', iothreads: 3 },
    finds: { blocked: 'web01 numbers its I/O threads one by one' },
  },

  // While it runs.
  {
    host: 'libvirt-web01-runs',
    with: { ...VIRTIO, when_busy: 'restart' },
    finds: {
      drift: [
        ...defined('52:54:00:11:22:33 model type e1000').drift,
        'domain-restart web01: web01 runs with 52:54:00:11:22:33 model type e1000',
      ],
    },
  },
  {
    host: 'libvirt-web01-waits',
    with: VIRTIO,
    finds: { blocked: 'web01 runs with 52:54:00:11:22:33 model type e1000; the new definition waits for its next start' },
  },
  {
    host: 'libvirt-web01-waits',
    with: { ...VIRTIO, when_busy: 'restart' },
    finds: { drift: ['domain-restart web01: web01 runs with 52:54:00:11:22:33 model type e1000'] },
  },
  {
    host: 'libvirt-web01-paused',
    with: { ...VIRTIO, when_busy: 'restart' },
    finds: { blocked: 'web01 is paused, and does not hear that it is to shut down' },
  },
  {
    host: 'libvirt-web01-paused',
    with: { ...VIRTIO, when_busy: 'restart', late: 'destroy' },
    finds: {
      drift: [
        ...defined('52:54:00:11:22:33 model type e1000').drift,
        'domain-restart web01: web01 runs with 52:54:00:11:22:33 model type unset',
      ],
    },
  },
  {
    host: 'libvirt-web01-stays-on',
    with: { ...VIRTIO, when_busy: 'restart' },
    finds: { blocked: 'web01 does not end when it is powered off (on_poweroff preserve)' },
  },

  // Several domains.
  {
    host: 'libvirt-two',
    with: { domain: ['web*', 'web01'], kvm: { hidden: true } },
    finds: {
      drift: ['web01', 'web02'].flatMap((name) => [
        `create /run/drover-domain-${name}.old.xml: virsh reads it from there`,
        `create /run/drover-domain-${name}.new.xml: virsh reads it from there`,
        `run virsh -c qemu:///system define --validate /run/drover-domain-${name}.new.xml: ${name} is defined with kvm hidden state unset`,
        `remove /run/drover-domain-${name}.old.xml: virsh has read it`,
        `remove /run/drover-domain-${name}.new.xml: virsh has read it`,
      ]),
    },
    result: {
      domains: [
        { name: 'web01', defined: true, running: false },
        { name: 'web02', defined: true, running: false },
      ],
    },
  },
  {
    host: 'libvirt-two-held',
    with: { domain: 'web*', kvm: { hidden: true } },
    finds: {
      blocked:
        'web01 has a managed save image, which the next start resumes with the old definition; web02 has snapshots, and going back to one brings the old definition back; web03 is transient: it has no definition to change',
    },
  },
  {
    host: 'libvirt-two',
    with: { domain: 'x*', kvm: { hidden: true } },
    finds: { blocked: 'there is no domain x*' },
  },
];
