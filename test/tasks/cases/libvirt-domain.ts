import type { TaskCase } from '../../support/task-table.ts';

const TUNED = { domain: 'web01', cpu: { mode: 'maximum' }, nic: { model: 'virtio' }, disk: { cache: 'none' } };
const VIRTIO = { domain: 'web01', nic: { model: 'virtio' } };

function defined(because: string): TaskCase['finds'] {
  return {
    drift: [
      'create /run/drover-domain-web01.old.xml: virsh reads it from there',
      'create /run/drover-domain-web01.new.xml: virsh reads it from there',
      `run virsh -c qemu:///system define --validate /run/drover-domain-web01.new.xml: it is defined with ${because}`,
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
    result: { defined: true, running: false },
  },
  { host: 'libvirt-web01', with: { domain: 'web01', nic: { model: 'e1000' } }, finds: { steady: 'web01 is as wanted, and shut off' } },
  {
    host: 'libvirt-web01',
    with: { domain: 'web01', cpu: { mode: 'host-passthrough' } },
    finds: { blocked: 'host-passthrough needs KVM, and this is a domain of type qemu' },
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
    result: { defined: true, running: true },
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
  { host: 'libvirt-absent', with: VIRTIO, finds: { blocked: 'there is no domain web01' }, result: { defined: false, running: false } },
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
  {
    host: 'libvirt-broken',
    with: VIRTIO,
    finds: { blocked: '/etc/libvirt/qemu/web01.xml:2:18: unexpected close tag.' },
  },
];
