import { expect, test } from 'vitest';
import { mistakesOf, playbookOf, sound } from '../support/config-samples.ts';

const PLAYBOOK = `name: All that a playbook may hold
hosts: compute
become: true
vars:
  limit: 1000
  wanted: 1450
rollout:
  waves:
    - name: canary
      hosts: canary
    - name: rest
      size: 25%
  budget:
    bad: 1
    per: wave
steps:
  - name: Count
    task: test.count
    register: things
  - name: Set
    task: test.echo
    with:
      enabled: "{{ nested }}"
      mtu: "{{ wanted }}"
      text: "{{ things.count }} of {{join names}} {{ item }} {{ own }}"
      nested:
        key: auto
    when: mtu > limit && things.count > 0
    loop: [a]
    tags: [x]
    optional: true
    vars:
      own: 1
`;

const lines = PLAYBOOK.split('\n');
const keys = lines.flatMap((line, i) => {
  const [, before = '', key = ''] = /^([ -]*)(\w+):/.exec(line) ?? [];
  return key === '' ? [] : [{ i, before, key }];
});

function changed(i: number, line: string): string {
  return lines.with(i, line).join('\n');
}

test('the playbook is sound as it stands', () => {
  expect(sound(playbookOf(PLAYBOOK)).warnings).toEqual([]);
});

test.each(keys)('misspelt: $key in line $i', ({ i, before, key }) => {
  const line = lines[i] ?? '';
  const told = mistakesOf(playbookOf(changed(i, `${before}${key}x${line.slice(before.length + key.length)}`)));
  expect(told.length).toBeGreaterThan(0);
  expect(told.every((one) => /^site\/p\.yaml:\d+:\d+ .*\[.+\]/.test(one))).toBe(true);
});

// What may be left out; without any of the others the playbook is refused.
const OPTIONAL = [
  'name',
  'become',
  'rollout',
  'budget',
  'per',
  'size',
  'when',
  'loop',
  'tags',
  'optional',
  'enabled',
  'mtu',
  'text',
  'nested',
  'with',
];

test.each(keys)('left out: $key in line $i', ({ i, before, key }) => {
  const end = lines.findIndex((line, j) => j > i && line !== '' && (/^ */.exec(line)?.[0].length ?? 0) <= before.length);
  const rest = lines.toSpliced(i, (end < 0 ? lines.length : end) - i, ...(before.includes('-') ? [`${before}#`] : []));
  const text = rest.join('\n').replace(/- #\n +/g, '- ');
  const isInWave = i > 7 && i < 12;
  const mayGo = isInWave ? ['hosts', 'size'].includes(key) && lines[i]?.includes('size') : OPTIONAL.includes(key);
  const told = mistakesOf(playbookOf(text));
  if (mayGo && key !== 'loop') expect(told).toEqual([]);
  else expect(told.length).toBeGreaterThan(0);
});
