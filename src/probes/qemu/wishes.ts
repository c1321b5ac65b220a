import * as z from 'zod';
import type { Splice } from './placed-word.ts';

/** What may be asked of a command line; names and values are those of qemu(1). */
export const QemuWishes = z.strictObject({
  accel: z.literal('kvm').optional().describe('Whether KVM runs the guest; without it QEMU emulates every instruction.'),
  cpu: z
    .enum(['host', 'max'])
    .optional()
    .describe("The CPU that the guest sees: host is the host's own and needs KVM, max all that QEMU can give. Its flags stay."),
  nic: z
    .strictObject({
      model: z
        .enum(['virtio-net-pci', 'e1000', 'e1000e', 'rtl8139'])
        .default('virtio-net-pci')
        .describe('What the guest needs a driver for.'),
      bridge: z
        .string()
        // IFNAMSIZ of the kernel has room for 15 characters.
        .regex(/^[A-Za-z0-9_][\w.-]{0,14}$/)
        .optional()
        .describe("The bridge that they are joined to, by QEMU's bridge helper. Without it their networks stay."),
    })
    .optional()
    .describe('All of its network cards. Legacy -net options become -netdev and -device.'),
  drive: z
    .strictObject({
      file: z.string().min(1).optional().describe('The file of the one drive that is meant. Without it all of its disks are.'),
      cache: z.enum(['none', 'writethrough', 'writeback', 'directsync']).optional().describe('The use of the page cache.'),
      aio: z.enum(['threads', 'native', 'io_uring']).optional().describe('native needs cache none or directsync.'),
      discard: z.enum(['unmap', 'ignore']).optional().describe('Whether what the guest frees is given back.'),
      format: z
        .enum(['raw', 'qcow2'])
        .optional()
        .describe('The format of the image, written where none is: QEMU guesses, and a guest could make it guess wrong.'),
    })
    .refine(({ file: _, ...rest }) => Object.keys(rest).length > 0, 'say cache, aio, discard or format')
    .optional()
    .describe('Its disks that are given by -drive, but no CDs, floppies and firmware.'),
  hostdev: z
    .array(z.string().regex(/^([0-9a-f]{4}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/, 'write the address as lspci does, as in 0000:01:00.0'))
    .min(1)
    .optional()
    .describe('PCI devices of the host that the guest has for itself.'),
});
export type QemuWishes = z.output<typeof QemuWishes>;

export type Nic = NonNullable<QemuWishes['nic']>;
export type Drive = NonNullable<QemuWishes['drive']>;

/** One thing that is otherwise than wanted, in words, and what mends it: edits, and options to be added at the end. */
export interface Lack {
  readonly says: string;
  readonly splices: readonly Splice[];
  readonly added?: string;
}

/** A PCI address with its domain, which is left out where it is 0. */
export function pciAddress(text: string): string {
  return text.split(':').length === 2 ? `0000:${text}` : text;
}
