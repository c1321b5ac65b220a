import * as z from 'zod';
import { type Blocked, blocked } from '../core/plan.ts';
import { childOf, childrenOf, hasChild, type WantedChild, type XmlElement } from './xml-edit.ts';

/** What may be asked of a domain; names and values are those of https://libvirt.org/formatdomain.html. */
export const DomainSettings = z.strictObject({
  cpu: z
    .strictObject({
      mode: z.enum(['host-passthrough', 'maximum']).describe("host-passthrough is the host's own CPU; maximum all that QEMU can give."),
      migratable: z.boolean().optional().describe('Whether features that forbid live migration are left out (libvirt 6.5 and later).'),
    })
    .optional()
    .describe('The CPU that the guest sees. A named model is taken out; features and topology stay.'),
  nic: z
    .strictObject({
      model: z
        .enum(['virtio', 'virtio-transitional', 'virtio-non-transitional', 'e1000', 'e1000e', 'rtl8139'])
        .describe('What the guest needs a driver for.'),
    })
    .optional()
    .describe('All of its network cards, but those that are devices of the host.'),
  disk: z
    .strictObject({
      cache: z.enum(['default', 'none', 'writethrough', 'writeback', 'directsync']).optional().describe('The use of the page cache.'),
      io: z.enum(['threads', 'native', 'io_uring']).optional().describe('native needs cache none or directsync.'),
      discard: z.enum(['unmap', 'ignore']).optional().describe('Whether what the guest frees is given back.'),
    })
    .refine((disk) => Object.keys(disk).length > 0, 'say cache, io or discard')
    .optional()
    .describe('All of its disks, but no CD and floppy drives.'),
});
export type DomainSettings = z.output<typeof DomainSettings>;

/** One thing wanted, and what it is called. */
export interface Wanted extends WantedChild {
  readonly of: string;
}

/** What of the domain is to be how; works for both its definitions. */
export function wantedIn(root: XmlElement, { cpu, nic, disk }: DomainSettings): readonly Wanted[] | Blocked {
  // libvirt takes it, and the start fails: the emulator has no host CPU to pass through.
  if (cpu?.mode === 'host-passthrough' && root.attributes['type'] !== 'kvm') {
    return blocked(
      `host-passthrough needs KVM, and this is a domain of type ${root.attributes['type']}`,
      'Say maximum, or make it a domain of KVM.',
    );
  }
  const devices = childOf(root, 'devices');
  const disks = disk === undefined ? [] : disksOf(devices).map((one) => wantedDriver(one, disk));
  const buffered = disks.find((one) => !goesPastCache(one));
  if (buffered !== undefined) {
    return blocked(`${buffered.of} has io native, which needs cache none or directsync`, 'Say cache: none too, or another io.');
  }
  const cards = nic === undefined ? [] : cardsOf(devices).map((one) => wantedModel(one, nic.model));
  return [...(cpu === undefined ? [] : [wantedCpu(root, cpu)]), ...cards, ...disks];
}

/** What is otherwise than wanted, in words. */
export function unmet(wanted: readonly Wanted[]): readonly string[] {
  return wanted
    .filter((one) => !hasChild(one))
    .map(({ of, parent, name, attributes }) => {
      const there = childOf(parent, name)?.attributes ?? {};
      const differs = Object.entries(attributes).filter(([key, value]) => value !== undefined && there[key] !== value);
      return `${of} ${differs.map(([key]) => `${key} ${there[key] ?? 'unset'}`).join(' and ')}`.trimEnd();
    });
}

/** The attributes that go with a named model are no part of the other modes. */
function wantedCpu(parent: XmlElement, { mode, migratable }: NonNullable<DomainSettings['cpu']>): Wanted {
  const isChanged = childOf(parent, 'cpu')?.attributes['mode'] !== mode;
  const attributes = {
    mode,
    ...(isChanged ? { match: undefined, check: undefined } : {}),
    ...(migratable === undefined ? {} : { migratable: migratable ? 'on' : 'off' }),
  };
  return { parent, name: 'cpu', attributes, drop: ['model', 'vendor'], of: 'cpu' };
}

function wantedModel(parent: XmlElement, type: string): Wanted {
  const mac = childOf(parent, 'mac')?.attributes['address'] ?? 'card';
  return { parent, name: 'model', attributes: { type }, of: `${mac} model` };
}

function wantedDriver(parent: XmlElement, settings: NonNullable<DomainSettings['disk']>): Wanted {
  const attributes = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { parent, name: 'driver', attributes, of: childOf(parent, 'target')?.attributes['dev'] ?? 'disk' };
}

/** libvirt refuses io native where the page cache is in between. */
function goesPastCache({ parent, attributes }: Wanted): boolean {
  const driver = { ...childOf(parent, 'driver')?.attributes, ...attributes };
  return driver['io'] !== 'native' || driver['cache'] === 'none' || driver['cache'] === 'directsync';
}

function disksOf(devices: XmlElement | undefined): readonly XmlElement[] {
  return childrenOf(devices, 'disk').filter(({ attributes: { device = 'disk' } }) => device === 'disk');
}

function cardsOf(devices: XmlElement | undefined): readonly XmlElement[] {
  return childrenOf(devices, 'interface').filter(({ attributes: { type = '' } }) => type !== 'hostdev' && type !== 'vdpa');
}
