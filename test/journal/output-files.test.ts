import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { outputFiles } from '../../src/journal/output-files.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('has a file a host and name, for nobody else to read, which grows', () => {
  const folder = join(tempFolder(), 'output');
  const files = outputFiles(folder);
  expect(files.add('web1', 'stdout', ['a', 'b'])).toBe(join(folder, 'web1/stdout'));
  files.add('web1', 'stderr', ['x']);
  files.add('../web2', 'stdout', ['y']);
  files.add('web1', 'stdout', ['c']);
  expect(readFileSync(join(folder, 'web1/stdout'), 'utf8')).toBe('a\nb\nc\n');
  expect(readFileSync(join(folder, '..%2Fweb2/stdout'), 'utf8')).toBe('y\n');
  expect([folder, join(folder, 'web1'), join(folder, 'web1/stdout')].map((path) => statSync(path).mode & 0o777)).toEqual([
    0o700, 0o700, 0o600,
  ]);
});

it('leaves what was there before', () => {
  const folder = tempFolder();
  outputFiles(folder).add('web1', 'step-1', ['first']);
  outputFiles(folder).add('web1', 'step-1', ['second']);
  const third = outputFiles(folder);
  expect(third.add('web1', 'step-1', ['third'])).toBe(join(folder, 'web1/step-1.3'));
  expect(['', '.2', '.3'].map((end) => readFileSync(join(folder, `web1/step-1${end}`), 'utf8'))).toEqual([
    'first\n',
    'second\n',
    'third\n',
  ]);
});

it('says why nothing can be written, and goes on', () => {
  const folder = join(tempFolder(), 'file');
  writeFileSync(folder, '');
  const files = outputFiles(folder);
  expect(files.add('web1', 'stdout', ['a'])).toBeUndefined();
  expect(files.failed()).toContain('ENOTDIR');
});
