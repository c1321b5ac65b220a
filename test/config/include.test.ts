import { describe, expect, test } from 'vitest';
import type { LoadedWork } from '../../src/config/load.ts';
import { FACTS, findingOf, mistakesOf, playbookOf, sound } from '../support/config-samples.ts';

const site = (steps: string) => `hosts: compute\nsteps:\n${steps}`;
const NET = `inputs:
  mtu: { type: integer, default: 1500, description: The MTU. }
  text: { type: string }
steps:
  - { name: Its MTU, task: test.echo, with: { mtu: "{{ mtu }}", text: "{{ text }} on {{ host.name }}" }, tags: [mtu] }
  - { name: Counted, task: test.count }
`;

function listed(loaded: LoadedWork): readonly string[] {
  return loaded.steps.map(({ number, name, tags, source }) => `${number} ${name} [${tags}] ${source}`);
}

describe('steps that are included', () => {
  test('are steps among the others: numbers, names, tags and places', () => {
    const text = site(
      `  - { task: test.count, tags: first }
  - { include: net/net.yaml, name: Canary, with: { text: a }, tags: [net] }
  - { include: net/net.yaml, with: { text: b, mtu: 1400 } }
  - { name: Last, task: test.count }
`,
    );
    const files = { 'site/net/net.yaml': NET };
    expect(listed(sound(playbookOf(text, { files })))).toEqual([
      '1 test.count [first] site/p.yaml:3:5',
      '2 Canary: Its MTU [net,mtu] site/net/net.yaml:5:5',
      '3 Canary: Counted [net] site/net/net.yaml:6:5',
      '4 Its MTU [mtu] site/net/net.yaml:5:5',
      '5 Counted [] site/net/net.yaml:6:5',
      '6 Last [] site/p.yaml:6:5',
    ]);
    expect(listed(sound(playbookOf(text, { files, tags: ['net'] }))).map((line) => line.split(' [')[0])).toEqual([
      '1 Canary: Its MTU',
      '2 Canary: Counted',
    ]);
    expect(listed(sound(playbookOf(text, { files, startAt: 'Counted' }))).map((line) => line.split(' [')[0])).toEqual([
      '1 Counted',
      '2 Last',
    ]);
  });

  test('see the inputs of their own file, and of variables what every step sees', () => {
    const inner =
      'inputs: { text: { type: string }, mtu: { type: integer, default: 9000 } }\nsteps: [{ task: test.echo, with: { text: "{{ text }} {{ role }}", mtu: "{{ mtu }}" } }]\n';
    const outer =
      'inputs: { text: { type: string } }\nsteps: [{ include: sub/inner.yaml, with: { text: "<{{ text }}>" } }, { task: test.echo, with: { text: "{{ text }}", mtu: "{{ mtu }}" } }]\n';
    const text = site('  - { include: outer.yaml, with: { text: "{{ host.name }}" } }\n');
    const work = sound(playbookOf(text, { files: { 'site/outer.yaml': outer, 'site/sub/inner.yaml': inner } }));
    expect(findingOf(work, { host: 'kvm02' })).toMatchObject({ text: '<kvm02> hypervisor', mtu: 9000 });
    expect(findingOf(work, { host: 'kvm02', step: 1 })).toMatchObject({ text: 'kvm02', mtu: 1400 });
  });

  test('an input wins over a variable of its name, also over -e and the vars of a step', () => {
    const file =
      'inputs: { mtu: { type: integer } }\nsteps: [{ task: test.echo, vars: { role: x }, with: { mtu: "{{ mtu }}", text: "{{ role }}" } }]\n';
    const text = site('  - { include: net.yaml, with: { mtu: 1200 } }\n  - { task: test.echo, with: { mtu: "{{ mtu }}" } }\n');
    const work = sound(playbookOf(text, { files: { 'site/net.yaml': file }, extraVars: ['mtu=1300'] }));
    expect(findingOf(work, { host: 'kvm01' })).toMatchObject({ mtu: 1200, text: 'x' });
    expect(findingOf(work, { host: 'kvm01', step: 1 })).toMatchObject({ mtu: 1300 });
  });

  test('share what steps register, across files', () => {
    const file = 'steps: [{ task: test.echo, with: { mtu: "{{ seen.count }}" } }, { task: test.count, register: again }]\n';
    const text = site(
      '  - { task: test.count, register: seen }\n  - { include: net.yaml, when: "seen.count == 300" }\n  - { task: test.echo, with: { mtu: "{{ again.count }}" } }\n',
    );
    const work = sound(playbookOf(text, { files: { 'site/net.yaml': file } }));
    expect(work.work.hosts[0]?.steps.map(({ needs }) => needs)).toEqual([[], ['seen'], ['seen'], ['again']]);
    expect(findingOf(work, { host: 'kvm01', step: 1, registered: { seen: { count: 300 } } })).toMatchObject({ mtu: 300 });
    expect(findingOf(work, { host: 'kvm01', step: 1, registered: { seen: { count: 1 } } })).toEqual({
      skipped: 'when is false: seen.count == 300',
    });
    expect(findingOf(work, { host: 'kvm01', step: 3, registered: { again: { count: 99 } } })).toMatchObject({ mtu: 99 });
  });

  test('are skipped together where the include is: by a value, by a fact, and within each other', () => {
    const inner = 'steps: [{ task: test.echo, when: "mtu == 1400", with: { text: "{{ rack }}" } }]\n';
    const outer = 'steps: [{ include: inner.yaml, when: \'host.arch == "x86_64"\' }]\n';
    const text = site('  - { include: outer.yaml, when: "host.name == \'kvm99\'" }\n');
    const work = sound(playbookOf(text, { files: { 'site/outer.yaml': outer, 'site/inner.yaml': inner } }));
    expect(findingOf(work, { host: 'kvm01' })).toEqual({ skipped: "when is false: host.name == 'kvm99'" });
    expect(findingOf(work, { host: 'kvm99' })).toMatchObject({ text: 'r9' });
    expect(findingOf(work, { host: 'kvm99', facts: { ...FACTS, arch: 'arm64' } })).toEqual({
      skipped: 'when is false: host.arch == "x86_64"',
    });
  });

  test('find their files beside their own file, then beside the playbook', () => {
    const file = 'steps: [{ task: test.file, with: { path: /a, source: own.txt, template: site.hbs } }]\n';
    const files = {
      'lists/net.yaml': file,
      'lists/files/own.txt': 'own',
      'site/files/own.txt': 'not this',
      'templates/site.hbs': 'of {{ mtu }}',
    };
    const work = sound(playbookOf(site('  - { include: ../lists/net.yaml }\n'), { files }));
    expect(findingOf(work, { host: 'kvm01' })).toMatchObject({ source: { text: 'own' }, template: { text: 'of 1400' } });
  });

  test('count for what -e and the vars of a playbook are used by', () => {
    const file = 'inputs: { mtu: { type: integer } }\nsteps: [{ task: test.echo, with: { mtu: "{{ mtu }}" } }]\n';
    const text = `hosts: compute\nvars: { big: 9000, odd: 1 }\nsteps: [{ include: net.yaml, with: { mtu: "{{ big }}" } }]\n`;
    const files = { 'site/net.yaml': file };
    expect(sound(playbookOf(text, { files })).warnings.map(({ source, message }) => `${source} ${message}`)).toEqual([
      'site/p.yaml:2:20 no step uses `odd`',
    ]);
    expect(mistakesOf(playbookOf(text, { files, extraVars: ['mtu=1'] }))).toEqual(['-e no step uses `mtu` → There are big.']);
  });
});

const one = (inputs: string) => `inputs: ${inputs}\nsteps: [{ task: test.count }]\n`;

test.each<readonly [string, string, Readonly<Record<string, string>>, readonly string[]]>([
  [
    'an input of another type',
    '{ include: net.yaml, with: { mtu: "1400" } }',
    { 'net.yaml': one('{ mtu: { type: integer } }') },
    ['site/p.yaml:3:39 expected a whole number, not "1400" ["1400"] → Remove the quotes. See site/net.yaml:1:11.'],
  ],
  [
    'a value that has another type',
    '{ include: net.yaml, with: { names: "{{ mtu }}" } }',
    { 'net.yaml': one('{ names: { type: list } }') },
    ['site/p.yaml:3:41 expected a list, not 1400 ["{{ mtu }}"] → See site/net.yaml:1:11.'],
  ],
  [
    'an input that is not given',
    '{ include: net.yaml }',
    { 'net.yaml': one('{ mtu: { type: integer } }') },
    ['site/p.yaml:3:5 `mtu` is missing [{ include: net.yaml }] → Add `mtu:` under `with:`. See site/net.yaml:1:11.'],
  ],
  [
    'an input that there is not',
    '{ include: net.yaml, with: { mut: 1 } }',
    { 'net.yaml': one('{ mtu: { type: integer, default: 1 } }') },
    ['site/p.yaml:3:34 unknown key `mut` [mut] → Did you mean `mtu`? See site/net.yaml:1:1.'],
  ],
  [
    'a variable that is not set',
    '{ include: net.yaml, with: { mtu: "{{ mut }}" } }',
    { 'net.yaml': one('{ mtu: { type: integer } }') },
    ['site/p.yaml:3:43 `mut` is not set [mut] → Did you mean `mtu`?'],
  ],
  [
    'a default of another type, and a template in one',
    '{ include: net.yaml }',
    { 'net.yaml': one('{ mtu: { type: integer, default: yes }, text: { type: string, default: "{{ x }}" } }') },
    [
      'site/net.yaml:1:42 expected a whole number, not "yes" [yes]',
      'site/net.yaml:1:42 `yes` without quotes is text, not a boolean [yes] → Write true, or "yes" if text is meant.',
      'site/net.yaml:1:81 variables are plain data: `{{` is not filled in here [{{] → Fill templates in where they are used: under `with:` of a step.',
    ],
  ],
  [
    'mistakes in an included step',
    '{ include: net.yaml }',
    { 'net.yaml': 'steps:\n  - { task: test.echo, with: { mtu: 1 } }\n  - { task: test.cuont }\n  - { tsak: test.count }\n' },
    [
      'site/net.yaml:2:37 1 is too small: the least is 68 [1]',
      'site/net.yaml:3:13 there is no task `test.cuont` [test.cuont] → Did you mean `test.count`?',
      'site/net.yaml:4:5 `task` is missing [{ tsak: test.count }] → Add `task:` here.',
      'site/net.yaml:4:7 unknown key `tsak` [tsak] → Did you mean `task`?',
    ],
  ],
  [
    'a file that is not there',
    '{ include: nte.yaml }',
    {},
    ['site/p.yaml:3:16 site/nte.yaml: there is no such file [nte.yaml] → Looked for it as FOLDER/site/nte.yaml.'],
  ],
  [
    'a playbook',
    '{ include: net.yaml }',
    { 'net.yaml': 'hosts: all\nsteps: [{ task: test.count }]\n' },
    ['site/net.yaml:1:1 unknown key `hosts` [hosts] → A playbook cannot be included; this file has `inputs:` and `steps:`.'],
  ],
  [
    'text that is no YAML',
    '{ include: net.yaml }',
    { 'net.yaml': 'steps:\n\t- x\n' },
    ['site/net.yaml:2:1 a tab cannot indent YAML [\t] → Use spaces.'],
  ],
  [
    'a circle',
    '{ include: a.yaml }',
    { 'a.yaml': 'steps: [{ include: b.yaml }]\n', 'b.yaml': 'steps: [{ include: ./a.yaml }]\n' },
    ['site/b.yaml:1:20 `site/a.yaml` includes itself [./a.yaml] → The circle is site/a.yaml → site/b.yaml → site/a.yaml.'],
  ],
  [
    'a name with a template',
    '{ include: "{{ role }}.yaml" }',
    {},
    [
      'site/p.yaml:3:16 the name of an included file is plain text ["{{ role }}.yaml"] → Give what differs from host to host as an input, or write `when:`.',
    ],
  ],
  [
    'a task and an include in one',
    '{ include: net.yaml, task: test.count }',
    {},
    ['site/p.yaml:3:7 unknown key `include` [include] → An `include:` is a step of its own, without a `task:`.'],
  ],
  [
    'a loop',
    '{ include: net.yaml, loop: [1] }',
    { 'net.yaml': one('{}') },
    ['site/p.yaml:3:26 unknown key `loop` [loop] → There are name, include, with, when, tags.'],
  ],
  [
    'a result as an input',
    '{ task: test.count, register: seen }\n  - { include: net.yaml, with: { mtu: "{{ seen.count }}" } }',
    { 'net.yaml': one('{ mtu: { type: integer } }') },
    [
      'site/p.yaml:4:43 `seen` is known only while the run goes on, and the values of an include before it [seen.count] → Name it in the included steps: it is known there too.',
    ],
  ],
  [
    'an input with the name of a result',
    '{ task: test.count, register: seen }\n  - { include: net.yaml, with: { seen: 1 } }',
    { 'net.yaml': one('{ seen: { type: integer } }') },
    ['site/p.yaml:3:25 `seen` is the name of an input already [register] → Register the result under another name.'],
  ],
  [
    'a condition that is none, told once',
    '{ include: net.yaml, when: "mut > 1" }',
    { 'net.yaml': 'steps: [{ task: test.count }, { task: test.count }]\n' },
    ['site/p.yaml:3:33 unknown variable: mut [mut] → Did you mean `mtu`?'],
  ],
])('mistakes: %s', (_, step, files, told) => {
  const placed = Object.fromEntries(Object.entries(files).map(([name, text]) => [`site/${name}`, text]));
  const mistakes = mistakesOf(playbookOf(site(`  - ${step}\n`), { files: placed }));
  expect(mistakes.map((line) => line.replace(/as \/.*\/site/, 'as FOLDER/site'))).toEqual(told);
});

test('what is wrong in an included file says where it is included, all the way up', () => {
  const files = { 'site/a.yaml': 'steps: [{ include: b.yaml }]\n', 'site/b.yaml': 'steps: [{ task: test.echo, with: { mtu: 1 } }]\n' };
  const checked = playbookOf(site('  - { include: a.yaml }\n'), { files });
  expect(checked.ok ? [] : checked.mistakes.map(({ source, includedAt }) => [source, includedAt])).toEqual([
    ['site/b.yaml:1:41', ['site/a.yaml:1:20', 'site/p.yaml:3:16']],
  ]);
});

test('what is wrong in a file that is included often is told once', () => {
  const files = { 'site/a.yaml': 'steps: [{ task: nope.nope }]\n' };
  expect(mistakesOf(playbookOf(site('  - { include: a.yaml }\n'.repeat(3)), { files }))).toHaveLength(1);
});

test('files that include each other twice, again and again, are given up', () => {
  const levels = Array.from({ length: 12 }, (_, i) => i);
  const files = Object.fromEntries(
    levels.map((i) => [
      `site/${i}.yaml`,
      i === 11 ? 'steps: [{ task: test.count }]\n' : `steps: [{ include: ${i + 1}.yaml }, { include: ${i + 1}.yaml }]\n`,
    ]),
  );
  expect(mistakesOf(playbookOf(site('  - { include: 0.yaml }\n'), { files })).join()).toContain('there are more than 1,000 includes');
});

test('a secret that is handed to a sensitive step is shown in no message, and masked', () => {
  const file =
    'inputs: { text: { type: string }, mtu: { type: integer } }\nsteps: [{ task: test.echo, sensitive: true, with: { text: "{{ text }}" } }]\n';
  const outer = 'inputs: { text: { type: string } }\nsteps: [{ include: net.yaml, with: { text: "{{ text }}", mtu: "{{ text }}" } }]\n';
  const text = site('  - { include: outer.yaml, with: { text: hunter22hunter } }\n');
  const checked = playbookOf(text, { files: { 'site/net.yaml': file, 'site/outer.yaml': outer } });
  expect(checked.ok).toBe(false);
  expect(JSON.stringify(checked)).not.toContain('hunter22');

  const secrets = new Set<string>();
  const right = outer.replace('mtu: "{{ text }}"', 'mtu: 1400');
  sound(playbookOf(text, { files: { 'site/net.yaml': file, 'site/outer.yaml': right }, secrets }));
  expect([...secrets]).toContain('hunter22hunter');
});
