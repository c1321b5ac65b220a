import { describe, expect, it } from 'vitest';
import { write } from '../../src/core/change.ts';
import type { FileImage } from '../../src/core/file.ts';
import { diffOf, diffSummary } from '../../src/report/diff-text.ts';

function image(content: string, more: Partial<FileImage> = {}): FileImage {
  return { content, mode: 0o644, owner: 'root', group: 'root', ...more };
}

describe('diffOf', () => {
  it.each([
    ['a new file', undefined, image('a\nb\n'), '+2 lines, mode 0644, owner root:root', ['@@ -0,0 +1,2 @@', '+a', '+b']],
    ['a removed file', image('a\n'), undefined, '-1 line', ['@@ -1,1 +0,0 @@', '-a']],
    ['an edit', image('a\nb\nc\n'), image('a\nB\nc\n'), '+1 -1 lines', ['@@ -1,3 +1,3 @@', ' a', '-b', '+B', ' c']],
    ['no newline at the end', image('a'), image('a\n'), '+1 -1 lines', ['@@ -1,1 +1,1 @@', '-a', '\\ No newline at end of file', '+a']],
    ['control signs', image(''), image('\x1b[2J\r\n'), '+1 line', ['@@ -0,0 +1,1 @@', '+\\x1b[2J\\r']],
    ['mode and owner alone', image('a\n'), image('a\n', { mode: 0o600, group: 'adm' }), 'mode 0644 → 0600, owner root:root → root:adm', []],
    ['nothing', image('a\n'), image('a\n'), '', []],
    [
      'bytes',
      image('\xff\n', { encoding: 'latin1' }),
      image('a\n'),
      '+1 -1 lines',
      ['too different to show, or no text: 2 → 2 characters'],
    ],
    ['NULs', image('a\0b'), image('a'), '+1 -1 lines', ['too different to show, or no text: 3 → 1 characters']],
  ])('%s', (_, before, after, summary, lines) => {
    const diff = diffOf(write('/etc/x', before, after, 'it is due'));
    expect(diffSummary(diff)).toBe(summary);
    expect(diff.lines).toEqual(lines);
  });

  it('gives up on texts that have little in common, with the numbers of lines', () => {
    const [one, other] = [7, 13].map((step) => Array.from({ length: 20_000 }, (_, at) => `${(at * step) % 1000}\n`).join(''));
    const diff = diffOf(write('/etc/x', image(one ?? ''), image(other ?? ''), 'it is due'));
    expect(diff).toMatchObject({ added: 20_000, removed: 20_000, lines: [expect.stringContaining('too different')] });
  });
});
