import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devOf, disksOf } from '../../src/probes/libvirt/disks.ts';
import { unmetIn } from '../../src/probes/libvirt/judge.ts';
import { DomainSettings } from '../../src/probes/libvirt/settings.ts';
import { readXml, type XmlElement } from '../../src/probes/libvirt/xml.ts';
import { edited } from '../../src/probes/libvirt/xml-edit.ts';

const junk = fc.constantFrom(
  '',
  '\n  ',
  '<!-- <disk/> -->',
  "<x:own xmlns:x='urn:x' x:key='a &amp; b'><x:disk/></x:own>",
  '<![CDATA[<cpu/>]]>',
);
const maybe = (...texts: readonly string[]) => fc.constantFrom('', ...texts);

const disk = (dev: string, bus: string) =>
  fc
    .tuple(
      maybe("<driver name='qemu' type='raw' cache=\"writeback\"/>", "<driver\n type='qcow2' discard='unmap'/>"),
      maybe("<source file='/a &amp; b.raw'/>", "<source dev='/dev/x' index='1'/>"),
      maybe("<address type='drive' unit='0'/>"),
      junk,
    )
    .map(
      ([driver, source, address, own]) =>
        `<disk type='file' device='disk'>${driver}${source}<target dev='${dev}' bus="${bus}"/>${own}${address}</disk>`,
    );
const card = fc
  .tuple(fc.constantFrom('network', 'bridge', 'user'), maybe("<model type='e1000'/>"), junk)
  .map(
    ([type, model, own]) =>
      `<interface type='${type}'><mac address='52:54:00:00:00:01'/>${type === 'user' ? '' : `<source ${type}='n'/>`}${model}${own}</interface>`,
  );

/** Definitions as people and libvirt leave them. */
const definition = fc
  .tuple(
    maybe("<cpu mode='custom'><model>x</model><feature name='y'/></cpu>", '<cpu/>'),
    maybe(
      '<features><acpi/></features>',
      "<features><kvm><hidden state='off'/></kvm><hyperv><vendor_id state='on' value='old'/></hyperv></features>",
    ),
    maybe("<cputune><vcpupin vcpu='1' cpuset='0'/><shares>7</shares></cputune>", '<cputune/>'),
    maybe('<iothreads>1</iothreads>', '<iothreads> 2 </iothreads>'),
    maybe('<memoryBacking><locked/></memoryBacking>', "<memoryBacking><hugepages><page size='1' unit='G'/></hugepages></memoryBacking>"),
    disk('sda', 'sata'),
    maybe("<disk type='file' device='cdrom'><target dev='sdb' bus='sata'/></disk>"),
    card,
    junk,
  )
  .map(
    ([cpu, features, tune, threads, memory, first, second, nic, own]) =>
      `<?xml version='1.0'?>\n<!-- top -->\n<domain type="kvm">\n  <name>a</name>${own}\n  ${threads}${tune}${memory}\n  ${features}${cpu}\n  <devices>\n    ${first}\n    ${second}${nic}\n  </devices>${own}\n</domain>\n`,
  );

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const settings = fc
  .record({
    cpu: optional(fc.constantFrom({ mode: 'host-passthrough' }, { mode: 'maximum', migratable: false })),
    nic: optional(fc.constantFrom({ model: 'virtio' }, { bridge: 'br0' }, [{ mac: '52:54:00:00:00:01', bridge: 'br1', model: 'e1000e' }])),
    disk: optional(
      fc.constantFrom(
        { cache: 'none', io: 'native' },
        { bus: 'virtio', guest_ready: true, iothread: 1 },
        [
          { target: 'vda', bus: 'virtio', guest_ready: true },
          { target: 'vdb', source: '/dev/y' },
        ],
        { target: 'sda', source: '/dev/disk/by-id/a:b' },
      ),
    ),
    hostdev: optional(fc.constantFrom(['0000:01:00.0'], ['0000:01:00.0', 'beef:02:1f.7'])),
    kvm: optional(fc.record({ hidden: fc.boolean() })),
    hyperv: optional(fc.record({ vendor_id: fc.stringMatching(/^[!-+\--~]{1,12}$/) })),
    hugepages: optional(fc.constantFrom('2M', '1G')),
    iothreads: optional(fc.integer({ min: 0, max: 3 })),
    pins: optional(fc.constantFrom({ vcpus: [0, '1-2'] }, { emulator: '0-3,^2', iothreads: ['1'] })),
  })
  .map((wanted) => DomainSettings.parse(Object.fromEntries(Object.entries(wanted).filter(([, one]) => one !== undefined))));

function rootOf(xml: string): XmlElement {
  const read = readXml(xml);
  if (!read.ok) throw new Error(`${read.because}\n${xml}`);
  return read.root;
}

function withSettings(xml: string, wanted: DomainSettings): string {
  return edited(
    xml,
    unmetIn(rootOf(xml), wanted).flatMap(({ edits }) => edits),
  );
}

/** What settings never speak of: other namespaces, comments, sections, and elements of other names. */
function untouched(xml: string): readonly string[] {
  return (
    xml.match(/<!--.*?-->|<x:own.*?<\/x:own>|<!\[CDATA\[.*?\]\]>|<(?:name|feature|acpi|shares|locked|mac)\b[^>]*>|device='cdrom'/gs) ?? []
  );
}

describe('settings of a definition', () => {
  it('are all met once they are set, and setting them twice is setting them once', async () => {
    await fc.assert(
      fc.asyncProperty(definition, settings, async (xml, wanted) => {
        const once = withSettings(xml, wanted);
        expect(unmetIn(rootOf(once), wanted).map(({ words }) => words)).toEqual([]);
        expect(withSettings(once, wanted)).toBe(once);
      }),
    );
  });

  it('that had another value get it back with the bytes of before', async () => {
    const old = { nic: { model: 'e1000' }, disk: { cache: 'writeback' }, kvm: { hidden: false }, hyperv: { vendor_id: 'old' } };
    const other = { nic: { model: 'virtio' }, disk: { cache: 'none' }, kvm: { hidden: true }, hyperv: { vendor_id: 'a"b' } };
    const keys = fc.subarray(['nic', 'disk', 'kvm', 'hyperv'] as const, { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(definition, keys, async (xml, some) => {
        const of = (all: Readonly<Record<string, unknown>>) => DomainSettings.parse(Object.fromEntries(some.map((key) => [key, all[key]])));
        fc.pre(unmetIn(rootOf(xml), of(old)).length === 0 && unmetIn(rootOf(xml), of(other)).length >= some.length);
        // What a definition does not name has no value to get back.
        fc.pre(!some.includes('kvm') || xml.includes('<hidden'));
        const changed = withSettings(xml, of(other));
        expect(changed).not.toBe(xml);
        expect(withSettings(changed, of(old))).toBe(xml);
      }),
    );
  });

  it('say in words what each of them changes', async () => {
    await fc.assert(
      fc.asyncProperty(definition, settings, async (xml, wanted) => {
        for (const { words, edits } of unmetIn(rootOf(xml), wanted)) {
          expect(words).toMatch(/^\S.*\S$/);
          expect(edits).not.toEqual([]);
        }
      }),
    );
  });

  it('leave namespaces, comments, sections and other elements as they are, and in their order', async () => {
    await fc.assert(
      fc.asyncProperty(definition, settings, async (xml, wanted) => {
        expect(untouched(withSettings(xml, wanted))).toEqual(untouched(xml));
      }),
    );
  });

  it('never put a disk before the one that the domain boots from', async () => {
    await fc.assert(
      fc.asyncProperty(definition, settings, async (xml, wanted) => {
        expect(disksOf(rootOf(withSettings(xml, wanted))).map(devOf)[0]).toMatch(/^[sv]da$/);
      }),
    );
  });
});

describe('hostile values', () => {
  it.each<readonly [string, unknown]>([
    ['hyperv', { vendor_id: "x'/><a y='" }],
    ['hyperv', { vendor_id: 'more than 12 signs' }],
    ['hyperv', { vendor_id: 'a,b' }],
    ['hyperv', { vendor_id: '' }],
    ['nic', { bridge: "br0'/>" }],
    ['nic', { bridge: 'a-name-of-16-sig' }],
    ['nic', {}],
    ['disk', { target: 'vdb', source: '/dev/../etc/shadow' }],
    ['disk', { target: 'vdb', source: "/dev/x' y='" }],
    ['disk', { source: '/dev/x' }],
    ['disk', { target: "sda'" }],
    ['disk', { cache: 'unsafe' }],
    ['hostdev', ['01:00.0']],
    ['hostdev', ['0000:01:20.0']],
    ['hugepages', '0M'],
    ['hugepages', "2M'"],
    ['iothreads', -1],
    ['pins', { emulator: '3-1' }],
    ['pins', { emulator: "0' x='" }],
    ['pins', { vcpus: [] }],
    ['pins', {}],
  ])('%s: %j is refused', (key, value) => {
    const parsed = DomainSettings.safeParse({ [key]: value });
    // A quote is no mark of its own in a vendor's name: it is written so that it reads back.
    if (parsed.success) {
      const after = withSettings("<domain type='kvm'><name>a</name></domain>", parsed.data);
      expect(unmetIn(rootOf(after), parsed.data)).toEqual([]);
      expect(rootOf(after).children.map(({ name }) => name)).toEqual(['name', 'features']);
    } else expect(parsed.error.issues.length).toBeGreaterThan(0);
  });
});
