import { readFileSync, statSync } from 'node:fs';
import type { Checked } from '../../core/mistake.ts';
import { fileSource, mistakeAt, mistakeOf, type TextSource } from './text-source.ts';

/** A text file, or why it cannot be read. `name` is what messages call it. */
export function readTextFile(path: string, name: string): Checked<TextSource> {
  const refuse = (message: string, hint: string) => ({
    ok: false as const,
    mistakes: [mistakeOf(name === '' ? '""' : name, message, hint)],
  });
  if (name === '') return refuse('the name of a file is empty', 'Perhaps a variable of the shell is not set.');
  let bytes: Buffer;
  try {
    if (statSync(path).isDirectory()) return refuse('is a folder', 'Name a file in it.');
    bytes = readFileSync(path);
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? refuse('there is no such file', 'Check the name and the folder.')
      : refuse(`cannot be read: ${code}`, code === 'EACCES' ? 'Check its permissions.' : 'Check what stands there.');
  }
  const text = bytes.toString('utf8');
  const at = text.indexOf('\uFFFD');
  if (at < 0 || bytes.includes('\uFFFD')) return { ok: true, value: fileSource(name, text.replace(/^\uFEFF/, '')) };
  return {
    ok: false,
    mistakes: [mistakeAt({ source: fileSource(name, text), start: at, end: at + 1 }, 'is no UTF-8', 'Save it as UTF-8.')],
  };
}

/** A text file, or undefined. */
export function tryReadTextFile(path: string, name: string): TextSource | undefined {
  const read = readTextFile(path, name);
  return read.ok ? read.value : undefined;
}
