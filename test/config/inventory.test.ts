import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { completeConnection, loadInventory, why } from '../../src/config/load.ts';
import { folderWith, inventoryOf, mistakesOf, sound } from '../support/config-samples.ts';

const EXAMPLE = `defaults:
  user: ops
  become: sudo
vars: { mtu: 1400 }
hosts: [lone]
groups:
  compute:
    hosts:
      kvm[01-03].example.net: {}
      kvm99: { address: 192.0.2.99, port: 2222, vars: { rack: r9 } }
    vars: { role: hypervisor, mtu: 1450 }
    user: root
  canary: { hosts: [kvm01.example.net] }
  all-compute: { groups: [compute, canary], vars: { role: none, team: virt } }
`;

test('hosts, groups and values, in the order written', () => {
  const { hosts, groups } = sound(inventoryOf(EXAMPLE));
  expect([...hosts.keys()]).toEqual(['lone', 'kvm01.example.net', 'kvm02.example.net', 'kvm03.example.net', 'kvm99']);
  expect(hosts.get('kvm01.example.net')).toMatchObject({
    groups: ['all-compute', 'compute', 'canary'],
    vars: { mtu: 1450, role: 'hypervisor', team: 'virt' },
    settings: { user: 'root', become: { method: 'sudo', user: 'root' } },
    source: 'inventory.yaml:9:7',
  });
  expect(hosts.get('lone')).toMatchObject({ groups: [], vars: { mtu: 1400 }, settings: { user: 'ops' } });
  expect(hosts.get('kvm99')?.settings).toEqual({
    user: 'root',
    become: { method: 'sudo', user: 'root' },
    address: '192.0.2.99',
    port: 2222,
  });
  expect(groups.get('all-compute')).toEqual({
    name: 'all-compute',
    hosts: ['kvm01.example.net', 'kvm02.example.net', 'kvm03.example.net', 'kvm99'],
    children: ['compute', 'canary'],
    parents: [],
    source: 'inventory.yaml:14:3',
  });
});

test('why names every place that sets a value, the one that holds last', () => {
  const inventory = sound(inventoryOf(EXAMPLE));
  expect(why(inventory, 'kvm99', 'mtu')).toEqual([
    { place: 'inventory', source: 'inventory.yaml:4:9', value: 1400 },
    { place: 'group compute', source: 'inventory.yaml:11:31', value: 1450 },
  ]);
  expect(why(inventory, 'kvm99', 'role').map(({ place }) => place)).toEqual(['group all-compute', 'group compute']);
  expect(why(inventory, 'kvm99', 'port')).toEqual([{ place: 'host kvm99', source: 'inventory.yaml:10:37', value: 2222 }]);
  expect(why(inventory, 'kvm99', 'user').map(({ source }) => source)).toEqual(['inventory.yaml:2:3', 'inventory.yaml:12:5']);
  expect(why(inventory, 'kvm99', 'nothing')).toEqual([]);
});

test('a value edited where why says it stands is the value that holds', () => {
  const { source } = why(sound(inventoryOf(EXAMPLE)), 'kvm99', 'mtu').at(-1) ?? { source: '' };
  const [, line, column] = source.split(':').map(Number);
  const lines = EXAMPLE.split('\n');
  const old = lines[(line ?? 0) - 1] ?? '';
  lines[(line ?? 0) - 1] = `${old.slice(0, (column ?? 0) - 1)}mtu: 9000 }`;
  expect(sound(inventoryOf(lines.join('\n'))).hosts.get('kvm99')?.vars['mtu']).toBe(9000);
});

test('all connection keys', () => {
  const { hosts } = sound(
    inventoryOf(`hosts:
  bastion: { port: 2200 }
  a:
    address: 192.0.2.1
    port: 2222
    user: ops
    private_key: [~/.ssh/id_a, keys/b]
    agent: false
    known_hosts: known
    host_keys: accept-new
    host_key_alias: other
    jump: [bastion, "me@[2001:db8::1]:2022"]
    connect_timeout: 500ms
    connect_retries: 3
    become: { user: root2 }
`),
  );
  const { privateKeys, knownHosts, ...rest } = hosts.get('a')?.settings ?? {};
  expect(privateKeys).toEqual(['/home/ops/.ssh/id_a', expect.stringMatching(/^\/.*\/keys\/b$/)]);
  expect(knownHosts).toEqual([expect.stringMatching(/^\/.*\/known$/)]);
  expect(rest).toEqual({
    address: '192.0.2.1',
    port: 2222,
    user: 'ops',
    agent: false,
    hostKeys: 'accept-new',
    hostKeyAlias: 'other',
    jump: [
      { kind: 'host', name: 'bastion' },
      { kind: 'address', address: '2001:db8::1', user: 'me', port: 2022 },
    ],
    connectTimeoutMs: 500,
    connectRetries: 3,
    become: { method: 'sudo', user: 'root2' },
  });
});

const base = (alias: string) => ({
  ...(alias === 'b2' ? { address: '192.0.2.7', user: 'from-ssh-config' } : { user: 'me' }),
  port: 22,
  privateKeys: ['/k'],
  knownHosts: ['/kh'],
  hostKeys: 'strict' as const,
  connectTimeoutMs: 10_000,
  connectRetries: 0,
  agent: '/agent.sock',
});

test('a connection is the flags over the playbook over the inventory over ssh_config, its hops too', () => {
  const inventory = sound(
    inventoryOf('hosts:\n  b1: { jump: b2, become: true }\n  a: { jump: b1, become: true, user: inv, agent: true }\n'),
  );
  const complete = completeConnection(inventory, 'a', { base, become: false, over: { port: 2022 } });
  expect(complete).toMatchObject({ address: 'a', user: 'inv', port: 2022, agent: '/agent.sock' });
  expect(complete.become).toBeUndefined();
  expect(complete.jump.map(({ address, user, become, jump }) => ({ address, user, become, jump }))).toEqual([
    { address: '192.0.2.7', user: 'from-ssh-config', become: undefined, jump: [] },
    { address: 'b1', user: 'me', become: undefined, jump: [] },
  ]);
});

test('jumps in a circle are refused', () => {
  const inventory = sound(inventoryOf('hosts:\n  a: { jump: b }\n  b: { jump: a }\n'));
  expect(() => completeConnection(inventory, 'a', { base })).toThrow('jumps lead in a circle: a → b → a');
});

test('two files, and a list of hosts, make one inventory', () => {
  const folder = folderWith({
    a: 'vars: { x: 1 }\ngroups: { g: { hosts: [h1] } }\n',
    b: 'groups: { g: { hosts: [h2], vars: { y: 2 } } }\n',
  });
  const { hosts, groups } = sound(loadInventory(['a', 'b', 'h3,k[1-2],'], { folder, home: '/' }));
  expect([...hosts.keys()]).toEqual(['h1', 'h2', 'h3', 'k1', 'k2']);
  expect(groups.get('g')?.hosts).toEqual(['h1', 'h2']);
  expect(hosts.get('h1')?.vars).toEqual({ x: 1, y: 2 });
});

const two = (more: string) => `groups:\n  a: { hosts: [h1, h2], vars: { x: 1 } }\n  b: { hosts: [h1, h2], vars: { x: 2 } }\n${more}`;

test.each<readonly [string, string, readonly string[]]>([
  [
    'a misspelt key at the top',
    'grups: { a: { hosts: [x] } }\n',
    ['inventory.yaml:1:1 unknown key `grups` [grups] → Did you mean `groups`?'],
  ],
  ['unknown key', 'grups: {}\n', ['inventory.yaml:1:1 unknown key `grups` [grups] → Did you mean `groups`?']],
  ['unknown key of a group', 'groups: { a: { hots: [x] } }\n', ['inventory.yaml:1:16 unknown key `hots` [hots] → Did you mean `hosts`?']],
  [
    "Ansible's word",
    'groups: { a: { children: [x] } }\n',
    ['inventory.yaml:1:16 unknown key `children` [children] → In this format it is `groups:`, a list.'],
  ],
  [
    "Ansible's word of a host",
    'hosts: { a: { ansible_host: x } }\n',
    ['inventory.yaml:1:15 unknown key `ansible_host` [ansible_host] → In this format it is `address:`.'],
  ],
  ['unknown key of a host', 'hosts: { a: { prot: 22 } }\n', ['inventory.yaml:1:15 unknown key `prot` [prot] → Did you mean `port`?']],
  ['wrong type', 'hosts: { a: { port: "22" } }\n', ['inventory.yaml:1:21 expected a whole number, not "22" ["22"] → Remove the quotes.']],
  ['out of range', 'hosts: { a: { port: 70000 } }\n', ['inventory.yaml:1:21 70000 is too large: the most is 65535 [70000]']],
  ['a time that no timer bears', 'defaults: { connect_timeout: 600h }\n', ['inventory.yaml:1:30 a time is at most 24 days [600h]']],
  ['a time without unit', 'defaults: { connect_timeout: "10" }\n', ['inventory.yaml:1:30 a time needs its unit: 10s, 500ms, 2m ["10"]']],
  [
    'no choice',
    'defaults: { host_keys: loose }\n',
    ['inventory.yaml:1:24 expected one of strict, accept-new, not "loose" [loose] → There are strict, accept-new.'],
  ],
  [
    'a boolean of YAML 1.1',
    'defaults: { agent: true, become: yes }\n',
    ['inventory.yaml:1:34 expected true or false or "sudo" or a mapping, not "yes" [yes] → In YAML 1.2 `yes` is text; write true.'],
  ],
  ['inside a choice', 'defaults: { become: { usr: x } }\n', ['inventory.yaml:1:23 unknown key `usr` [usr] → Did you mean `user`?']],
  [
    'a boolean of YAML 1.1 in a variable',
    'vars: { a: yes }\n',
    ['inventory.yaml:1:12 `yes` without quotes is text, not a boolean [yes] → Write true, or "yes" if text is meant.'],
  ],
  [
    'a template in a variable',
    'vars: { a: "x{{ b }}" }\n',
    [
      'inventory.yaml:1:14 variables are plain data: `{{` is not filled in here [{{] → Fill templates in where they are used: under `with:` of a step.',
    ],
  ],
  [
    'the name of a variable',
    'vars: { a-b: 1 }\n',
    ['inventory.yaml:1:9 the name of a variable has letters, digits and `_` only; `host` and `item` have a meaning of their own [a-b]'],
  ],
  [
    'a reserved name',
    'groups: { a: { vars: { host: 1 } } }\n',
    ['inventory.yaml:1:24 the name of a variable has letters, digits and `_` only; `host` and `item` have a meaning of their own [host]'],
  ],
  ['an octal number', 'vars: { mode: 0644 }\n', ['inventory.yaml:1:15 `0644` without quotes is the number 644 [0644] → Quote it: "0644".']],
  [
    'a range that runs backwards',
    'groups: { a: { hosts: ["k[9-1]"] } }\n',
    ['inventory.yaml:1:27 `9-1` runs backwards [9-1]] → Ranges are written kvm[01-40], [1,3,7-9] or [0-30/10].'],
  ],
  [
    'an endless range',
    'hosts: { "k[1-9999999]": {} }\n',
    ['inventory.yaml:1:13 more than 100000 names [1-9999999]] → Ranges are written kvm[01-40], [1,3,7-9] or [0-30/10].'],
  ],
  [
    'no name',
    'hosts: ["2001:db8::1"]\n',
    [
      'inventory.yaml:1:9 `2001:db8::1` cannot be a host\'s name ["2001:db8::1"] → Names have letters, digits, `.`, `-` and `_`; an address stands under `address:`.',
    ],
  ],
  [
    'an unknown group',
    'groups: { compute: {}, a: { groups: [compte] } }\n',
    ['inventory.yaml:1:38 there is no group `compte` [compte] → Did you mean `compute`?'],
  ],
  [
    'groups in a circle',
    'groups: { a: { groups: [b] }, b: { groups: [c] }, c: { groups: [a] } }\n',
    ['inventory.yaml:1:25 groups lead in a circle: a → b → c → a [b] → Take one of them out of the other.'],
  ],
  [
    'a reserved group',
    'groups: { all: {} }\n',
    ['inventory.yaml:1:11 `all` is there without being written [all] → Choose another name; variables for all hosts stand under `vars:`.'],
  ],
  [
    'a group and a host of one name',
    'groups: { a: { hosts: [a] } }\n',
    ['inventory.yaml:1:24 `a` is the name of a host and of a group [a] → Patterns could not tell them apart; rename one.'],
  ],
  [
    'groups that disagree',
    two(''),
    [
      'inventory.yaml:3:33 group a and group b disagree about `x` of h[1-2] → The other place is inventory.yaml:2:33; set it in one of them, or in a child group or the host.',
    ],
  ],
  [
    'a host that disagrees with its range',
    'hosts: { "k[1-3]": { port: 1 }, k2: { port: 2 } }\n',
    [
      'inventory.yaml:1:39 host k[1-3] and host k2 disagree about `port` of k2 → The other place is inventory.yaml:1:22; set it in one of them, or in a child group or the host.',
    ],
  ],
  ['nothing', '', ['inventory.yaml:1:1 there is nothing in it → See `drover schema` for what may stand here.']],
  [
    'several at once',
    'vars: { a: 010, a: 1 }\nx: 1\n',
    [
      'inventory.yaml:1:12 `010` without quotes is the number 10 [010] → Quote it: "010".',
      'inventory.yaml:1:17 `a` stands here a second time [a] → The first is at inventory.yaml:1:9; remove one.',
    ],
  ],
])('mistake: %s', (_, text, mistakes) => {
  expect(mistakesOf(inventoryOf(text))).toEqual(mistakes);
});

test('groups that disagree are settled below', () => {
  const byHost = sound(inventoryOf(two('hosts: { h1: { vars: { x: 3 } }, h2: { vars: { x: 4 } } }\n')));
  expect([...byHost.hosts.values()].map(({ vars }) => vars['x'])).toEqual([3, 4]);
  const byChild = sound(
    inventoryOf(
      'groups:\n  a: { groups: [c], vars: { x: 1 } }\n  b: { groups: [c], vars: { x: 2 } }\n  c: { hosts: [h1], vars: { x: 3 } }\n',
    ),
  );
  expect(byChild.hosts.get('h1')?.vars['x']).toBe(3);
});

test.each([
  ['gone', ['gone there is no such file → Check the name and the folder.']],
  ['sub', ['sub is a folder → Name a file in it.']],
  ['latin', ['latin:1:15 is no UTF-8 [\uFFFD] → Save it as UTF-8.']],
  ['a,,b', ['-i an empty name [,] → A list of hosts is written -i kvm01,kvm[05-09], with a comma.']],
])('an inventory that cannot be read: %s', (path, mistakes) => {
  const folder = folderWith({ 'sub/x': '' });
  writeFileSync(join(folder, 'latin'), Buffer.from('vars: { "b": "\xe9" }', 'latin1'));
  expect(mistakesOf(loadInventory([path], { folder, home: '/' })).map((text) => text.slice(0, 200))).toEqual(mistakes);
});
