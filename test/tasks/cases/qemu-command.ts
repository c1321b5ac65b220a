import type { TaskCase } from '../../support/task-table.ts';

const SCRIPT = '/usr/local/bin/start-web01';
const UNIT = '/etc/systemd/system/web02.service';
const TUNED = { path: SCRIPT, cpu: 'max', nic: {}, drive: { cache: 'none', aio: 'native', format: 'raw' } };
const MODERN = { path: UNIT, cpu: 'max', nic: {} };
const BRIDGED = { path: SCRIPT, nic: { bridge: 'docker0' } };
const MAX = { path: SCRIPT, cpu: 'max' };

const RELOAD = 'daemon-reload: web02.service has changed since systemd read it';
const ALLOW = `edit ${SCRIPT}: line 4 has legacy -net nic and -net user`;

export const cases: readonly TaskCase[] = [
  {
    host: 'qemu-script',
    with: TUNED,
    finds: {
      drift: [
        `edit ${SCRIPT}: line 4 has cpu unset, legacy -net nic and -net user, /root/web01.raw cache writeback, /root/web01.raw aio unset, /root/web01.raw format unset`,
      ],
    },
    result: {
      running: false,
      findings: [
        'no KVM: every instruction is emulated',
        "no -cpu: the guest sees QEMU's oldest one",
        '-net: legacy network',
        '-net: a card of model e1000, which is slower than virtio',
        "-net: a network of QEMU's own, which nobody reaches from outside",
        '/root/web01.raw: a format that QEMU guesses',
      ],
    },
  },
  {
    host: 'qemu-script',
    with: { path: SCRIPT, drive: { file: '/root/web01.raw', cache: 'writeback' } },
    finds: { steady: `${SCRIPT}:4 is as wanted` },
  },
  {
    host: 'qemu-script',
    with: { path: SCRIPT },
    finds: {
      steady: `${SCRIPT}:4 is left as it is: no KVM: every instruction is emulated; no -cpu: the guest sees QEMU's oldest one; -net: legacy network; -net: a card of model e1000, which is slower than virtio; -net: a network of QEMU's own, which nobody reaches from outside; /root/web01.raw: a format that QEMU guesses`,
    },
  },
  {
    host: 'qemu-script',
    with: BRIDGED,
    finds: {
      drift: ['run mkdir -m 0755 -- /etc/qemu: it is on the way to the file', 'create /etc/qemu/bridge.conf: it is not there', ALLOW],
    },
  },
  { host: 'qemu-acl', with: BRIDGED, finds: { blocked: '/etc/qemu/bridge.conf:3 denies docker0' } },
  { host: 'qemu-acl-rhel', with: BRIDGED, finds: { drift: ['edit /etc/qemu-kvm/bridge.conf: its content differs', ALLOW] } },
  {
    host: 'qemu-script',
    with: { path: SCRIPT, cpu: 'host' },
    finds: { blocked: `${SCRIPT}:4 runs without KVM, and cpu host is that of KVM alone` },
  },
  { host: 'qemu-script', with: { path: SCRIPT, accel: 'kvm', cpu: 'host' }, finds: { blocked: 'there is no /dev/kvm' } },
  { host: 'qemu-script', with: { path: SCRIPT, hostdev: ['01:00.0'] }, finds: { blocked: 'there is no PCI device 0000:01:00.0' } },
  {
    host: 'qemu-script',
    with: { path: SCRIPT, drive: { aio: 'native' } },
    finds: { blocked: `${SCRIPT}:5 has aio native, which needs cache none or directsync` },
  },
  {
    host: 'qemu-script',
    with: { path: SCRIPT, drive: { file: '/b', cache: 'none' } },
    finds: { blocked: `${SCRIPT}:4 has no -drive with the file /b` },
  },
  {
    host: 'qemu-script-runs',
    with: MAX,
    finds: { blocked: 'its guest runs (process 196) with cpu unset' },
    result: {
      running: true,
      findings: [
        'no KVM: every instruction is emulated',
        "no -cpu: the guest sees QEMU's oldest one",
        '-net: legacy network',
        '-net: a card of model e1000, which is slower than virtio',
        "-net: a network of QEMU's own, which nobody reaches from outside",
        '/root/web01.raw: a format that QEMU guesses',
      ],
    },
  },
  { host: 'qemu-script-runs', with: { ...MAX, when_busy: 'later' }, finds: { drift: [`edit ${SCRIPT}: line 4 has cpu unset`] } },
  {
    host: 'qemu-script-runs',
    with: { path: SCRIPT, drive: { cache: 'writeback' } },
    finds: { steady: `${SCRIPT}:4 is as wanted, and so its guest runs` },
  },
  {
    host: 'qemu-kvm',
    with: { path: SCRIPT, accel: 'kvm', cpu: 'host', hostdev: ['01:00.0'], drive: { aio: 'native', format: 'raw' } },
    finds: { drift: [`edit ${SCRIPT}: line 2 has cpu unset, /dev/vg0/vm1 aio unset, /dev/vg0/vm1 format unset, no device 0000:01:00.0`] },
    result: {
      running: false,
      findings: [
        "no -cpu: the guest sees QEMU's oldest one",
        '-net: legacy network',
        '/dev/vg0/vm1: a format that QEMU guesses',
        '/dev/vg0/vm1: aio threads, where native or io_uring would wait less',
        '-vnc: open to the network without a password',
        '-net: a card with the address that all guests have',
      ],
    },
  },
  {
    host: 'qemu-kvm',
    with: BRIDGED,
    finds: { blocked: `${SCRIPT}:4 has a card without macaddr: on a bridge all guests would be 52:54:00:12:34:56` },
  },
  {
    host: 'qemu-kvm-unbound',
    with: { path: SCRIPT, hostdev: ['01:00.0'] },
    finds: { blocked: '0000:01:00.0 (display, 10de:1b80, nouveau) is not held by vfio-pci' },
  },
  {
    host: 'qemu-kvm-no-remap',
    with: { path: SCRIPT, hostdev: ['01:00.0'] },
    finds: { blocked: 'the IOMMU does not remap interrupts, and without that vfio gives no device to a guest' },
  },
  {
    host: 'qemu-kvm-sibling',
    with: { path: SCRIPT, hostdev: ['01:00.0'] },
    finds: { blocked: '0000:01:00.1 (audio, 10de:10f0, snd_hda_intel), in the IOMMU group of 0000:01:00.0, is not held by vfio-pci' },
  },
  {
    host: 'qemu-kvm-sibling',
    with: { path: SCRIPT },
    finds: {
      steady: `${SCRIPT}:2 is left as it is: 0000:01:00.1 (audio, 10de:10f0, snd_hda_intel), in the IOMMU group of 0000:01:00.0, is not held by vfio-pci`,
    },
  },
  {
    host: 'qemu-kvm-nameless',
    with: MAX,
    finds: { blocked: 'which guest it starts cannot be told: it has no -name, -uuid, -pidfile or disk that is written out' },
  },
  { host: 'qemu-two', with: MAX, finds: { blocked: `${SCRIPT} has 2 QEMU commands: ${SCRIPT}:3, ${SCRIPT}:5` } },
  { host: 'qemu-two', with: { ...MAX, command: 2 }, finds: { drift: [`edit ${SCRIPT}: line 5 has cpu unset`] } },
  { host: 'qemu-two', with: { ...MAX, command: 3 }, finds: { blocked: `${SCRIPT} has 2 QEMU commands` } },
  { host: 'qemu-heredoc', with: MAX, finds: { blocked: `${SCRIPT}:2 has a here-document` } },
  { host: 'qemu-python', with: MAX, finds: { blocked: `${SCRIPT} is no shell script: #!/usr/bin/python3` } },
  { host: 'qemu-variable', with: MAX, finds: { blocked: `${SCRIPT} starts no QEMU by its name` } },
  { host: 'qemu-hub', with: { path: SCRIPT, nic: {} }, finds: { blocked: `${SCRIPT}:3 joins 2 cards and 1 networks by -net` } },
  { host: 'qemu-modern', with: { path: SCRIPT, nic: {} }, finds: { steady: `${SCRIPT}:2 is as wanted` } },
  { host: 'qemu-modern', with: { path: SCRIPT, drive: { cache: 'none' } }, finds: { blocked: `${SCRIPT}:2 has a disk by -hda` } },
  { host: 'qemu-absent', with: MAX, finds: { blocked: `there is no file ${SCRIPT}` } },
  { host: 'qemu-no-pgrep', with: MAX, finds: { blocked: 'pgrep: status 127' } },
  { host: 'qemu-unit', with: MODERN, finds: { drift: [`edit ${UNIT}: line 5 has cpu qemu64, n0 model e1000`, RELOAD] } },
  { host: 'qemu-unit', with: { path: UNIT, nic: { model: 'e1000' } }, finds: { steady: `${UNIT}:5 is as wanted` } },
  { host: 'qemu-unit-runs', with: MODERN, finds: { blocked: 'its guest runs (process 201) with cpu qemu64, n0 model e1000' } },
  {
    host: 'qemu-unit-passed',
    with: { path: UNIT },
    finds: {
      steady: `${UNIT}:6 is left as it is: there is no PCI device 0000:01:00.0; web02.service may lock 8388608 bytes of memory (LimitMEMLOCK), and vfio-pci locks all of the guest's`,
    },
  },
  { host: 'qemu-unit-stale', with: { path: UNIT, nic: { model: 'e1000' } }, finds: { drift: [RELOAD] } },
  {
    host: 'qemu-unit-elsewhere',
    with: MODERN,
    finds: { blocked: 'systemd takes web02.service from /usr/lib/systemd/system/web02.service' },
  },
  {
    host: 'qemu-unit-drop-in',
    with: MODERN,
    finds: { blocked: '/etc/systemd/system/web02.service.d/10-exec.conf sets ExecStart too' },
  },
];
