import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expand, fold } from '../../src/core/nodeset.ts';

// As `nodeset -f` of ClusterShell 1.9.1 prints them.
test.each([
  ['web8 web9 web10 web09', 'web[8-9,09-10]'],
  ['web09 web10 web100', 'web[09-10,100]'],
  ['web01 web1 web2 web02', 'web[1-2,01-02]'],
  ['web099 web100 web101', 'web[099-101]'],
  ['a1 a3 b2 b1 c', 'a[1,3],b[1-2],c'],
  ['192.0.2.1 192.0.2.2 192.0.3.1 192.0.3.2', '192.0.[2-3].[1-2]'],
  ['r1n1 r1n2 r2n1 r2n2 r2n3', 'r2n[1-3],r1n[1-2]'],
  ['a1 a01 a001', 'a[1,01,001]'],
  ['b10 a2 10 a10 a1b a-1 A1', '10,A1,a[2,10],a1b,a-1,b10'],
  ['z1-1 a z2 b1-2 b1 b2 b2-2', 'a,b[1-2],b[1-2]-2,z2,z1-1'],
  ['n1 n2 n10 n03 n04 n5 n0 n00', 'n[0-2,5,00,03-04,10]'],
  ['kvm08.e kvm09.e kvm10.e', 'kvm[08-10].e'],
])('fold %s', (names, folded) => {
  expect(fold(names.split(' '))).toBe(folded);
});

// As `nodeset -e` prints them.
test.each([
  ['a[1-5/2]', 'a1 a3 a5'],
  ['a[1,3,7-9]', 'a1 a3 a7 a8 a9'],
  ['a[1-2]b[3-4]', 'a1b3 a1b4 a2b3 a2b4'],
  ['[1-3]', '1 2 3'],
  ['a[1-2]0', 'a10 a20'],
  ['kvm[08-11].example.net,x', 'kvm08.example.net kvm09.example.net kvm10.example.net kvm11.example.net x'],
])('expand %s', (text, names) => {
  expect(expand(text)).toEqual({ ok: true, names: names.split(' ') });
});

test.each([
  ['a[5-1]', '`5-1` runs backwards', 2],
  ['a[01-100]', '`01-100` is padded to different widths', 2],
  ['a[1-010]', '`1-010` is padded to different widths', 2],
  ['a[1-2/0]', '`1-2/0` has a step of 0', 2],
  ['a[]', 'an empty range', 2],
  ['a[1,,2]', 'an empty range', 4],
  ['a[1-]', '`1-` is no range: write 5, 1-9 or 1-9/2', 2],
  ['a[x]', '`x` is no range: write 5, 1-9 or 1-9/2', 2],
  ['a[1', 'a `[` without its `]`', 1],
  ['a1]', 'a `]` without its `[`', 2],
  ['a,,b', 'an empty name', 2],
  ['', 'an empty name', 0],
  ['a[1-10000000]', 'more than 100000 names', 2],
  ['a[1-1000]b[1-1000]', 'more than 100000 names', 10],
  ['a[1-60000],b[1-60000]', 'more than 100000 names', 11],
])('expand refuses %s', (text, problem, at) => {
  expect(expand(text)).toEqual({ ok: false, problem, at });
});

const part = fc.constantFrom('a', 'web', '-', '.eu', 'r');
const index = fc.tuple(fc.nat(130), fc.constantFrom(0, 2, 3)).map(([n, width]) => String(n).padStart(width, '0'));
const name = fc.array(fc.oneof(part, index), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));

test('what is folded expands to the same names, each once', () => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 40 }), (names) => {
      const expansion = expand(fold(names));
      expect(expansion.ok && expansion.names.toSorted()).toEqual([...new Set(names)].sort());
    }),
  );
});

test('folding does not depend on the order, and never makes more words than names', () => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 40 }), (names) => {
      expect(fold(names.toReversed())).toBe(fold(names));
      expect(fold(names).split(/,(?![^[]*\])/).length).toBeLessThanOrEqual(new Set(names).size);
    }),
  );
});

test('a rack of hosts folds into one word', () => {
  const names = expand('node[00001-10000].dc1.example.org');
  expect(names.ok && fold(names.names)).toBe('node[00001-10000].dc1.example.org');
});

test('more digits than a number keeps stay text', () => {
  expect(fold(['a20230101123456789', 'a20230101123456788'])).toBe('a20230101123456788,a20230101123456789');
});

test('a padded range ends where the numbers grow wider', () => {
  const names = Array.from({ length: 93 }, (_, i) => `n${String(i + 8).padStart(2, '0')}`);
  expect(fold(names)).toBe('n[08-99,100]');
});
