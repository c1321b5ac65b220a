import * as z from 'zod';
import { defineTask } from '../core/task.ts';
import { GroupList, groupsOf, passthroughHost } from '../probes/pci/passthrough.ts';
import { PCI_ADDRESS } from '../probes/pci/pci.ts';
import { planPassthrough, viaParam } from './vfio-plan.ts';

export const vfioBind = defineTask({
  name: 'vfio.bind',
  summary: 'PCI devices are held by vfio-pci, for guests to take: now and after a reboot.',
  params: z.strictObject({
    devices: z
      .array(z.string().regex(PCI_ADDRESS, 'write the whole address in lower case, as in 0000:03:00.0'))
      .min(1)
      .refine((all) => new Set(all).size === all.length, 'a device is named twice')
      .describe('Their addresses, as `lspci -D` shows them. All that the host uses in their IOMMU groups must be among them.'),
    via: viaParam,
  }),
  effects:
    'Takes the devices from their drivers and keeps them for vfio-pci, by a file of driverctl or by modprobe.d and a new initramfs. Refused without an IOMMU, with a sibling in the group that the host uses, for the GPU of the boot console, and for what is mounted, has an address or is otherwise in use. A display that has a driver waits for a reboot. Guests are given the devices by libvirt.domain.',
  examples: [
    { name: 'A network card for a guest', with: { devices: ['0000:03:00.0'] } },
    { name: 'Both ports, by their model', with: { devices: ['0000:03:00.0', '0000:03:00.1'], via: 'modprobe' } },
  ],
  resultSchema: GroupList,

  inspect: ({ devices }) => passthroughHost(devices),
  plan: (host, { devices, via }) => planPassthrough(host, devices, via),
  result: (host, { devices }) => groupsOf(host, devices),
});
