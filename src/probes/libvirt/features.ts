import * as z from 'zod';
import { type Blocked, blocked } from '../../core/plan.ts';
import { standing, type Unmet, unmetBy } from './wish.ts';
import { elementAt, type XmlElement } from './xml.ts';
import { addAt, attributesSet, type XmlAttributes } from './xml-edit.ts';

export const Kvm = z.strictObject({
  hidden: z.boolean().describe('Whether the guest is not told that it runs on KVM. It then lacks the clock and the signs of KVM, too.'),
});
export const Hyperv = z.strictObject({
  // libvirt takes at most 12 characters, and no comma.
  vendor_id: z
    .string()
    .regex(/^[!-+\--~]{1,12}$/)
    .describe('Who the hypervisor says it is, in 1 to 12 characters without space and comma.'),
});
interface Features {
  readonly kvm?: z.output<typeof Kvm> | undefined;
  readonly hyperv?: z.output<typeof Hyperv> | undefined;
}

/** What hides the hypervisor from drivers that refuse to work under one. */
export function unmetFeatures(root: XmlElement, { kvm, hyperv }: Features): readonly Unmet[] {
  const hidden = kvm === undefined ? [] : unmetHidden(root, kvm.hidden);
  const vendor = hyperv === undefined ? [] : unmetFeature(root, ['hyperv', 'vendor_id'], { state: 'on', value: hyperv.vendor_id });
  return [...hidden, ...vendor];
}

/** Not to be hidden is also what a domain without the element is. */
function unmetHidden(root: XmlElement, isWanted: boolean): readonly Unmet[] {
  const isThere = elementAt(root, 'features', 'kvm', 'hidden') !== undefined;
  return isWanted || isThere ? unmetFeature(root, ['kvm', 'hidden'], { state: isWanted ? 'on' : 'off' }) : [];
}

function unmetFeature(root: XmlElement, [group, name]: readonly [string, string], attributes: XmlAttributes): readonly Unmet[] {
  const element = elementAt(root, 'features', group, name);
  const words = `${group} ${name} ${standing(element, attributes)}`;
  if (element === undefined) return unmetBy(words, [addAt(root, ['features', group], { name, attributes })]);
  return unmetBy(words, attributesSet(element, attributes));
}

/** With all that the host's hypervisor gives passed through, libvirt leaves out what stands there one by one. */
export function objectionToFeatures(name: string, root: XmlElement, { hyperv }: Features): Blocked | undefined {
  const mode = elementAt(root, 'features', 'hyperv')?.attributes['mode'];
  if (hyperv === undefined || mode !== 'passthrough') return undefined;
  return blocked(`the hyperv features of ${name} are passed through, so it has no vendor_id of its own`, 'Set their mode to custom first.');
}
