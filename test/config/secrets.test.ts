import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { steady } from '../../src/core/plan.ts';
import { constant } from '../../src/core/probe.ts';
import { defineTask } from '../../src/core/task.ts';
import { mistakesOf, playbookOf, sound } from '../support/config-samples.ts';

const INVENTORY = `hosts: { kvm01: {}, kvm02: { vars: { pin: 4711 } } }
vars: { pin: 1234, short: abc, password: correct horse, users: [{ name: anna, key: anna-key }], port: 80, nested: [one-item, two-items] }
`;

const shortTask = defineTask({
  name: 'test.short',
  summary: 'Nothing.',
  params: z.strictObject({ pin: z.string().meta({ sensitive: true, description: 'A secret of any length.' }) }),
  inspect: () => constant(undefined),
  plan: () => steady('always'),
  effects: 'None.',
  examples: [],
});

/** What is noted while a playbook of these steps is loaded, and what is wrong with it. */
function secretsOf(steps: string, more: Parameters<typeof playbookOf>[1] = {}) {
  const secrets = new Set<string>();
  const loaded = playbookOf(`hosts: all\nsteps:\n${steps}`, { inventory: INVENTORY, ...more, secrets });
  return { loaded, secrets: [...secrets].sort() };
}

describe('what is secret', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['nothing without a word', '- { task: test.echo, with: { text: "{{ password }}" } }', []],
    ['a sensitive param', '- { task: test.echo, with: { text: literal, password: "long enough" } }', ['long enough']],
    [
      'a sensitive param and what is filled in there',
      '- { task: test.echo, with: { password: "Bearer {{ password }}" } }',
      ['Bearer correct horse', 'correct horse'],
    ],
    [
      'of a sensitive step what is free text, not modes and words of a list',
      '- { task: test.echo, sensitive: true, with: { text: literal, list: [here], mode: "0644", when_busy: force } }',
      ['here', 'literal'],
    ],
    [
      'a value that is filled in where there is no free text',
      '- { task: test.echo, sensitive: true, vars: { m: "0640" }, with: { mode: "{{ m }}" } }',
      ['0640'],
    ],
    ['values of each host, long numbers too', '- { task: test.echo, sensitive: true, with: { text: "pin={{ pin }}" } }', ['1234', '4711']],
    ['no short values', '- { task: test.echo, sensitive: true, with: { text: "{{ short }} {{ port }} \\n" } }', []],
    [
      'not what every report tells of a host',
      '- { task: test.echo, sensitive: true, with: { text: "{{ host.name }}:{{ password }}" } }',
      ['correct horse'],
    ],
    ['items of a loop', '- { task: test.echo, sensitive: true, loop: "{{ users }}", with: { text: "{{ item.key }}" } }', ['anna-key']],
    ['a file of the controller', '- { task: test.file, sensitive: true, with: { path: "/a", source: key.pem } }', ['BEGIN\nabcdefgh\n']],
    [
      'what a template file asks for, not its own words',
      '- { task: test.file, sensitive: true, with: { path: "{{ short }}", template: t.hbs } }',
      ['anna', 'anna-key', 'correct horse'],
    ],
  ])('%s', (_, step, secrets) => {
    const files = {
      'site/key.pem': 'BEGIN\nabcdefgh\n',
      'site/t.hbs': 'pw={{ password }}\n{{#each users}}{{ name }} {{ key }}\n{{/each}}',
    };
    const found = secretsOf(step, { files });
    expect(mistakesOf(found.loaded)).toEqual([]);
    expect(found.secrets).toEqual(secrets);
  });

  it('grows by what a sensitive step registers, and by what a sensitive step makes of it', () => {
    const secrets = new Set<string>();
    const steps =
      '- { task: test.count, register: found, sensitive: true }\n- { task: test.echo, with: { password: "key-{{ found.count }}" } }';
    const { work } = sound(playbookOf(`hosts: kvm01\nsteps:\n${steps}`, { inventory: INVENTORY, secrets }));
    expect([...secrets]).toEqual([]);
    work.hosts[0]?.steps[0]?.prepare({}).parse([]);
    work.hosts[0]?.steps[1]?.prepare({ found: { count: 98765, names: ['registered'] } });
    expect([...secrets]).toEqual(['98765', 'key-98765']);
  });

  it('names the items of a sensitive loop by their place', () => {
    const { work } = sound(
      playbookOf('hosts: kvm01\nsteps:\n- { task: test.echo, sensitive: true, loop: "{{ nested }}", with: { text: "{{ item }}" } }', {
        inventory: INVENTORY,
      }),
    );
    expect(work.hosts[0]?.steps.map(({ name }) => name)).toEqual(['test.echo (item 1)', 'test.echo (item 2)']);
  });
});

describe('mistakes', () => {
  it.each([
    ['a wrong type', '- task: test.echo\n  sensitive: true\n  with: { text: 31415926 }'],
    ['a wrong word', '- task: test.echo\n  sensitive: true\n  with: { when_busy: 31415926 }'],
    ['a misspelt key in one line with it', '- { task: test.echo, with: { password: "31415926", txet: x } }'],
    ['a step key that is none', '- { task: test.echo, sensitive: true, wit: { text: "31415926" } }'],
    ['a template that is none', '- { task: test.echo, sensitive: true, with: { text: "31415926 {{" } }'],
    ['a name that is not set', '- { task: test.echo, sensitive: true, with: { text: "31415926 {{ nope }}" } }'],
    ['a condition', '- { task: test.echo, when: nope, sensitive: true, with: { text: "31415926" } }'],
    ['a number for a sensitive param', '- task: test.echo\n  with: { password: 31415926 }'],
    ['a flag that is no boolean', '- { task: test.echo, sensitive: yes, with: { text: "31415926" } }'],
    ['what is no YAML', '- { task: test.echo, sensitive: true, with: { text: "31415926" '],
  ])('quote nothing of a sensitive step: %s', (_, step) => {
    const { loaded } = secretsOf(step);
    expect(loaded.ok).toBe(false);
    expect(JSON.stringify(loaded)).not.toContain('31415926');
  });

  it('still quote other steps', () => {
    const { loaded } = secretsOf('- { task: test.echo, sensitive: true }\n- { task: test.echo, wit: {} }');
    expect(mistakesOf(loaded)).toEqual(['site/p.yaml:4:22 unknown key `wit` [wit] → Did you mean `with`?']);
  });

  it('quote nothing of values from the command line, and nothing of their files', () => {
    const files = { 'secrets.yaml': 'password: 31415926: x\n' };
    for (const extraVars of [['@secrets.yaml'], ['password=31415926: x'], ['pw=two 31415926'], ['{ password: 31415926: x }']]) {
      const { loaded } = secretsOf('- { task: test.echo }', { files, extraVars });
      expect(loaded.ok).toBe(false);
      expect(JSON.stringify(loaded)).not.toContain('31415926');
    }
  });

  it('say so where a secret is too short', () => {
    const { loaded } = secretsOf('- { task: test.short, with: { pin: abc } }', { tasks: [shortTask] });
    expect(mistakesOf(loaded)).toEqual([
      'site/p.yaml:3:36 `pin` is too short for a secret: the least is 4 characters → What is shorter cannot be masked: it stands in every other word.',
    ]);
  });
});
