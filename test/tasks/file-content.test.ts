import { expect, it } from 'vitest';
import { fileContent } from '../../src/tasks/file-content.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

const path = '/etc/app/app.conf';

it('makes a new file as whoever looks, unless told otherwise', () => {
  const plain = changesOf(findingOf(fileContent, { host: 'file-absent', with: { path, content: 'x' } }).plan);
  expect(plain).toMatchObject([{ before: undefined, after: { content: 'x', mode: 0o644, owner: 'root', group: 'root' } }]);
  const told = changesOf(
    findingOf(fileContent, { host: 'file-absent', with: { path, content: 'x', mode: '4755', owner: 'daemon', group: '4' } }).plan,
  );
  expect(told).toMatchObject([{ after: { mode: 0o4755, owner: 'daemon', group: '4' } }]);
});

it('keeps mode and owner of a file that is there, and all its bytes for the way back', () => {
  const [text] = changesOf(findingOf(fileContent, { host: 'file-private', with: { path, content: 'x' } }).plan);
  expect(text).toMatchObject({ before: { content: 'port = 80\n' }, after: { content: 'x', mode: 0o600, owner: 'daemon', group: 'adm' } });
  const [binary] = changesOf(findingOf(fileContent, { host: 'file-binary', with: { path, ensure: 'absent' } }).plan);
  expect(binary).toMatchObject({ before: { content: '\u00ff\u0000\u0001', encoding: 'latin1' }, after: undefined });
});

it('tells bytes from the text that looks like them', () => {
  expect(changesOf(findingOf(fileContent, { host: 'file-latin1', with: { path, content: '\u00ff' } }).plan)).toMatchObject([
    { before: { content: '\u00ff', encoding: 'latin1' }, after: { content: '\u00ff' } },
  ]);
});

it('asks for each folder on the way only where they may be made', () => {
  const reads = fileContent.prepare({ path: '/a/b/c', content: '', parents: true }).reads;
  expect(reads.filter(({ kind }) => kind === 'stat')).toEqual([
    { kind: 'stat', path: '/a/b/c' },
    { kind: 'stat', path: '/a' },
    { kind: 'stat', path: '/a/b' },
  ]);
  const alone = fileContent.prepare({ path: '/a/b/c', content: '' }).reads;
  expect(alone.filter(({ kind }) => kind === 'stat').map((read) => 'path' in read && read.path)).toEqual(['/a/b/c', '/a/b']);
  expect(fileContent.prepare({ path: '/x', content: '', owner: 'root', group: 'root' }).reads.map(({ kind }) => kind)).toEqual([
    'stat',
    'file',
  ]);
});

it.each([
  { path, content: 'x', source: { name: 'a', text: 'x' } },
  { path },
  { path, ensure: 'absent', content: 'x' },
  { path, content: 'a\0b' },
  { path, source: { name: 'a', text: 'a\0b' } },
  { path: 'etc/x', content: '' },
  { path: '/', content: '' },
  { path: '/etc/x/', content: '' },
  { path: '/etc/../x', content: '' },
  { path: '/etc/./x', content: '' },
  { path: '/etc/a\0b', content: '' },
  { path: '/proc/sys/x', content: '' },
  { path: '/dev/sda', content: '' },
  { path, content: '', mode: '999' },
  { path, content: '', mode: 644 },
  { path, content: '', mode: 'u+x' },
  { path, content: '', owner: 'a b' },
  { path, content: '', owner: '-R' },
])('refuses %j', (params) => {
  expect(fileContent.params.safeParse(params).success).toBe(false);
});
