import fc from 'fast-check';
import { expect, test } from 'vitest';
import { selectHosts } from '../../src/config/load.ts';
import { fold } from '../../src/core/nodeset.ts';
import { folderWith, inventoryOf, mistakesOf, sound } from '../support/config-samples.ts';

const INVENTORY = `hosts: [lone]
groups:
  compute: { hosts: ["kvm[01-20].dc1", kvm99] }
  canary: { hosts: ["kvm[01-02].dc1"] }
  db: { hosts: ["db[1-3]"] }
  all-db: { groups: [db] }
  x: { hosts: [x1] }
  empty: {}
`;

function select(pattern: string, more: { readonly limit?: string; readonly exclude?: string } = {}) {
  const folder = folderWith({ failed: '# of the last run\nkvm03.dc1\n\nkvm[07-08].dc1 # two\n', wrong: 'kvm77\n' });
  return selectHosts(sound(inventoryOf(INVENTORY)), { pattern, ...more }, { folder, home: '/' });
}

function names(...args: Parameters<typeof select>): string {
  return fold(sound(select(...args)).map(({ name }) => name));
}

test.each([
  ['all', 'db[1-3],kvm99,kvm[01-20].dc1,lone,x1'],
  ['*', 'db[1-3],kvm99,kvm[01-20].dc1,lone,x1'],
  ['ungrouped', 'lone'],
  ['kvm99', 'kvm99'],
  ['db', 'db[1-3]'],
  ['@db', 'db[1-3]'],
  ['all-db', 'db[1-3]'],
  ['db:canary', 'db[1-3],kvm[01-02].dc1'],
  ['db, canary', 'db[1-3],kvm[01-02].dc1'],
  ['compute:&canary', 'kvm[01-02].dc1'],
  ['compute:!canary:!kvm99', 'kvm[03-20].dc1'],
  // As Ansible: intersections and exclusions hold wherever they stand.
  ['!canary:&compute:all', 'kvm99,kvm[03-20].dc1'],
  ['!compute', 'db[1-3],lone,x1'],
  ['kvm[03-05,09].dc1', 'kvm[03-05,09].dc1'],
  ['db[1-3/2]', 'db[1,3]'],
  ['kvm*', 'kvm99,kvm[01-20].dc1'],
  ['*.dc1', 'kvm[01-20].dc1'],
  ['kvm0?.dc1', 'kvm[01-09].dc1'],
  ['kvm[01-02]*', 'kvm[01-02].dc1'],
  ['*db', 'db[1-3]'],
  ['db[!2a]', 'db[1,3]'],
  ['~kvm\\d{2}\\.dc1$', 'kvm[01-20].dc1'],
  ['~(db|lone)', 'db[1-3],lone'],
  ['~b', ''],
  ['db[0]', 'db1'],
  ['db[-1]', 'db3'],
  ['db[0:1]', 'db[1-2]'],
  ['db[1:]', 'db[2-3]'],
  ['db[1:9]', 'db[2-3]'],
  ['all[0:1]', 'kvm01.dc1,lone'],
  ['kvm*[0:2]', 'kvm[01-03].dc1'],
  ['@x[0]', 'x1'],
])('%s', (pattern, hosts) => {
  if (hosts === '') expect(select(pattern).ok).toBe(false);
  else expect(names(pattern)).toBe(hosts);
});

test('hosts come in the order of the inventory', () => {
  expect(sound(select('db3,lone,db1')).map(({ name }) => name)).toEqual(['lone', 'db1', 'db3']);
});

test('limit and exclusion narrow the pattern', () => {
  expect(names('compute', { limit: 'kvm[01-05].dc1', exclude: 'canary' })).toBe('kvm[03-05].dc1');
  expect(names('compute', { limit: '!canary' })).toBe('kvm99,kvm[03-20].dc1');
  expect(names('compute', { limit: '@failed' })).toBe('kvm[03,07-08].dc1');
  expect(names('compute', { limit: '@canary' })).toBe('kvm[01-02].dc1');
});

test.each<readonly [string, string, readonly string[]]>([
  ['nothing', '', ['PATTERN an empty pattern → It never means all hosts; for these write `all`.']],
  ['space', ' ', ['PATTERN an empty pattern → It never means all hosts; for these write `all`.']],
  [
    'a comma',
    ',',
    [
      'PATTERN an empty part of a pattern [,] → It never means all hosts; remove the separator.',
      'PATTERN an empty part of a pattern [] → It never means all hosts; remove the separator.',
    ],
  ],
  ['a colon at the end', 'db:', ['PATTERN an empty part of a pattern [] → It never means all hosts; remove the separator.']],
  ['a sign alone', 'db:!', ['PATTERN an empty part of a pattern [!] → It never means all hosts; remove the separator.']],
  ['misspelt', 'db:compte', ['PATTERN there is no host or group `compte` [compte] → Did you mean `compute`?']],
  [
    'two misspelt',
    'dbb,cnary',
    [
      'PATTERN there is no host or group `dbb` [dbb] → Did you mean `db`?',
      'PATTERN there is no host or group `cnary` [cnary] → Did you mean `canary`?',
    ],
  ],
  ['misspelt exclusion', 'db:!kvm9', ['PATTERN there is no host or group `kvm9` [!kvm9] → Did you mean `kvm99`?']],
  ['a range with a hole', 'db[1-5]', ['PATTERN there is no host or group `db[4-5]` [db[1-5]] → Did you mean `db`?']],
  [
    'a wildcard',
    'zz*',
    [
      'PATTERN no host or group matches `zz*` [zz*] → There are compute, canary, db, all-db, x, empty, lone, kvm01.dc1, kvm02.dc1, kvm03.dc1, kvm04.dc1, kvm05.dc1 and 20 more.',
    ],
  ],
  [
    'a broken regular expression',
    '~k(',
    ['PATTERN `~k(` is no regular expression [~k(] → Parentheses and brackets are closed; a backslash stands before a sign.'],
  ],
  [
    'a broken class',
    'db[z-a]',
    [
      'PATTERN no host or group matches `db[z-a]` [db[z-a]] → There are compute, canary, db, all-db, x, empty, lone, kvm01.dc1, kvm02.dc1, kvm03.dc1, kvm04.dc1, kvm05.dc1 and 20 more.',
    ],
  ],
  ['an empty slice', 'db[5]', ['PATTERN `db` has 3 hosts: the slice is empty [db[5]] → Slices count from 0, and take in their end.']],
  ['too far back', 'db[-4]', ['PATTERN `db` has 3 hosts: the slice is empty [db[-4]] → Slices count from 0, and take in their end.']],
  ['a slice of a host', 'kvm[0:3]', ['PATTERN `kvm` is no group to slice [kvm[0:3]] → Ranges are written kvm[01-40].']],
  [
    'a slice that is a host',
    'x[1]',
    ["PATTERN `x[1]` is a slice of `x`, and a host too [x[1]] → Write @x[1] for the slice, or the host's name without brackets."],
  ],
  ['an empty group', 'empty', ['PATTERN group `empty` has no hosts [empty] → Add hosts to it, or leave it out.']],
  ['no such group', '@comput', ['PATTERN there is no group `comput` [@comput] → Did you mean `compute`?']],
  [
    'no host left',
    'db:&canary',
    ['PATTERN `db:&canary` leaves no host [db:&canary] → Each part matches hosts; together they exclude each other.'],
  ],
  [
    'a range backwards',
    'kvm[09-01].dc1',
    ['PATTERN `kvm[09-01].dc1`: `09-01` runs backwards [kvm[09-01].dc1] → Ranges are written kvm[01-40], [1,3,7-9] or [0-30/10].'],
  ],
])('mistake: %s', (_, pattern, mistakes) => {
  expect(mistakesOf(select(pattern))).toEqual(mistakes);
});

test.each<readonly [string, string]>([
  ['', '--limit an empty pattern → It never means all hosts; for these write `all`.'],
  [',', '--limit an empty part of a pattern [,] → It never means all hosts; remove the separator.'],
  [':', '--limit an empty part of a pattern [:] → It never means all hosts; remove the separator.'],
  [
    'kvm0',
    '--limit there is no host or group `kvm0` [kvm0] → There are compute, canary, db, all-db, x, empty, lone, kvm01.dc1, kvm02.dc1, kvm03.dc1, kvm04.dc1, kvm05.dc1 and 20 more.',
  ],
  ['lone', '--limit `lone` leaves no host of `db` [lone] → `db` has db[1-3].'],
  ['@fialed', '--limit there is no group or file `fialed` [@fialed] → There are compute, canary, db, all-db, x, empty.'],
  [
    '@wrong',
    '--limit in wrong: there is no host or group `kvm77` [@wrong] → There are compute, canary, db, all-db, x, empty, lone, kvm01.dc1, kvm02.dc1, kvm03.dc1, kvm04.dc1, kvm05.dc1 and 20 more.',
  ],
])('a limit of %s is a mistake, and never all', (limit, first) => {
  expect(mistakesOf(select('db', { limit }))[0]).toBe(first);
});

test('no text is ever more than what it says: an answer is a choice of hosts or a mistake', () => {
  const inventory = sound(inventoryOf(INVENTORY));
  const piece = fc.constantFrom(
    'db',
    'kvm',
    'all',
    '*',
    '!',
    '&',
    ':',
    ',',
    '[',
    ']',
    '0',
    '1-3',
    '@',
    '~',
    '(',
    'canary',
    ' ',
    '-',
    '?',
    '\\',
    '^',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const chosen = selectHosts(inventory, { pattern: pieces.join('') }, { folder: '/nonexistent', home: '/' });
      expect(chosen.ok ? chosen.value.length : chosen.mistakes.length).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});
