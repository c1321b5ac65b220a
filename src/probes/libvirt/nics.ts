import * as z from 'zod';
import { type Blocked, blocked } from '../../core/plan.ts';
import { given, listOf, standing, type Unmet, unmetBy } from './wish.ts';
import { childOf, childrenOf, type XmlElement } from './xml.ts';
import { attributesSet, childWith, type XmlEdit } from './xml-edit.ts';

const Nic = z
  .strictObject({
    mac: z
      .string()
      .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
      .optional()
      .describe('Which card, by its address in lower case; without it all, but those that are devices of the host.'),
    model: z
      .enum(['virtio', 'virtio-transitional', 'virtio-non-transitional', 'e1000', 'e1000e', 'rtl8139'])
      .optional()
      .describe('What the guest needs a driver for.'),
    // A name of a link, which the kernel keeps under 16 bytes.
    bridge: z
      .string()
      .regex(/^[A-Za-z0-9_][\w.-]{0,14}$/)
      .optional()
      .describe('The bridge of the host that it is connected to.'),
  })
  .refine(({ model, bridge }) => model !== undefined || bridge !== undefined, 'say model or bridge');
export const Nics = z.union([Nic, z.array(Nic).min(1)]);
type Nics = z.output<typeof Nics>;

/** Kinds of connections that can be exchanged for a bridge without more ado. */
const EXCHANGEABLE = ['bridge', 'network', 'user', 'direct', 'ethernet'];

/** The bridges that are asked for. */
export function bridgesIn(nics: Nics | undefined): readonly string[] {
  return [...new Set(listOf(nics).flatMap(({ bridge }) => bridge ?? []))];
}

export function unmetNics(root: XmlElement, nics: Nics): readonly Unmet[] {
  return cardsOf(root).flatMap((card) => unmetCard(card, wantedOf(card, nics)));
}

function unmetCard(card: XmlElement, { model, bridge }: Pick<z.output<typeof Nic>, 'model' | 'bridge'>): readonly Unmet[] {
  const type = given({ type: model });
  const ofModel = model === undefined ? [] : childWith(card, 'model', type);
  const label = addressOf(card) ?? 'card';
  return [
    ...unmetBy(`${label} model ${standing(childOf(card, 'model'), type)}`, ofModel),
    ...unmetBy(`${label} on ${connectionOf(card)}`, bridge === undefined ? [] : bridged(card, bridge)),
  ];
}

/** What names another kind of source goes. */
function bridged(card: XmlElement, bridge: string): readonly XmlEdit[] {
  const source = childOf(card, 'source');
  if (card.attributes['type'] === 'bridge' && source?.attributes['bridge'] === bridge) return [];
  const others = Object.fromEntries(Object.keys(source?.attributes ?? {}).map((key) => [key, undefined]));
  return [...attributesSet(card, { type: 'bridge' }), ...childWith(card, 'source', { ...others, bridge })];
}

function connectionOf(card: XmlElement): string {
  const { type = 'nothing' } = card.attributes;
  const source = childOf(card, 'source')?.attributes ?? {};
  const name = source[type] ?? source['dev'];
  return name === undefined ? type : `${type} ${name}`;
}

/** `bridges` tells of each bridge that is asked for whether it is one. */
export function objectionToNics(
  name: string,
  root: XmlElement,
  want: { nics: Nics; bridges: Readonly<Record<string, boolean>> },
): Blocked | undefined {
  const cards = cardsOf(root);
  for (const { mac, bridge } of listOf(want.nics)) {
    if (mac !== undefined && !cards.some((card) => addressOf(card) === mac)) {
      return blocked(`${name} has no card ${mac}`, 'See `virsh domiflist` for its cards.');
    }
    if (bridge === undefined) continue;
    if (want.bridges[bridge] !== true) {
      return blocked(`${bridge} is no bridge of the host's kernel`, 'Make it first; bridges of Open vSwitch are not taken.');
    }
    if (mac === undefined && cards.length > 1) {
      return blocked(`${name} has ${cards.length} cards, and all would come to ${bridge}`, 'Say mac.');
    }
  }
  const changed = cards.filter((card) => bridged(card, wantedOf(card, want.nics).bridge ?? '').length > 0);
  const special = changed.find(
    (card) => wantedOf(card, want.nics).bridge !== undefined && (!EXCHANGEABLE.includes(card.attributes['type'] ?? '') || hasPort(card)),
  );
  if (special === undefined) return undefined;
  return blocked(`${addressOf(special)} of ${name} is connected in a way of its own`, 'Connect it to the bridge with `virsh edit`.');
}

/** A port of Open vSwitch or of a switch by 802.1Qbg, with its own profile. */
function hasPort(card: XmlElement): boolean {
  return card.children.some(({ name }) => name === 'virtualport' || name === 'backend');
}

/** All that is asked of a card; of two the later holds. */
function wantedOf(card: XmlElement, nics: Nics): Pick<z.output<typeof Nic>, 'model' | 'bridge'> {
  return Object.assign({}, ...listOf(nics).filter(({ mac }) => mac === undefined || mac === addressOf(card)));
}

function addressOf(card: XmlElement): string | undefined {
  return childOf(card, 'mac')?.attributes['address']?.toLowerCase();
}

function cardsOf(root: XmlElement): readonly XmlElement[] {
  const cards = childrenOf(childOf(root, 'devices'), 'interface');
  return cards.filter(({ attributes: { type = '' } }) => type !== 'hostdev' && type !== 'vdpa');
}
