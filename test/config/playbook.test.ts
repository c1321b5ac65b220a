import { expect, test } from 'vitest';
import { adhocWork, type LoadedWork } from '../../src/config/load.ts';
import { DroverError } from '../../src/core/errors.ts';
import type { Json } from '../../src/core/json.ts';
import {
  connectTo,
  FACTS,
  findingOf,
  folderWith,
  INVENTORY,
  inventoryOf,
  mistakesOf,
  playbookOf,
  sampleFacts,
  sampleTasks,
  sound,
} from '../support/config-samples.ts';

const one = (step: string, rest = '') => `hosts: compute\n${rest}steps:\n  - task: test.echo\n    ${step}\n`;

function stepsOf(loaded: LoadedWork, host: string): readonly string[] {
  const found = loaded.work.hosts.find((work) => work.host.name === host);
  return (found?.steps ?? []).map(({ number, name }) => `${number} ${name}`);
}

test.each<readonly [string, string, Json]>([
  ['a boolean', '"{{ nested }}"', true],
  ['text around it', '"is {{ nested }}"', 'is true'],
  ['triple braces', '"{{{ nested }}}"', true],
])('a text that is exactly one name keeps its type: %s', (_, text, value) => {
  const param = typeof value === 'string' ? 'text' : 'enabled';
  const work = sound(playbookOf(one(`with: { ${param}: ${text} }`)));
  expect(findingOf(work, { host: 'kvm01' })).toMatchObject({ [param]: value });
});

test('texts are filled in for each host, with lists, helpers and what the host is', () => {
  const text =
    '{{host.name}}/{{host.address}} {{join names "+"}}{{#each names}} {{@index}}{{this}}{{../mtu}}{{/each}} {{#if (eq role "hypervisor")}}H{{/if}} {{json names}} \\\\{{raw}}';
  const work = sound(playbookOf(one(`with: { text: '${text.replace('\\\\', '\\')}', list: "{{ names }}", mtu: "{{ mtu }}" }`)));
  const rest = ' a+b 0a1400 1b1400 H ["a","b"] {{raw}}';
  expect(findingOf(work, { host: 'kvm01' })).toMatchObject({ text: `kvm01/kvm01${rest}`, list: ['a', 'b'], mtu: 1400 });
  expect(findingOf(work, { host: 'kvm99' })).toMatchObject({ text: `kvm99/192.0.2.99${rest}` });
});

test('values come from six places, later ones win', () => {
  const inventory =
    'vars: { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 }\ngroups:\n  g: { hosts: { h: { vars: { c: 3, d: 3, e: 3, f: 3 } } }, vars: { b: 2, c: 2, d: 2, e: 2, f: 2 } }\n';
  const text =
    'hosts: g\nvars: { d: 4, e: 4, f: 4 }\nsteps:\n  - task: test.echo\n    vars: { e: 5, f: 5 }\n    with: { text: "{{a}} {{b}} {{c}} {{d}} {{e}} {{f}}" }\n';
  const work = sound(playbookOf(text, { inventory, extraVars: ['f=6'] }));
  expect(findingOf(work, { host: 'h' })).toMatchObject({ text: '1 2 3 4 5 6' });
});

test.each<readonly [string, readonly string[], Json]>([
  ['words', ['x=1 y="two words"', 'z=true'], '1 | "two words" | true'],
  ['a mapping', ['{"x": 1, "y": [2], z: null}'], '1 | [2] | null'],
  ['a file, and words over it', ['y=b', '@vars.yaml'], '1 | "b" | "c"'],
  ['nothing', ["x=''", 'y=', 'z=a=b'], '"" | "" | "a=b"'],
])('-e: %s', (_, extraVars, shown) => {
  const inventory = `vars: { x: 0, y: 0, z: 0 }\nhosts: [compute]\n`;
  const text = 'hosts: compute\nsteps:\n  - task: test.echo\n    with: { text: "{{json x}} | {{json y}} | {{json z}}" }\n';
  const work = sound(playbookOf(text, { inventory, extraVars, files: { 'vars.yaml': 'x: 1\ny: a\nz: c\nnot_used: 1\n' } }));
  expect(findingOf(work, { host: 'compute' })).toMatchObject({ text: shown });
});

test('numbers of steps are the same on all hosts, also where loops differ in length', () => {
  const inventory = 'groups: { g: { hosts: { a: { vars: { xs: [p, q] } }, b: { vars: { xs: [r] } } } } }\n';
  const text =
    'hosts: g\nsteps:\n  - { name: Each, task: test.echo, loop: "{{ xs }}", with: { text: "{{ item }}" } }\n  - { name: Names, task: test.echo, loop: [{ name: n, v: 1 }, 2], with: { text: "{{json item}}" } }\n';
  const work = sound(playbookOf(text, { inventory }));
  expect(stepsOf(work, 'a')).toEqual(['1 Each (p)', '2 Each (q)', '3 Names (n)', '4 Names (2)']);
  expect(stepsOf(work, 'b')).toEqual(['1 Each (r)', '3 Names (n)', '4 Names (2)']);
  expect(findingOf(work, { host: 'a', step: 1 })).toMatchObject({ text: 'q' });
  expect(work.steps.map(({ number }) => number)).toEqual([1, 3]);
});

test.each([
  ['mtu > 1000 && role == "hypervisor"', true],
  ['mtu == 1500', false],
  ['"canary" in host.groups', true],
  ['names.exists(n, n == "b")', true],
  ['size(names) == 2 && !nested', false],
  ['true', true],
])('when: %s is known at load', (when, isDue) => {
  const work = sound(playbookOf(one(`when: '${when}'`)));
  const found = findingOf(work, { host: 'kvm01' });
  expect(found).toEqual(isDue ? { enabled: false, when_busy: 'refuse' } : { skipped: `when is false: ${when}` });
  expect(work.work.hosts[0]?.steps[0]?.prepare({}).reads).toEqual([]);
});

test('a when that asks of the host reads facts with the step, and only then', () => {
  const work = sound(playbookOf(one(`when: host.arch == "x86_64" && host.os.family != "suse" && nested`)));
  expect(work.work.hosts[0]?.steps[0]?.prepare({}).reads).toEqual(sampleFacts.reads);
  expect(findingOf(work, { host: 'kvm01' })).toMatchObject({ enabled: false });
  expect(findingOf(work, { host: 'kvm01', facts: { ...FACTS, arch: 'aarch64' } })).toHaveProperty('skipped');
});

test('a step where when is false may ask for what the host does not have', () => {
  const inventory = 'groups: { g: { hosts: { a: { vars: { big: true, n: 1500 } }, b: { vars: { big: false } } } } }\n';
  const work = sound(playbookOf('hosts: g\nsteps:\n  - { task: test.echo, when: big, with: { mtu: "{{ n }}" } }\n', { inventory }));
  expect(findingOf(work, { host: 'a' })).toMatchObject({ mtu: 1500 });
  expect(findingOf(work, { host: 'b' })).toEqual({ skipped: 'when is false: big' });
});

const registering = (step: string) =>
  `hosts: kvm01\nsteps:\n  - { task: test.count, register: things }\n  - { task: test.echo, ${step} }\n`;

test('registered results are filled in when they are there', () => {
  const work = sound(playbookOf(registering('with: { mtu: "{{ things.count }}", text: "{{join things.names}}" }, when: things.count > 2')));
  expect(work.work.hosts[0]?.steps.map(({ needs, register }) => [needs, register])).toEqual([
    [[], 'things'],
    [['things'], undefined],
  ]);
  const at = { host: 'kvm01', step: 1 };
  expect(findingOf(work, { ...at, registered: { things: { count: 100, names: ['x', 'y'] } } })).toMatchObject({ mtu: 100, text: 'x, y' });
  expect(findingOf(work, { ...at, registered: { things: { count: 1, names: [] } } })).toEqual({
    skipped: 'when is false: things.count > 2',
  });
  for (const things of [null, { count: 10, names: [] }, { count: 100 }]) {
    expect(() => findingOf(work, { ...at, registered: { things } })).toThrow(DroverError);
  }
});

test.each<readonly [string, string, readonly string[]]>([
  [
    'a field that is not there',
    'with: { mtu: "{{ things.cuont }}" }',
    ['site/p.yaml:4:41 the result `things` has no `cuont` [things.cuont] → It has count, names.'],
  ],
  [
    'another type',
    'with: { text: "{{ things.count }}" }',
    ['site/p.yaml:4:42 `things.count` is a whole number, and text is expected here [things.count]'],
  ],
  [
    'another type in when',
    'when: things.count == "3"',
    [
      'site/p.yaml:4:30 no such overload: int == string [things.count == "3"] → Names and types are checked; a key that may be absent is asked for with has(name.key).',
    ],
  ],
  [
    'a field that is not there in when',
    'when: things.cuont > 3',
    [
      'site/p.yaml:4:37 no such key: cuont [cuont] → Names and types are checked; a key that may be absent is asked for with has(name.key).',
    ],
  ],
])('registered results are typed: %s', (_, step, mistakes) => {
  expect(mistakesOf(playbookOf(registering(step)))).toEqual(mistakes);
});

test('waves, in order, each host once', () => {
  const rollout =
    'rollout:\n  waves:\n    - { name: one, hosts: canary }\n    - { name: two, hosts: [rack-a, kvm99], size: 2 }\n    - { name: rest, size: 25% }\n  budget: { bad: 1 }\n';
  expect(sound(playbookOf(one('tags: x', rollout))).work.rollout).toEqual({
    waves: [
      { name: 'one', hosts: ['kvm01'] },
      { name: 'two', hosts: ['kvm02', 'kvm99'], size: { count: 2 } },
      { name: 'rest', hosts: ['kvm03', 'kvm04'], size: { percent: 25 } },
    ],
    budget: { bad: 1, per: 'wave' },
  });
  const limited = sound(playbookOf(one('tags: x', rollout), { limit: 'kvm[03-04]' }));
  expect(limited.work.rollout.waves).toEqual([{ name: 'rest', hosts: ['kvm03', 'kvm04'], size: { percent: 25 } }]);
});

test.each([
  ['inventory', 'kvm01 kvm02 kvm03 kvm04 kvm99'],
  ['reverse', 'kvm99 kvm04 kvm03 kvm02 kvm01'],
  ['sorted', 'kvm01 kvm02 kvm03 kvm04 kvm99'],
])('the order of a wave: %s', (order, hosts) => {
  const { work } = sound(playbookOf(one('tags: x', `rollout: { waves: [{ name: all, order: ${order}, concurrency: 2 }] }\n`)));
  expect(work.rollout).toEqual({
    waves: [{ name: 'all', hosts: hosts.split(' '), concurrency: 2 }],
    budget: { bad: 1, per: 'wave' },
  });
});

test('lots are drawn from the seed and the name alone', () => {
  const text = one('tags: x', 'rollout: { waves: [{ name: all, order: shuffle }] }\n');
  const orderOf = (choice: Parameters<typeof playbookOf>[1]) => sound(playbookOf(text, choice)).work.rollout.waves[0];
  const all = orderOf({ seed: '7' });
  expect(orderOf({ seed: '7' })).toEqual(all);
  expect(all?.seed).toBe('7');
  const orders = Array.from({ length: 20 }, (_, i) => orderOf({ seed: String(i) })?.hosts.join(' '));
  expect(new Set(orders).size).toBeGreaterThan(10);
  for (const order of orders) expect(order?.split(' ').sort()).toEqual(['kvm01', 'kvm02', 'kvm03', 'kvm04', 'kvm99']);
  const some = orderOf({ seed: '7', limit: 'kvm[02-04]' });
  expect(some?.hosts).toEqual(all?.hosts.filter((name) => some?.hosts.includes(name)));
});

/** What of step 1 each host is told: `does` it, or why not. */
function whoDoes(once: 'run' | 'wave', { when = '', rollout = '', limit = 'all' } = {}): readonly string[] {
  const step = `  - { task: test.echo, once: ${once}${when === '' ? '' : `, when: '${when}'`} }\n`;
  const { work } = sound(playbookOf(`hosts: compute\n${rollout}steps:\n${step}`, { limit }));
  return work.hosts.map(({ host, steps: [first] }) => {
    const finding = first?.prepare({});
    const said = finding?.parse([]);
    return `${host.name} ${said !== undefined && 'skipped' in said ? said.skipped : `does it once a ${first?.once}`}`;
  });
}

test('a step that is done once is done by the first host of the run, or of each wave', () => {
  const rollout = 'rollout: { waves: [{ name: c, hosts: kvm02 }, { name: rest, order: reverse }] }\n';
  expect(whoDoes('run', { limit: 'kvm[01-03]' })).toEqual([
    'kvm01 does it once a run',
    'kvm02 once a run: kvm01 does it',
    'kvm03 once a run: kvm01 does it',
  ]);
  expect(whoDoes('run', { rollout, limit: 'kvm[01-03]' })).toEqual([
    'kvm01 once a run: kvm02 does it',
    'kvm02 does it once a run',
    'kvm03 once a run: kvm02 does it',
  ]);
  expect(whoDoes('wave', { rollout, limit: 'kvm[01-03]' })).toEqual([
    'kvm01 once a wave: kvm03 does it',
    'kvm02 does it once a wave',
    'kvm03 does it once a wave',
  ]);
});

test('who is left out by `when` does not do it for others', () => {
  expect(whoDoes('run', { when: 'host.name != "kvm01"', limit: 'kvm[01-02]' })).toEqual([
    'kvm01 once a run: kvm02 does it',
    'kvm02 does it once a run',
  ]);
  expect(whoDoes('run', { when: 'false', limit: 'kvm[01-02]' })).toEqual(['kvm01 when is false: false', 'kvm02 when is false: false']);
});

test('what a step that is done once registers is known on its host only', () => {
  const text = (more: string) =>
    `hosts: kvm[01-02]\nsteps:\n  - { task: test.count, once: run, register: r }\n  - { task: test.echo, with: { mtu: "{{ r.count }}" }${more} }\n`;
  expect(mistakesOf(playbookOf(text('')))).toEqual([
    'site/p.yaml:4:41 `r` is not registered: the step that registers it is skipped on kvm02 [r.count] → Give this step the same `once`.',
  ]);
  expect(sound(playbookOf(text(', once: run'))).work.hosts).toHaveLength(2);
});

test('without a rollout there is one wave', () => {
  expect(sound(playbookOf(one('tags: x'))).work.rollout).toEqual({
    waves: [{ name: 'all', hosts: ['kvm01', 'kvm02', 'kvm03', 'kvm04', 'kvm99'] }],
  });
});

const tagged =
  'hosts: kvm01\nsteps:\n  - { name: A, task: test.echo, tags: [x, y] }\n  - { name: B, task: test.echo, tags: y }\n  - { name: C, task: test.echo }\n';

test.each([
  [{}, 'A B C'],
  [{ tags: ['y'] }, 'A B'],
  [{ tags: ['x'] }, 'A'],
  [{ skipTags: ['x'] }, 'B C'],
  [{ tags: ['y'], skipTags: ['x'] }, 'B'],
  [{ startAt: 'B' }, 'B C'],
])('steps chosen by %j: %s', (choice, names) => {
  const work = sound(playbookOf(tagged, choice));
  expect(work.steps.map(({ name }) => name).join(' ')).toBe(names);
  expect(work.tags).toEqual(['x', 'y']);
});

test.each<readonly [Parameters<typeof playbookOf>[1], readonly string[]]>([
  [{ tags: ['z'] }, ['--tags no step has the tag `z` → Did you mean `x`?']],
  [{ skipTags: ['yy'] }, ['--skip-tags no step has the tag `yy` → Did you mean `y`?']],
  [{ tags: ['x'], skipTags: ['y'] }, ['--tags no step is left → See --list-tasks and --list-tags.']],
  [{ startAt: 'D' }, ['--start-at-task no step is called `D` → Did you mean `A`?']],
  [{ extraVars: ['nope=1'] }, ['-e no step uses `nope` → There are none.']],
  [{ extraVars: ['nope'] }, ['-e expected name=value → Write name=value; a value with spaces stands in quotes: name="two words".']],
  [{ extraVars: ['a=yes'] }, ['-e `yes` without quotes is text, not a boolean → Write true, or "yes" if text is meant.']],
  [{ extraVars: ['@gone'] }, ['-e cannot read `gone` → After @ stands a YAML or JSON file.']],
  [
    { extraVars: ['{"a-b": 1}'] },
    ['-e the name of a variable has letters, digits and `_` only; `host` and `item` have a meaning of their own'],
  ],
])('mistakes of flags: %j', (choice, mistakes) => {
  expect(mistakesOf(playbookOf(tagged, choice))).toEqual(mistakes);
});

test('tags that leave out what another step needs are a mistake', () => {
  const text =
    'hosts: kvm01\nsteps:\n  - { task: test.count, register: r }\n  - { task: test.echo, with: { mtu: "{{ r.count }}" }, tags: t }\n';
  expect(mistakesOf(playbookOf(text, { tags: ['t'] }))).toEqual([
    'site/p.yaml:4:41 `r` is registered by a step that is left out [r.count] → Take that step in too.',
  ]);
});

const files = {
  'site/files/a.txt': 'A {{ as it is }}',
  'templates/t.hbs': 'mtu={{mtu}}\nname={{host.name}} {{extra}}\n',
  'site/bad.hbs': 'x\n{{#if nope}}{{/if}} {{ mut }}\n',
};

test('files beside the playbook are loaded, and templates filled in for each host', () => {
  const text =
    'hosts: compute\nsteps:\n  - task: test.file\n    vars: { extra: more }\n    with: { path: /x, source: a.txt, template: t.hbs }\n';
  const work = sound(playbookOf(text, { files }));
  expect(findingOf(work, { host: 'kvm02' })).toEqual({
    path: '/x',
    source: { name: 'a.txt', text: 'A {{ as it is }}' },
    template: { name: 't.hbs', text: 'mtu=1400\nname=kvm02 more\n' },
  });
});

test('a name that a template lacks is a mistake of the template', () => {
  const text =
    'hosts: compute\nsteps:\n  - task: test.file\n    with: { path: /x, template: "{{ which }}.hbs" }\n    vars: { which: bad }\n';
  const plain = text.replace('{{ which }}', 'bad').replace('    vars: { which: bad }\n', '');
  for (const playbook of [text, plain]) {
    expect(mistakesOf(playbookOf(playbook, { files })).map((told) => told.replace(/^\S*(?=site)/, ''))).toEqual([
      'site/bad.hbs:2:7 `nope` is not set [nope] → Set it under `vars:` of the inventory, a group, the host or the playbook, or with -e.',
      'site/bad.hbs:2:24 `mut` is not set [mut] → Did you mean `mtu`?',
    ]);
  }
});

test('a file that is not there', () => {
  const text = 'hosts: compute\nsteps:\n  - task: test.file\n    with: { path: /x, source: b.txt }\n';
  expect(mistakesOf(playbookOf(text, { files }))).toEqual([
    expect.stringMatching(
      /^site\/p.yaml:4:31 there is no file `b.txt` \[b.txt\] → Looked for it as .*\/site\/b.txt, .*\/site\/files\/b.txt, .*\/files\/b.txt\.$/,
    ),
  ]);
});

test('become of the playbook reaches the connection', () => {
  const becomeOf = (rest: string) => sound(playbookOf(one('tags: x', rest))).work.hosts[0]?.host.connection.become;
  expect(becomeOf('')).toBeUndefined();
  expect(becomeOf('become: true\n')).toEqual({ method: 'sudo', user: 'root' });
  expect(becomeOf('become: { user: app }\n')).toEqual({ method: 'sudo', user: 'app' });
});

test('a variable that no step uses is told', () => {
  const { warnings } = sound(playbookOf(one('vars: { b: 1 }', 'vars: { a: 1 }\n')));
  expect(warnings.map(({ source, message }) => `${source} ${message}`)).toEqual([
    'site/p.yaml:2:9 no step uses `a`',
    'site/p.yaml:5:13 no step uses `b`',
  ]);
});

function adhoc(task: string, ...params: string[]) {
  const inventory = sound(inventoryOf(INVENTORY));
  const folder = folderWith({ 'a.txt': 'A' });
  return adhocWork({ task, pattern: 'kvm[01-02]', params }, inventory, {
    folder,
    home: '/',
    tasks: sampleTasks,
    facts: sampleFacts,
    measures: {},
    connect: connectTo(inventory),
  });
}

test('one task for some hosts, its params as words', () => {
  const work = sound(adhoc('test.echo', 'mtu=1500', 'text={{host.name}} x', 'list=[a, "b c"]', 'enabled=true', 'nested={key: auto}'));
  expect(work.work.hosts.map(({ host }) => host.name)).toEqual(['kvm01', 'kvm02']);
  expect(findingOf(work, { host: 'kvm02' })).toEqual({
    mtu: 1500,
    text: 'kvm02 x',
    list: ['a', 'b c'],
    enabled: true,
    when_busy: 'refuse',
    nested: { key: 'auto' },
  });
  expect(findingOf(sound(adhoc('test.file', 'path=/x', 'source=a.txt')), { host: 'kvm01' })).toMatchObject({
    source: { name: 'a.txt', text: 'A' },
  });
});

test.each<readonly [string, readonly string[], readonly string[]]>([
  ['test.ecco', [], ['TASK there is no task `test.ecco` → Did you mean `test.echo`?']],
  ['test.echo', ['mtuu=1'], ['PARAMS unknown key `mtuu` [mtuu=1] → Did you mean `mtu`?']],
  ['test.echo', ['mtu=x'], ['PARAMS expected a whole number, not "x" [mtu=x]']],
  ['test.echo', ['enabled=yes'], ['PARAMS expected true or false, not "yes" [enabled=yes] → In YAML 1.2 `yes` is text; write true.']],
  ['test.echo', ['mtu=1500', 'mtu=1400'], ['PARAMS `mtu` stands here a second time → Remove one.']],
  [
    'test.echo',
    ['text={{nope}}'],
    ['PARAMS `nope` is not set [nope] → Set it under `vars:` of the inventory, a group, the host or the playbook, or with -e.'],
  ],
  ['test.file', [], ['PARAMS `path` is missing → Add `path=…`.']],
])('mistakes of words: %s %j', (task, params, mistakes) => {
  expect(mistakesOf(adhoc(task, ...params))).toEqual(mistakes);
});
