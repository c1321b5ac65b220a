import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expand } from '../../src/core/nodeset.ts';
import { type Entry, foldEntries, hostsLabel } from '../../src/report/fold.ts';

function entry(name: string, rank: number, ...lines: readonly string[]): Entry {
  return { name, rank, lines };
}

describe('foldEntries', () => {
  it('puts the worst first, and of those the smallest group', () => {
    const groups = foldEntries([
      entry('a1', 5, 'fine'),
      entry('a2', 0, 'bad'),
      entry('a3', 5, 'odd'),
      entry('a4', 5, 'fine'),
      entry('a5', 0, 'bad'),
    ]);
    expect(groups.map(({ names, lines }) => [names.join(' '), ...lines])).toEqual([
      ['a2 a5', 'bad'],
      ['a3', 'odd'],
      ['a1 a4', 'fine'],
    ]);
  });

  it('takes hosts together whose lines differ only in their own name and address', () => {
    const lost = (name: string, address: string): Entry => ({
      ...entry(name, 2, `${name}: connect to ${address}:22: refused`),
      own: [name, address],
    });
    expect(foldEntries([lost('kvm1', '10.0.0.1'), lost('kvm2', '10.0.0.12')])).toEqual([
      { names: ['kvm1', 'kvm2'], rank: 2, lines: ['<host>: connect to <host>:22: refused'] },
    ]);
    expect(foldEntries([lost('kvm1', '10.0.0.1')])[0]?.lines).toEqual(['kvm1: connect to 10.0.0.1:22: refused']);
  });

  it('leaves lines alone that are data', () => {
    expect(foldEntries([entry('web1', 0, 'web1'), entry('web2', 0, 'web2')]).map(({ lines }) => lines)).toEqual([['web1'], ['web2']]);
  });

  it('does not take a name for its own that only begins like it', () => {
    const up = (name: string): Entry => ({ ...entry(name, 0, `${name}0 is up`), own: [name] });
    const groups = foldEntries([up('web1'), up('web2')]);
    expect(groups).toHaveLength(2);
  });

  it('has every host in exactly one group, and the label expands to the hosts of its group', () => {
    const hosts = fc.uniqueArray(fc.tuple(fc.nat(300), fc.nat(3)), { selector: ([number]) => number, minLength: 1 });
    fc.assert(
      fc.property(hosts, (pairs) => {
        const groups = foldEntries(pairs.map(([number, kind]) => entry(`kvm${number}.example.net`, kind, `text ${kind}`)));
        expect(groups.flatMap(({ names }) => names).sort()).toEqual(pairs.map(([number]) => `kvm${number}.example.net`).sort());
        for (const { names } of groups) {
          const expanded = expand(hostsLabel(names).replace(/ \(.*/, ''));
          expect(expanded.ok && [...expanded.names].sort()).toEqual([...names].sort());
        }
      }),
    );
  });
});
