import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DroverError } from '../core/errors.ts';
import { wildcard } from './known-hosts.ts';
import type { SshConfigText } from './ssh-config.ts';

/** An ssh_config file's text; none where there is no such file. */
export function readSshConfig(path: string): readonly SshConfigText[] {
  try {
    return [{ path, text: readFileSync(path, 'utf8') }];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new DroverError('INVENTORY_INVALID', `${path} cannot be read: ${code}`, { cause: error });
  }
}

/** The files that a pattern of an Include matches, by name. `*` and `?` do not match across folders, nor a leading dot (glob(7)). */
export function globFiles(pattern: string): readonly string[] {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const folder = dirname(pattern);
  const matches = wildcard(pattern.slice(folder.length).replace(/^\//, ''));
  return globFiles(folder).flatMap((parent) => {
    const names = namesIn(parent).filter((name) => matches.test(name) && (!name.startsWith('.') || /\/\.[^/]*$/.test(pattern)));
    return names.sort().map((name) => join(parent, name));
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
