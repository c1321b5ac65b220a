import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { fileLine } from '../../src/tasks/file-line.ts';
import { changesOf } from '../support/task-table.ts';

const path = '/etc/app/app.conf';

/** The text that a step leaves behind: that of the write, or the one that was there. */
function textAfter(before: string, params: Readonly<Record<string, Json>>): string {
  const answers = [
    { status: 0, stdout: `8180 1 4 ${before.length} daemon/adm`, stderr: '' },
    { status: 0, stdout: before, stderr: '' },
  ];
  const { plan } = fileLine.prepare({ path, ...params }).parse(answers);
  if (plan.status === 'blocked') throw new Error(plan.because);
  const [write] = changesOf(plan);
  if (write?.kind !== 'write') return before;
  expect(write).toMatchObject({ before: { content: before, mode: 0o600 }, after: { mode: 0o600, owner: 'daemon', group: 'adm' } });
  return write.after?.content ?? '';
}

describe('every other byte stays', () => {
  it.each([
    ['a new line goes to the end', 'a\nb\n', { line: 'c' }, 'a\nb\nc\n'],
    ['into an empty file', '', { line: 'c' }, 'c\n'],
    ['below a last line without an end, which then gets one', 'a\nb', { line: 'c' }, 'a\nb\nc\n'],
    ['above it, which then has none', 'a\nb', { line: 'c', before: 'b' }, 'a\nc\nb'],
    ['a file of CRLF keeps CRLF', 'a\r\nb\r\n', { line: 'c', after: 'a' }, 'a\r\nc\r\nb\r\n'],
    ['also where its last line has no end', 'a\r\nb', { line: 'c' }, 'a\r\nb\r\nc\r\n'],
    ['of mixed ends a new line takes that of its neighbour', 'a\nb\r\nc\n', { line: 'x', after: 'b' }, 'a\nb\r\nx\r\nc\n'],
    ['a replaced line keeps its end', 'a\r\nb\nc', { line: 'x', regexp: 'a' }, 'x\r\nb\nc'],
    ['and its lack of one', 'a\r\nb', { line: 'x', regexp: 'b' }, 'a\r\nx'],
    ['a byte order mark stays in front', '\uFEFFa\n', { line: 'x', before: '^a$' }, '\uFEFFx\na\n'],
    ['blank lines, tabs and odd characters are not touched', '\n\n\t \rä\n\n', { line: 'x' }, '\n\n\t \rä\n\nx\n'],
    ['a line that is gone takes its end with it', 'a\r\nb\r\nc', { line: 'b', ensure: 'absent' }, 'a\r\nc'],
    ['the last line too', 'a\nb', { line: 'b', ensure: 'absent' }, 'a\n'],
  ])('%s', (_, before, params, after) => {
    expect(textAfter(before, params)).toBe(after);
  });
});

describe('what surprises people elsewhere', () => {
  it('a pattern that does not match its own line adds it only once', () => {
    const params = { line: 'PermitRootLogin no', regexp: '^#PermitRootLogin' };
    const once = textAfter('Port 22\n', params);
    expect(once).toBe('Port 22\nPermitRootLogin no\n');
    expect(textAfter(once, params)).toBe(once);
  });

  it('of several lines that match, none is changed', () => {
    expect(() => textAfter('Port 22\nPort 23\n', { line: 'Port 24', regexp: '^Port' })).toThrow('lines 1, 2 are matched');
  });

  it('nothing in the new line is a pattern or a reference', () => {
    expect(textAfter('path=/a\n', { line: 'path=\\1$& $1 .*', regexp: '^(path)=' })).toBe('path=\\1$& $1 .*\n');
  });

  it('a pattern sees one line, never two, and no carriage return', () => {
    expect(() => textAfter('a\nb\n', { line: 'x', after: 'a\\s+b' })).toThrow('no line matches after');
    expect(textAfter('a\r\n', { line: 'x', regexp: '^a$' })).toBe('x\r\n');
  });

  it('a place is found by one line only, and needed only where the line is missing', () => {
    expect(textAfter('x\na\na\n', { line: 'x', after: 'a' })).toBe('x\na\na\n');
  });
});

it.each([
  { path },
  { path, line: '' },
  { path, line: 'a\nb' },
  { path, line: 'a\r' },
  { path, line: 'a\0' },
  { path, line: 'a', regexp: '(' },
  { path, line: 'a', regexp: '' },
  { path, line: 'a', after: 'b', before: 'c' },
  { path, line: 'a', after: '[' },
  { path, ensure: 'absent' },
  { path, ensure: 'absent', line: 'a', regexp: 'a' },
  { path, ensure: 'absent', line: 'a', after: 'b' },
  { path: '/etc/../x', line: 'a' },
])('refuses %j', (params) => {
  expect(fileLine.params.safeParse(params).success).toBe(false);
});
