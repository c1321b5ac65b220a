import { DroverError } from '../../core/errors.ts';
import { glob } from '../../core/file.ts';
import { map, type Probe } from '../../core/probe.ts';
import { guestName } from '../boot/boot-reasons.ts';
import { childrenOf, readXml, type XmlElement } from '../libvirt/xml.ts';

/** What a running guest of libvirt has of the host. */
export interface GuestDevices {
  readonly guest: string;
  /** PCI addresses. */
  readonly pci: readonly string[];
  /** Paths of devices that are its disks. */
  readonly disks: readonly string[];
}

/** The guests that run, from the files that libvirt keeps of their state. */
export const guestDevices: Probe<readonly GuestDevices[]> = map(glob('/run/libvirt/qemu/*.xml'), (files) =>
  files.map(({ path, content }) => {
    const state = readXml(content);
    if (!state.ok) throw new DroverError('STATE_UNREADABLE', `${path}:${state.because}`);
    const sources = withName(state.root, 'source');
    return {
      guest: guestName(path),
      pci: sources.flatMap((source) => childrenOf(source, 'address').flatMap(({ attributes }) => pciAddress(attributes))),
      disks: sources.flatMap(({ attributes: { dev } }) => (dev === undefined ? [] : [dev])),
    };
  }),
);

function withName(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...withName(child, name)]);
}

/** libvirt writes the parts in hex with 0x; an address without a slot is one of another bus. */
function pciAddress({ domain = '0', bus, slot, function: fn }: Readonly<Record<string, string>>): readonly string[] {
  if (bus === undefined || slot === undefined || fn === undefined) return [];
  const hex = (text: string, digits: number): string => text.replace(/^0x/, '').padStart(digits, '0');
  return [`${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${hex(fn, 1)}`];
}
