import * as z from 'zod';
import { type Blocked, blocked } from '../../core/plan.ts';
import { standing, type Unmet, unmetBy } from './wish.ts';
import { childOf, type XmlElement } from './xml.ts';
import { childWith, type XmlEdit } from './xml-edit.ts';

export const Cpu = z.strictObject({
  mode: z.enum(['host-passthrough', 'maximum']).describe("host-passthrough is the host's own CPU; maximum all that QEMU can give."),
  migratable: z.boolean().optional().describe('Whether features that forbid live migration are left out (libvirt 6.5 and later).'),
});
type Cpu = z.output<typeof Cpu>;

/** The attributes that go with a named model, and the model itself, are no part of the other modes. */
export function unmetCpu(root: XmlElement, { mode, migratable }: Cpu): readonly Unmet[] {
  const cpu = childOf(root, 'cpu');
  const isChanged = cpu?.attributes['mode'] !== mode;
  const attributes = {
    mode,
    ...(isChanged ? { match: undefined, check: undefined } : {}),
    ...(migratable === undefined ? {} : { migratable: migratable ? 'on' : 'off' }),
  };
  const named = cpu?.children.filter(({ name }) => name === 'model' || name === 'vendor') ?? [];
  const removals = named.map((element): XmlEdit => ({ kind: 'remove', element }));
  const words = standing(cpu, attributes) || 'model named';
  return unmetBy(`cpu ${words}`, [...childWith(root, 'cpu', attributes), ...removals]);
}

/** libvirt takes it, and the start fails: the emulator has no host CPU to pass through. */
export function objectionToCpu(name: string, root: XmlElement, { mode }: Cpu): Blocked | undefined {
  const { type } = root.attributes;
  if (mode !== 'host-passthrough' || type === 'kvm') return undefined;
  return blocked(`host-passthrough needs KVM, and ${name} is a domain of type ${type}`, 'Say maximum, or make it a domain of KVM.');
}
