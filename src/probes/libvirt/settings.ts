import * as z from 'zod';
import { Cpu } from './cpu.ts';
import { Hostdevs } from './devices.ts';
import { Disks } from './disks.ts';
import { Hyperv, Kvm } from './features.ts';
import { HugePages } from './memory.ts';
import { Nics } from './nics.ts';
import { IoThreads, Pins } from './pins.ts';

/** What may be asked of a domain; names and values are those of https://libvirt.org/formatdomain.html. */
export const DomainSettings = z.strictObject({
  cpu: Cpu.optional().describe('The CPU that the guest sees. A named model is taken out; features and topology stay.'),
  nic: Nics.optional().describe('Its network cards: one entry for all or for the one with a mac, or a list of such.'),
  disk: Disks.optional().describe('Its disks: one entry for all or for the one with a target, or a list of such.'),
  hostdev: Hostdevs.optional().describe(
    'PCI devices of the host that it has, as 0000:01:00.0; libvirt takes them from their drivers at the start.',
  ),
  kvm: Kvm.optional().describe('What KVM tells the guest.'),
  hyperv: Hyperv.optional().describe('What the guest sees of Hyper-V.'),
  hugepages: HugePages.optional().describe('The size of the huge pages that its memory lies in, as 2M or 1G.'),
  iothreads: IoThreads.optional().describe('How many threads it has for its disks, beside those of its CPUs.'),
  pins: Pins.optional().describe('Which CPUs of the host its threads run on; `0-3,^2` is 0, 1 and 3.'),
});
export type DomainSettings = z.output<typeof DomainSettings>;
