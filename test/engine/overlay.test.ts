import { describe, expect, test } from 'vitest';
import { type Change, run, settle, write } from '../../src/core/change.ts';
import type { Reading } from '../../src/core/probe.ts';
import { effectOn } from '../../src/engine/host/overlay.ts';

const fine = (stdout: string): Reading => ({ status: 0, stdout, stderr: '' });
const absent: Reading = { status: 127, stdout: '', stderr: '' };
const image = { content: 'new\n', mode: 0o640, owner: 'root', group: 'adm' };

function effect(change: Change, key: string, before: Reading): string {
  const found = effectOn(change, key, before);
  return found.kind === 'leads to' ? `leads to ${found.reading.status} ${JSON.stringify(found.reading.stdout)}` : found.kind;
}

describe('a write', () => {
  const edit = write('/etc/x/a.conf', { ...image, content: 'old' }, image, 'x');
  const create = write('/etc/x/a.conf', undefined, image, 'x');
  const remove = write('/etc/x/a.conf', image, undefined, 'x');

  test.each([
    ['its file', edit, 'file /etc/x/a.conf', fine('old'), 'leads to 0 "new\\n"'],
    ['its file, removed', remove, 'file /etc/x/a.conf', fine('old'), 'leads to 127 ""'],
    [
      'its stat, with the numbers of before',
      edit,
      'stat /etc/x/a.conf',
      fine('81a4 0 4 3 root/adm\n'),
      'leads to 0 "81a0 0 4 4 root/adm\\n"',
    ],
    ['its stat, where a number is not known', create, 'stat /etc/x/a.conf', absent, 'touched'],
    ['its stat, removed', remove, 'stat /etc/x/a.conf', fine('81a4 0 4 3 root/adm\n'), 'leads to 127 ""'],
    ['its folder', create, 'dir /etc/x', fine('b\0'), 'leads to 0 "b\\u0000a.conf\\u0000"'],
    ['its folder that was absent', create, 'dir /etc/x', absent, 'touched'],
    [
      'a glob that matches',
      create,
      'glob /etc/x/*.conf',
      fine('[{"path":"/etc/x/b.conf","content":""}]'),
      `leads to 0 ${JSON.stringify('[{"path":"/etc/x/a.conf","content":"new\\n"},{"path":"/etc/x/b.conf","content":""}]')}`,
    ],
    ['a glob that matches, where nothing was known', create, 'glob /etc/x/*.conf', absent, 'touched'],
    ['a glob that does not match', create, 'glob /etc/x/*.cfg', fine('[]'), 'none'],
    ['a glob deeper or higher', create, 'glob /etc/*', fine('[]'), 'none'],
    ['another file', edit, 'file /etc/x/b.conf', fine('b'), 'none'],
    ['a command', edit, 'command cat /etc/x/a.conf', fine('old'), 'none'],
  ] as const)('%s', (_, change, key, before, expected) => {
    expect(effect(change, key, before)).toBe(expected);
  });

  test('of a user without a known number', () => {
    const alice = write('/a', undefined, { ...image, owner: 'alice', group: 'root' }, 'x');
    expect(effect(alice, 'stat /a', absent)).toBe('touched');
    expect(effect(alice, 'stat /a', fine('81a4 1000 0 3 alice/root\n'))).toBe('leads to 0 "81a0 1000 0 4 alice/root\\n"');
    const numbered = write('/a', undefined, { ...image, owner: '1234', group: 'root' }, 'x');
    expect(effect(numbered, 'stat /a', fine('81a4 1234 0 3 UNKNOWN/root\n'))).toBe('leads to 0 "81a0 1234 0 4 UNKNOWN/root\\n"');
    expect(effect(numbered, 'stat /a', fine('81a4 1 0 3 daemon/root\n'))).toBe('touched');
  });
});

describe('a run or a settling', () => {
  const declared = { because: 'x', touches: ['file /a', 'command docker *'], leadsTo: { 'file /b': fine('B') } };
  const changes = [run(['x'], { ...declared, undo: 'impossible' }), settle({ what: 'daemon-reload' }, declared)];

  test.each(changes.map((change) => [change.kind, change] as const))('%s does what it declares', (_, change) => {
    expect(effect(change, 'file /b', absent)).toBe('leads to 0 "B"');
    expect(effect(change, 'file /a', absent)).toBe('touched');
    expect(effect(change, 'command docker ps', absent)).toBe('touched');
    expect(effect(change, 'command dockerd', absent)).toBe('none');
  });
});
