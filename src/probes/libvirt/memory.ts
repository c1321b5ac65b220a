import * as z from 'zod';
import { type Blocked, blocked } from '../../core/plan.ts';
import { type Unmet, unmetBy } from './wish.ts';
import { childOf, childrenOf, elementAt, type XmlElement } from './xml.ts';
import { addAt, attributesSet, type XmlAttributes } from './xml-edit.ts';

export const HugePages = z.string().regex(/^[1-9]\d{0,5}[KMG]$/);

/** The huge pages of a host, by their size in KiB. */
export interface HostPages {
  /** How many are neither used nor promised. */
  readonly free: ReadonlyMap<number, number>;
  /** Sizes that a file system is mounted for. */
  readonly mounted: ReadonlySet<number>;
}

/** A domain that is to have huge pages. */
export interface PagedDomain {
  readonly name: string;
  readonly root: XmlElement;
  readonly live: XmlElement | undefined;
}

/** Powers of 1024 for the units that people and libvirt write; those of 1000 are KB, MB and so on. */
const POWERS = 'KMGT';

/** In KiB, without a unit too, as in libvirt; undefined of what is no size. */
export function kibIn(number: string, unit = 'KiB'): number | undefined {
  const [, prefix = '', tail = ''] = /^([KMGTk])(|iB|B)$/.exec(unit) ?? [];
  const power = unit === 'b' || unit === 'bytes' ? 0 : POWERS.indexOf(prefix.toUpperCase()) + 1;
  const isKnown = prefix !== '' || power === 0;
  const bytes = Number(number) * (tail === 'B' ? 1000 : 1024) ** power;
  return isKnown && Number.isFinite(bytes) ? Math.ceil(bytes / 1024) : undefined;
}

function wantedKib(pages: string): number {
  return kibIn(pages.slice(0, -1), pages.slice(-1)) ?? 0;
}

function pagesOf(root: XmlElement): readonly XmlElement[] {
  return childrenOf(elementAt(root, 'memoryBacking', 'hugepages'), 'page');
}

function sizeOf({ attributes: { size = '', unit } }: XmlElement): number | undefined {
  return kibIn(size, unit);
}

export function unmetPages(root: XmlElement, pages: string): readonly Unmet[] {
  const size = wantedKib(pages);
  const [first] = pagesOf(root);
  const attributes: XmlAttributes = { size: String(size), unit: 'KiB' };
  if (first !== undefined && sizeOf(first) === size) return [];
  if (first !== undefined) return unmetBy(`huge pages of ${sizeOf(first)} KiB`, attributesSet(first, attributes));
  const has = elementAt(root, 'memoryBacking', 'hugepages') !== undefined;
  return unmetBy(has ? 'huge pages of the default size' : 'no huge pages', [
    addAt(root, ['memoryBacking', 'hugepages'], { name: 'page', attributes }),
  ]);
}

/** What a definition has beside that goes against it. */
export function objectionToPages(name: string, root: XmlElement, pages: string): Blocked | undefined {
  const there = pagesOf(root);
  if (there.length > 1 || there.some(({ attributes }) => attributes['nodeset'] !== undefined)) {
    return blocked(`${name} has huge pages of its own for each NUMA node`, 'Change them with `virsh edit`.');
  }
  const source = elementAt(root, 'memoryBacking', 'source')?.attributes['type'];
  if (source === 'file') return blocked(`the memory of ${name} is a file`, 'Take the source from its memoryBacking with `virsh edit`.');
  const memory = memoryOf(root);
  if (memory !== undefined && memory % wantedKib(pages) === 0) return undefined;
  return blocked(`the memory of ${name} is no multiple of ${pages}`, 'Give it a memory that pages of this size fill.');
}

function memoryOf(root: XmlElement): number | undefined {
  const memory = childOf(root, 'memory');
  return memory === undefined ? undefined : kibIn(memory.text, memory.attributes['unit']);
}

/** The pages of all domains of a step together: each could start alone, and the last would not. Those that run with them have theirs. */
export function objectionToShares(domains: readonly PagedDomain[], pages: string, host: HostPages): Blocked | undefined {
  const size = wantedKib(pages);
  const free = host.free.get(size);
  if (free === undefined) {
    const sizes = [...host.free.keys()].map((one) => `${one} KiB`).join(', ') || 'none';
    return blocked(`the host has no huge pages of ${pages}; it has ${sizes}`, 'Say a size that it has.');
  }
  if (!host.mounted.has(size)) {
    return blocked(`no hugetlbfs is mounted for pages of ${pages}`, 'Mount one with pagesize, and restart libvirt.');
  }
  const waiting = domains.filter(({ live }) => live === undefined || unmetPages(live, pages).length > 0);
  const needed = waiting.reduce((sum, { root }) => sum + Math.ceil((memoryOf(root) ?? 0) / size), 0);
  if (needed <= free) return undefined;
  const names = waiting.map(({ name }) => name).join(', ');
  return blocked(`${needed} huge pages of ${pages} are needed for ${names}, and ${free} are free`, 'Reserve more, or name fewer domains.');
}
