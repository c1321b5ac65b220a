import type { TaskCase } from '../../support/task-table.ts';

const gpu = { gpu: '0000:01:00.0' };
const GPU = '0000:01:00.0 (display, 10de:1b80, nouveau)';
const GROUP = `IOMMU group 1: 0000:00:01.0 (PCI bridge, 8086:1901, pcieport), ${GPU}, 0000:01:00.1 (audio, 10de:10f0, snd_hda_intel)`;
const REBOOT = `reboot: ${GPU} is given away by a boot; ${GROUP}`;
const OPTIONS = 'create /etc/modprobe.d/drover-vfio.conf: vfio-pci takes these models before other drivers';
const EARLY = 'edit /etc/initramfs-tools/modules: those drivers may be loaded from the initramfs';
const IMAGE = 'initramfs by update-initramfs: it holds a copy of what is heard there (initrd.img-6.1.0-56-amd64)';
const FREE = GROUP.replace(/nouveau|snd_hda_intel/g, 'no driver');

export const cases: readonly TaskCase[] = [
  {
    host: 'gpu-second',
    with: gpu,
    finds: { drift: [OPTIONS, EARLY, IMAGE, REBOOT] },
    result: {
      functions: ['0000:01:00.0', '0000:01:00.1'],
      groups: [
        {
          number: '1',
          devices: [
            { address: '0000:00:01.0', id: '8086:1901', class: '060400', driver: 'pcieport' },
            { address: '0000:01:00.0', id: '10de:1b80', class: '030000', driver: 'nouveau' },
            { address: '0000:01:00.1', id: '10de:10f0', class: '040300', driver: 'snd_hda_intel' },
          ],
        },
      ],
    },
  },
  { host: 'gpu-waits', with: gpu, finds: { drift: [REBOOT] } },
  {
    host: 'gpu-bound',
    with: gpu,
    finds: { steady: `vfio-pci has it, now and after a reboot; ${GROUP.replace(/nouveau|snd_hda_intel/g, 'vfio-pci')}` },
  },
  {
    host: 'gpu-unbound',
    with: gpu,
    finds: {
      drift: [
        OPTIONS,
        EARLY,
        'run modprobe vfio-pci: vfio-pci is not loaded',
        `run drover-driver 0000:01:00.0 "" vfio-pci vfio-pci: no driver has it; ${FREE}`,
        `run drover-driver 0000:01:00.1 "" vfio-pci vfio-pci: no driver has it; ${FREE}`,
        IMAGE,
      ],
    },
  },
  {
    host: 'gpu-shared',
    with: gpu,
    finds: {
      blocked:
        '0000:00:17.0 (storage, 8086:a352, ahci) is in the same group and stays with the host; IOMMU group 1: ' +
        GROUP.slice('IOMMU group 1: '.length).replace('pcieport), ', 'pcieport), 0000:00:17.0 (storage, 8086:a352, ahci), '),
    },
  },
  {
    host: 'gpu-second',
    with: { gpu: '0000:00:02.0' },
    finds: { blocked: '0000:00:02.0 (display, 8086:3e92, i915) is the GPU of the boot console' },
  },
  { host: 'gpu-second', with: { gpu: '0000:00:17.0' }, finds: { blocked: '0000:00:17.0 (storage, 8086:a352, ahci) is no GPU' } },
  { host: 'gpu-second', with: { gpu: '0000:07:00.0' }, finds: { blocked: 'there is no device 0000:07:00.0' } },
  { host: 'gpu-lit', with: gpu, finds: { blocked: `${GPU} is in use: card1-DP-1 shows a picture` } },
  { host: 'gpu-framebuffer', with: gpu, finds: { blocked: `${GPU} is in use: fb0 is the framebuffer of the console` } },
];
