import * as z from 'zod';
import { blocked } from '../core/plan.ts';
import { defineTask } from '../core/task.ts';
import { GroupList, groupsOf, passthroughHost } from '../probes/pci/passthrough.ts';
import { isOfClass, PCI_ADDRESS, sayDevice } from '../probes/pci/pci.ts';
import { planPassthrough, viaParam } from './vfio-plan.ts';

export const gpuPassthrough = defineTask({
  name: 'gpu.passthrough',
  summary: 'A GPU and the other functions of its card are held by vfio-pci, for a guest to take: now and after a reboot.',
  params: z.strictObject({
    gpu: z
      .string()
      .regex(PCI_ADDRESS, 'write the whole address in lower case, as in 0000:01:00.0')
      .describe('The address of its display function, as `lspci -D` shows it. What else is in its slot, such as audio, goes with it.'),
    via: viaParam,
  }),
  effects:
    'Does what vfio.bind does, for all functions in the slot. A GPU that has a driver is not taken from it: that waits for a reboot. The GPU of the boot console is refused. The domain is the matter of libvirt.domain: a managed hostdev for each function, and only for old NVIDIA drivers (before 465) hidden KVM and a vendor_id of Hyper-V.',
  examples: [{ name: 'The second GPU is for guests', with: { gpu: '0000:01:00.0' } }],
  resultSchema: GroupList.extend({ functions: z.array(z.string()).describe('Each needs a hostdev in the domain.') }),

  inspect: ({ gpu }) => passthroughHost(slotOf(gpu)),

  plan(host, { gpu, via }) {
    const device = host.devices.find(({ address }) => address === gpu);
    if (device !== undefined && !isOfClass(device, '03')) {
      const gpus = host.devices.filter((one) => isOfClass(one, '03')).map(sayDevice);
      return blocked(`${sayDevice(device)} is no GPU`, gpus.length === 0 ? 'The host has none.' : `There are: ${gpus.join(', ')}.`);
    }
    return planPassthrough(host, device === undefined ? [gpu] : functionsIn(host.devices, gpu), via);
  },

  result: (host, { gpu }) => {
    const functions = functionsIn(host.devices, gpu);
    return { ...groupsOf(host, functions), functions: [...functions] };
  },
});

/** All that may stand in the slot of a device: a slot has up to eight functions. */
function slotOf(address: string): readonly string[] {
  return Array.from({ length: 8 }, (_, i) => `${address.slice(0, -1)}${i}`);
}

function functionsIn(devices: readonly { readonly address: string }[], gpu: string): readonly string[] {
  return slotOf(gpu).filter((address) => devices.some((device) => device.address === address));
}
