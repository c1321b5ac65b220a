import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Inventory, loadInventory, why } from '../../src/config/load.ts';
import type { Checked } from '../../src/core/mistake.ts';
import { folderWith, mistakesOf, sound } from '../support/config-samples.ts';

const INI = `# hosts of the lab
lone ansible_host=192.0.2.9   ; without a group
bare:2200

[web]
www[01:03].example.com http_port=80 note="two words"
web-[a:b] ansible_user=deploy ansible_port=2222

[db]
db1 ansible_host=10.0.0.1 ansible_python_interpreter=/usr/bin/python3
db2 ansible_python_interpreter=/usr/bin/python3 ansible_ssh_pass=secret

[web:vars]
tier = front
ratio=1.5
on=True
list=[1, "b"]
greeting={{ nope }}

[all:vars]
ansible_user=ops
ansible_become=yes
ansible_become_user=app

[site:children]
web
db
`;

const YAML = `all:
  vars: { ansible_user: ops, region: eu }
  hosts:
    lone: { ansible_host: 192.0.2.9 }
  children:
    web:
      hosts:
        www[01:02]:
        www03: { http_port: 80 }
      vars: { tier: front }
    site:
      children:
        web:
`;

const LIST = JSON.stringify({
  _meta: { hostvars: { a1: { ansible_host: '10.0.0.1', n: 1 }, b1: { 'odd-name': 1 } } },
  all: { children: ['ungrouped', 'g'], vars: { region: 'eu' } },
  g: { hosts: ['a1'], children: ['h'], vars: { x: [1] } },
  h: ['b1'],
  ungrouped: { hosts: ['c1'] },
});

function load(files: Readonly<Record<string, string>>, name = 'hosts'): Checked<Inventory> {
  const folder = folderWith(files);
  if (files[name]?.startsWith('#!')) chmodSync(join(folder, name), 0o755);
  return loadInventory([name], { folder, home: '/home/ops' });
}

function told({ warnings }: Inventory): readonly string[] {
  return warnings.map(({ source, message }) => `${source} ${message}`);
}

test('INI', () => {
  const inventory = sound(load({ hosts: INI }));
  const { hosts, groups } = inventory;
  expect([...hosts.keys()]).toEqual([
    'lone',
    'bare',
    'www01.example.com',
    'www02.example.com',
    'www03.example.com',
    'web-a',
    'web-b',
    'db1',
    'db2',
  ]);
  const settings = { user: 'ops', become: { method: 'sudo', user: 'app' } };
  expect(hosts.get('lone')).toMatchObject({ groups: [], settings: { ...settings, address: '192.0.2.9' } });
  expect(hosts.get('bare')?.settings).toEqual({ ...settings, port: 2200 });
  expect(hosts.get('www02.example.com')).toMatchObject({
    groups: ['site', 'web'],
    vars: { http_port: 80, note: 'two words', tier: 'front', ratio: '1.5', on: true, list: [1, 'b'] },
  });
  expect(hosts.get('web-b')?.settings).toEqual({ ...settings, user: 'deploy', port: 2222 });
  expect(groups.get('site')).toMatchObject({ children: ['web', 'db'], hosts: [...hosts.keys()].slice(2) });
  expect(told(inventory)).toEqual([
    'hosts:10:27 `ansible_python_interpreter` is ignored, here and in 1 more place',
    'hosts:11:49 `ansible_ssh_pass` is ignored',
    'hosts:18:1 `greeting` is ignored',
  ]);
  expect(why(inventory, 'web-b', 'user')).toEqual([
    { place: 'inventory', source: 'hosts:21:1', value: 'ops' },
    { place: 'host web-[a:b]', source: 'hosts:7:11', value: 'deploy' },
  ]);
});

test('YAML', () => {
  const inventory = sound(load({ 'hosts.yml': YAML }, 'hosts.yml'));
  expect([...inventory.hosts.values()].map(({ name, groups }) => `${name} ${groups.join()}`)).toEqual([
    'lone ',
    'www01 site,web',
    'www02 site,web',
    'www03 site,web',
  ]);
  expect(inventory.hosts.get('www03')).toMatchObject({ vars: { http_port: 80, tier: 'front', region: 'eu' }, settings: { user: 'ops' } });
  expect(inventory.warnings).toEqual([]);
});

test('a program that prints what ansible-inventory --list does', () => {
  const inventory = sound(load({ hosts: `#!/bin/sh\n[ "$1" = --list ] && cat <<'END'\n${LIST}\nEND\n` }));
  expect([...inventory.hosts.values()].map(({ name, groups }) => `${name} ${groups.join()}`).sort()).toEqual(['a1 g', 'b1 g,h', 'c1 ']);
  expect(inventory.hosts.get('a1')).toMatchObject({ vars: { n: 1, x: [1], region: 'eu' }, settings: { address: '10.0.0.1' } });
  expect(told(inventory)).toEqual([expect.stringMatching(/^hosts --list:1:\d+ `odd-name` is ignored$/)]);
});

test('a program may print the short form', () => {
  expect([...sound(load({ hosts: '#!/bin/sh\necho \'{"g": ["h1", "h2"]}\'\n' })).hosts.keys()]).toEqual(['h1', 'h2']);
});

test('a plain list of hosts', () => {
  expect([...sound(load({ hosts: 'h1\nh2 ansible_port=22 x=1\n' })).hosts.keys()]).toEqual(['h1', 'h2']);
});

test('folders beside the inventory are told', () => {
  const inventory = sound(load({ hosts: '[a]\nh1\n', 'group_vars/a.yml': 'x: 1\n' }));
  expect(told(inventory)).toEqual([expect.stringMatching(/\/group_vars is ignored$/)]);
});

test.each<readonly [string, string, readonly string[]]>([
  [
    'a program that fails',
    '#!/bin/sh\necho no credentials >&2\nexit 3\n',
    ['hosts ended with 3: no credentials → The program must print an inventory as JSON when run with --list.'],
  ],
  [
    'a program that cannot be run',
    '#!/nowhere/python\n',
    ['hosts could not be run: ENOENT → The program must print an inventory as JSON when run with --list.'],
  ],
  [
    'no hosts with spaces',
    '[a]\nh1 h2\n',
    ['hosts:2:4 expected name=value, not `h2` [h2] → After the host stand its variables; each host has a line of its own.'],
  ],
  ['no group', '[a:children]\nb\n', ['hosts:2:1 there is no group `b` [b] → Did you mean `a`?']],
  ['a range', '[a]\nh[9:1]\n', ['hosts:2:1 `9-1` runs backwards [h[9:1]] → Ranges are written [01:20], [1:9:2] or [a:c].']],
  ['a port', '[a]\nh ansible_port=ssh\n', ['hosts:2:3 cannot be the port of a host [ansible_port=ssh] → Correct the value.']],
  [
    'another way to become',
    '[a]\nh ansible_become=true ansible_become_method=su\n',
    ['hosts:2:3 cannot be the become of a host [ansible_become=true] → Correct the value.'],
  ],
])('mistake: %s', (_, text, mistakes) => {
  expect(mistakesOf(load({ hosts: text }))).toEqual(mistakes);
});
