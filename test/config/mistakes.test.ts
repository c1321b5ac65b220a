import { expect, test } from 'vitest';
import { mistakesOf, playbookOf } from '../support/config-samples.ts';

const NOT_SET = 'Set it under `vars:` of the inventory, a group, the host or the playbook, or with -e.';
const step = (text: string) => `hosts: compute\nsteps:\n  - task: test.echo\n    ${text}\n`;
const rollout = (text: string) => `hosts: compute\nrollout: ${text}\nsteps: [{ task: test.count }]\n`;

// The likeliest mistakes, each with its place, the letters above the caret, and the hint.
test.each<readonly [string, string, readonly string[]]>([
  ['an empty file', '', ['p:1:1 there is nothing in it → See `drover schema` for what may stand here.']],
  [
    'a list of plays',
    '- hosts: all\n',
    ['p:1:1 a playbook is no list [-] → A playbook is one mapping with `hosts:` and `steps:`; a list of plays becomes several files.'],
  ],
  ['text only', 'hosts\n', ['p:1:1 expected a mapping, not "hosts" [hosts]']],
  [
    'two documents',
    'hosts: all\n---\nsteps: []\n',
    ['p:2:1 a second document begins here [---] → Remove the `---`, or make it a file of its own.'],
  ],
  ['a tab', 'hosts: all\nsteps:\n\t- task: x\n', ['p:3:1 a tab cannot indent YAML [\t] → Use spaces.']],
  ['a tab before a key of an entry', 'hosts: all\nsteps:\n  - name: x\n\ttask: x\n', ['p:4:1 a tab cannot indent YAML [\t] → Use spaces.']],
  [
    'tabs before an entry of several keys',
    'hosts: all\nsteps:\n \t- name: x\n \t  task: x\n',
    ['p:3:2 a tab cannot indent YAML [\t] → Use spaces.'],
  ],
  [
    'a mistake above a text that holds tabs',
    'hosts: "all" x\nname: |\n  all:\n  \techo\n',
    ['p:1:14 unexpected scalar at node end [x] → Put the whole text into quotes, also where only a part of it stands in quotes.'],
  ],
  ['three dashes and nothing', '---\n', ['p:1:1 there is nothing in it [-] → See `drover schema` for what may stand here.']],
  [
    'brackets without an end',
    '['.repeat(20_000),
    [expect.stringMatching(/^p:1:\d+ too many brackets within each other \[.*\] → Write less of them; perhaps some are not closed\.$/s)],
  ],
  [
    'an unclosed quote',
    'hosts: "all\n',
    ['p:1:12 missing closing "quote [] → A key is followed by `: ` and its value; quotes and brackets are closed.'],
  ],
  [
    'a colon in a text',
    'name: one: two\n',
    ['p:1:7 a second `: ` in one line [o] → Put text that holds `: ` into quotes; a nested mapping begins on a line of its own.'],
  ],
  [
    'half a quoted text',
    step('when: "canary" in host.groups'),
    [
      'p:4:20 unexpected scalar at node end [in host.groups] → Put the whole text into quotes, also where only a part of it stands in quotes.',
    ],
  ],
  [
    'wrong indentation',
    'hosts: all\n name: x\n',
    ['p:1:8 this value goes on in the next line, and a key stands there [all] → Keys of one mapping begin in the same column.'],
  ],
  ['a bare star', 'hosts: *\nsteps: []\n', ['p:1:8 `*` alone is an alias without a name [*] → Put it into quotes: "*".']],
  [
    'a bare wildcard',
    'hosts: *.dc1\nsteps: []\n',
    ['p:1:8 no anchor `&.dc1` stands before this alias [*.dc1] → `*` begins an alias; quote the text if it is meant: "*.dc1".'],
  ],
  [
    'a bare exclusion',
    'hosts: !canary\nsteps: []\n',
    ['p:1:8 unknown tag `!canary` [!canary] → Quote the text if it is meant: "!canary".'],
  ],
  ['a bare group', 'hosts: @canary\n', ['p:1:8 plain value cannot start with reserved character @ [@] → Put the text into quotes.']],
  [
    'bare braces',
    step('with: { mtu: {{ mtu }} }'),
    ['p:4:19 a mapping or list cannot be a key [{ mtu }] → Quote templates: "{{ name }}".'],
  ],
  [
    'a key twice',
    'hosts: all\nhosts: db\nsteps: []\n',
    ['p:2:1 `hosts` stands here a second time [hosts] → The first is at p:1:1; remove one.'],
  ],
  [
    'a vault',
    step('with: { text: !vault x }'),
    ["p:4:19 unknown tag `!vault` [!vault] → Ansible's tags mean nothing here; give the value with -e @file."],
  ],
  ['no steps', 'hosts: compute\n', ['p:1:1 `steps` is missing [h] → Add `steps:` here.']],
  ['empty steps', 'hosts: compute\nsteps: []\n', ['p:2:8 a list is too short: the least is 1 entry [[]]']],
  [
    'no params',
    'hosts: compute\nsteps: [{ task: test.file }]\n',
    ['p:2:9 `path` is missing [{ task: test.file }] → Add `path:` under `with:`.'],
  ],
  [
    'an unknown key',
    'host: compute\nsteps: [{ task: test.count }]\n',
    ['p:1:1 `hosts` is missing [h] → Add `hosts:` here.', 'p:1:1 unknown key `host` [host] → Did you mean `hosts`?'],
  ],
  [
    "Ansible's tasks",
    'hosts: compute\ntasks: [{ task: test.count }]\n',
    ['p:1:1 `steps` is missing [h] → Add `steps:` here.', 'p:2:1 unknown key `tasks` [tasks] → In this format it is `steps:`.'],
  ],
  [
    'a gate that measures what nobody measures',
    rollout('{ waves: [{ name: a }], gate: [{ expr: "after.failed_unit > 0" }] }'),
    ['p:2:56 no such key: failed_unit [failed_unit] → Measured are after.failed_units.'],
  ],
  [
    'a gate that is no condition',
    rollout('{ waves: [{ name: a }], gate: [{ expr: "after.failed_units" }] }'),
    ['p:2:50 must be true or false, and is of type int [after.failed_units] → Compare it with something.'],
  ],
  [
    'a gate with a task that there is not, and one with wrong params',
    rollout('{ waves: [{ name: a }], gate: [{ task: test.cuont }, { task: test.count, with: { nope: 1 } }] }'),
    [
      'p:2:49 there is no task `test.cuont` [test.cuont] → Did you mean `test.count`?',
      'p:2:91 unknown key `nope` [nope] → There are none.',
    ],
  ],
  [
    'a wave that is spread over what nobody has',
    rollout('{ waves: [{ name: a, spread: shelf }] }'),
    ['p:2:39 kvm[01-04,99] has no `shelf` [shelf] → Set it in the inventory; hosts are spread over its values.'],
  ],
  ['a baking that no timer bears', rollout('{ waves: [{ name: a, bake: 720h }] }'), ['p:2:37 a time is at most 24 days [720h]']],
  ['a time without a unit', rollout('{ waves: [{ name: a, bake: 5 }] }'), ['p:2:37 expected text, not 5 [5] → Quote it: "5".']],
  [
    'an include in another place',
    rollout('{ waves: [{ name: a, include: x }] }'),
    ['p:2:31 unknown key `include` [include] → An `include:` is a step of its own, without a `task:`.'],
  ],
  [
    "Ansible's way to write a task",
    'hosts: compute\nsteps:\n  - test.echo: { mtu: 1400 }\n',
    [
      'p:3:5 `task` is missing [t] → Add `task:` here.',
      'p:3:5 unknown key `test.echo` [test.echo] → Write `task: test.echo`, and its params under `with:`.',
    ],
  ],
  [
    'a misspelt task',
    'hosts: compute\nsteps: [{ task: test.ehco }]\n',
    ['p:2:17 there is no task `test.ehco` [test.ehco] → Did you mean `test.echo`?'],
  ],
  [
    'half the name of a task',
    'hosts: compute\nsteps: [{ task: echo }]\n',
    ['p:2:17 there is no task `echo` [echo] → Did you mean `test.echo`?'],
  ],
  ['a misspelt param', step('with: { mut: 1400 }'), ['p:4:13 unknown key `mut` [mut] → Did you mean `mtu`?']],
  [
    'a param inside',
    step('with: { nested: { kye: 1 } }'),
    ['p:4:13 `key` is missing [nested] → Add `key:` here.', 'p:4:23 unknown key `kye` [kye] → Did you mean `key`?'],
  ],
  ['yes', step('with: { enabled: yes }'), ['p:4:22 expected true or false, not "yes" [yes] → In YAML 1.2 `yes` is text; write true.']],
  [
    'yes as a variable',
    step('vars: { on: off }'),
    ['p:4:17 `off` without quotes is text, not a boolean [off] → Write false, or "off" if text is meant.'],
  ],
  ['an octal mode', step('with: { mode: 0644 }'), ['p:4:19 `0644` without quotes is the number 644 [0644] → Quote it: "0644".']],
  ['a mode as a number', step('with: { mode: 644 }'), ['p:4:19 expected text, not 644 [644] → Quote it: "644".']],
  ['a mode of three digits', step('with: { mode: "644" }'), ['p:4:19 a mode has four octal digits: "0644" ["644"]']],
  ['a number in quotes', step('with: { mtu: "1400" }'), ['p:4:18 expected a whole number, not "1400" ["1400"] → Remove the quotes.']],
  ['too large a number', step('with: { mtu: 90000 }'), ['p:4:18 90000 is too large: the most is 9000 [90000]']],
  ['one for a list', step('with: { list: a }'), ['p:4:19 expected a list, not "a" [a] → Write a list: [a].']],
  ['no choice', step('with: { when_busy: froce }'), ['p:4:24 expected one of refuse, force, not "froce" [froce] → Did you mean `force`?']],
  ['none of the kinds', step('with: { nested: { key: x } }'), ['p:4:28 expected a whole number or "auto", not "x" [x]']],
  [
    'a text for a file',
    'hosts: compute\nsteps:\n  - { task: test.file, with: { path: /x, source: { name: a, text: b } } }\n',
    ['p:3:50 expected the name of a file, not a mapping [{ name: a, text: b }]'],
  ],
  ['a secret is not shown', step('with: { password: short }'), ['p:4:23 this is too short: the least is 8 characters']],
  ['a variable that is not there', step('with: { text: "a {{ nestd }}" }'), ['p:4:25 `nestd` is not set [nestd] → Did you mean `nested`?']],
  ['a variable of some hosts', step('with: { text: "{{ rack }}" }'), [`p:4:23 \`rack\` is not set on kvm[03-04] [rack] → ${NOT_SET}`]],
  ['in a condition', step('with: { text: "{{#if tls}}x{{/if}}" }'), [`p:4:26 \`tls\` is not set [tls] → ${NOT_SET}`]],
  [
    'in a block of text',
    step('with:\n      text: |\n        a\n        b {{ mtuu }}\n'),
    ['p:7:14 `mtuu` is not set [mtuu] → Did you mean `mtu`?'],
  ],
  [
    'a fact in a text',
    step('with: { text: "{{ host.arch }}" }'),
    [
      'p:4:23 `host.arch` is not set [host.arch] → There are host.name, host.groups, host.address; what only a look can tell is for `when:`.',
    ],
  ],
  [
    'item without a loop',
    step('with: { text: "{{ item }}" }'),
    ['p:4:23 `item` is not set [item] → There is an item only in steps with `loop:`.'],
  ],
  [
    'a list in a text',
    step('with: { text: "x {{ names }}" }'),
    ['p:4:25 `names` is a list: it cannot stand inside a text [names] → Write {{join names ", "}}, or {{#each names}}…{{/each}}.'],
  ],
  ['a variable of another type', step('with: { mtu: "{{ role }}" }'), ['p:4:18 expected a whole number, not "hypervisor" ["{{ role }}"]']],
  [
    'Jinja',
    step('with: { text: "{{ role | upper }}" }'),
    [
      'p:4:28 not understood as a template [|] → This is Handlebars, not Jinja: {{#if x}}…{{/if}}, {{#each xs}}…{{/each}}, {{join xs ", "}}.',
    ],
  ],
  ['an unknown helper', step('with: { text: "{{jion names}}" }'), ['p:4:22 unknown helper `jion` [jion] → Did you mean `join`?']],
  [
    'braces in when',
    step('when: "{{ nested }}"'),
    ['p:4:22 expected COLON, got RBRACE [}] → Expressions take no braces: write name == "text".'],
  ],
  ['and', step('when: nested and mtu > 1'), ["p:4:18 unexpected character: 'd' [and] → Write && for and, || for or, ! for not."]],
  ['one equal sign', step('when: mtu = 1400'), ['p:4:15 unexpected character: = [=] → Equality is written ==.']],
  [
    'is defined',
    step('when: rack is defined'),
    ["p:4:16 unexpected character: 's' [is] → Every variable must be set; give it a default under `vars:` of the inventory."],
  ],
  ['an unknown name in when', step('when: nestd'), ['p:4:11 unknown variable: nestd [nestd] → Did you mean `nested`?']],
  [
    'a name of some hosts in when',
    step('when: rack == "ra"'),
    [
      'p:4:11 `rack` is not set on kvm[03-04] [rack] → Every variable of `when:` must be set; give it a default under `vars:` of the inventory.',
    ],
  ],
  [
    'another type in when',
    step('when: mtu == "1400"'),
    [
      'p:4:11 no such overload: int == string [mtu == "1400"] → Names and types are checked; a key that may be absent is asked for with has(name.key).',
    ],
  ],
  ['no boolean', step('when: role'), ['p:4:11 must be true or false, and is of type string [role] → Compare it: name == "text".']],
  [
    'a misspelt fact',
    step('when: host.arhc == "x86_64"'),
    ['p:4:16 no such key: arhc [arhc] → Names and types are checked; a key that may be absent is asked for with has(name.key).'],
  ],
  [
    'no list to loop over',
    step('loop: "{{ mtu }}"'),
    ['p:4:11 `loop` needs a list, not 1400 ["{{ mtu }}"] → Write loop: "{{ name }}" with a variable that holds a list.'],
  ],
  [
    'no name to loop over',
    step('loop: names'),
    [
      'p:4:11 `loop` needs a list, or the name of one: `names` is none [names] → Write loop: "{{ name }}" with a variable that holds a list.',
    ],
  ],
  [
    'register in a loop',
    step('loop: [1]\n    register: r'),
    ['p:4:5 a step with `loop` cannot register its result [loop] → There would be one result an item.'],
  ],
  [
    'register over a variable',
    step('register: mtu'),
    ['p:4:5 `mtu` is the name of a variable already [register] → Register the result under another name.'],
  ],
  [
    'a later result',
    'hosts: kvm01\nsteps:\n  - { task: test.echo, with: { text: "{{ r }}" } }\n  - { task: test.count, register: r }\n',
    ['p:3:42 `r` is registered by a later step [r] → Move that step before this one.'],
  ],
  [
    'a result that is skipped',
    'hosts: kvm01\nsteps:\n  - { task: test.count, register: r, when: mtu > 9000 }\n  - { task: test.echo, with: { mtu: "{{ r.count }}" } }\n',
    ['p:4:41 `r` is not registered: the step that registers it is skipped [r.count] → Give this step the same `when`.'],
  ],
  [
    'a misspelt group',
    'hosts: compte\nsteps: [{ task: test.count }]\n',
    ['p:1:8 there is no host or group `compte` [compte] → Did you mean `compute`?'],
  ],
  [
    'an empty pattern',
    'hosts: ""\nsteps: [{ task: test.count }]\n',
    ['p:1:8 an empty pattern ["] → It never means all hosts; for these write `all`.'],
  ],
  [
    'one of a list of patterns',
    'hosts: [canary, "compute:!rack-b"]\nsteps: [{ task: test.count }]\n',
    ['p:1:26 there is no host or group `rack-b` [!rack-b] → Did you mean `rack-a`?'],
  ],
  [
    'a misspelt group in a wave',
    rollout('{ waves: [{ name: a, hosts: cnary }, { name: b }] }'),
    ['p:2:38 there is no host or group `cnary` [cnary] → Did you mean `canary`?'],
  ],
  [
    'a wave without hosts',
    rollout('{ waves: [{ name: a }, { name: b, hosts: canary }] }'),
    ['p:2:51 no host is left for wave `b` [canary] → Earlier waves have all of its hosts.'],
  ],
  [
    'hosts without a wave',
    rollout('{ waves: [{ name: a, hosts: canary }] }'),
    ['p:2:12 no wave has kvm[02-04,99] [waves] → Add a last wave without `hosts:`; it has all that are left.'],
  ],
  [
    'two waves of one name',
    rollout('{ waves: [{ name: a, hosts: canary }, { name: a }] }'),
    ['p:2:56 a second wave is called `a` [a] → Reports could not tell them apart; rename one.'],
  ],
  ['a size', rollout('{ waves: [{ name: a, size: 25 % }] }'), ['p:2:37 a share is written 25% [25 %]']],
  ['a budget of nothing', rollout('{ waves: [{ name: a }], budget: { bad: 0 } }'), ['p:2:49 0 is too small: the least is 1 [0]']],
  [
    'become of a step',
    step('become: true'),
    ['p:4:5 unknown key `become` [become] → Only the playbook as a whole can become another user.'],
  ],
])('%s', (_, text, mistakes) => {
  expect(mistakesOf(playbookOf(text)).map((told) => told.replaceAll('site/p.yaml', 'p'))).toEqual(mistakes);
});

test('all mistakes are told at once, from the top', () => {
  const text = `hosts: compte
serial: 1
rollout: { waves: [{ name: a, sise: 2 }] }
steps:
  - task: test.echo
    nme: x
    with: { mut: 1, enabled: "{{ nestd }}" }
    when: mtu == "x"
  - task: test.ehco
  - task: test.count
    register: r
  - task: test.echo
    with: { text: "{{ r.cuont }}", mode: "{{" }
`;
  const places = (checked: ReturnType<typeof playbookOf>) =>
    mistakesOf(checked).map((told) => told.split(' ')[0]?.replace('site/p.yaml:', ''));
  expect(places(playbookOf(text))).toEqual(['1:8', '2:1', '3:31', '6:5', '9:11']);
  expect(places(playbookOf(text.replace('compte', 'compute')))).toEqual(['2:1', '3:31', '6:5', '7:13', '8:11', '9:11', '13:23', '13:45']);
});
