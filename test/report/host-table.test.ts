import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { FACTS_COLUMNS, type Facts } from '../../src/cli/facts-columns.ts';
import type { HostFacts } from '../../src/core/facts.ts';
import type { Virtualization } from '../../src/probes/virtualization.ts';
import { hostTable } from '../../src/report/host-table.ts';
import { paintFor } from '../../src/report/paint.ts';
import { hostVirtualization } from '../../src/tasks/host-virtualization.ts';
import { findingOf } from '../support/task-table.ts';

const DEBIAN: HostFacts = { arch: 'x86_64', kernel: '6.1.0', os: { id: 'debian', version: '12', family: 'debian' }, init: 'systemd' };

function factsOf(host: string): Facts {
  return { ...DEBIAN, ...(findingOf(hostVirtualization, { host, with: {} }).result as Virtualization) };
}

function table(hosts: Readonly<Record<string, Facts>>, width: number) {
  return hostTable(new Map(Object.entries(hosts)), FACTS_COLUMNS, { paint: paintFor('plain'), width });
}

const AMD = factsOf('debian12-amd-idle');
const fleet = { kvm01: AMD, kvm02: AMD, kvm03: { ...AMD, nested: false }, kvm04: AMD, kvm07: AMD };
const mixed = {
  ...fleet,
  arm01: factsOf('aarch64'),
  arm02: factsOf('aarch64-below-el2'),
  ci01: factsOf('container-no-kvm'),
  intel01: factsOf('intel-idle'),
  intel02: factsOf('intel-firmware-off'),
  intel03: factsOf('intel-unprivileged'),
  power01: factsOf('ppc64le-powernv'),
  xen01: factsOf('xen-dom0'),
  xen02: factsOf('xen-domu'),
  z01: factsOf('s390x'),
};

describe('the table of facts', () => {
  it('has the odd host first, and below what is so on all', () => {
    expect(table(fleet, 80)).toEqual({
      lines: [
        'hosts                nested',
        'kvm03                no',
        'kvm[01-02,04,07]  4  yes',
        '',
        'on all: is: qemu guest, cpu: AMD-V, kvm: kvm_amd, iommu: no, sr-iov: no,',
        '        os: debian 12, boot: grub/bios, docker: no',
      ],
      leftOut: [],
    });
  });

  it('has one row for hosts that are equal in everything', () => {
    const { lines } = table({ kvm01: AMD, kvm02: AMD }, 140);
    expect(lines).toEqual([
      'hosts          is          cpu    kvm      nested  iommu  sr-iov  os         boot       docker',
      'kvm[01-02]  2  qemu guest  AMD-V  kvm_amd  yes     no     no      debian 12  grub/bios  no',
    ]);
  });

  it('tells each kind of host in its own words', () => {
    expect(table(mixed, Number.POSITIVE_INFINITY).lines.join('\n')).toMatchInlineSnapshot(`
      "hosts                is          cpu              kvm        nested  iommu    sr-iov  boot       docker
      kvm03                qemu guest  AMD-V            kvm_amd    no      no       no      grub/bios  no
      arm01                bare metal  aarch64 EL2      kvm        ?       SMMU pt  1       ?/uefi     no
      arm02                bare metal  aarch64 no       no         no      SMMU pt  1       ?/uefi     no
      ci01                 container   no               no         no      no       no      no         running
      intel01              bare metal  VT-x             kvm_intel  no      VT-d pt  1       ?/uefi     no
      intel02              bare metal  off in firmware  no         no      VT-d pt  1       ?/uefi     no
      intel03              bare metal  no or off        no         no      VT-d pt  1       ?/uefi     no
      power01              bare metal  ppc64le POWER    kvm_hv     no      VT-d pt  1       ?/uefi     no
      xen01                Xen dom0    VT-x             no         no      VT-d     1       ?/uefi     no
      xen02                xen guest   no               no         no      VT-d pt  1       ?/uefi     no
      z01                  bare metal  s390x SIE        kvm        no      yes pt   1       zipl       no
      kvm[01-02,04,07]  4  qemu guest  AMD-V            kvm_amd    yes     no       no      grub/bios  no

      on all: os: debian 12"
    `);
  });

  it('leaves out the last columns where there is no room for them', () => {
    const { lines, leftOut } = table(mixed, 80);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(80);
    expect(leftOut).toEqual(['sr-iov', 'boot', 'docker']);
    expect(table(mixed, 140).leftOut).toEqual([]);
  });

  it('names every host once, whatever they are', () => {
    const values = fc.constantFrom(...Object.values(mixed));
    const hosts = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}\d{1,2}$/), values, { minKeys: 1 });
    fc.assert(
      fc.property(hosts, fc.integer({ min: 40, max: 200 }), (some, width) => {
        const { lines, leftOut } = table(some, width);
        const rows = lines.slice(1, lines.includes('') ? lines.indexOf('') : undefined);
        const counts = rows.map((row) => Number(/^\S+ {2,}(\d+) {2}/.exec(row)?.[1] ?? 1));
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(Object.keys(some).length);
        expect(leftOut).toEqual(FACTS_COLUMNS.map(({ head }) => head).filter((head) => leftOut.includes(head)));
      }),
    );
  });
});
