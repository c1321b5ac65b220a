import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DroverError } from '../core/errors.ts';
import { wildcard } from './known-hosts.ts';
import { type SshConfigFile, sshConfigLines } from './ssh-config-lines.ts';

/** Reads files and folders once: fleets have many hosts, and few files that say how to reach them. */
export interface SshConfigReader {
  /** An ssh_config file; none where there is no such file. Throws INVENTORY_INVALID. */
  readonly read: (path: string) => readonly SshConfigFile[];
  /** The files that a pattern of an Include matches, by name. */
  readonly glob: (pattern: string) => readonly string[];
}

/** A reader that has read nothing yet. */
export function sshConfigReader(): SshConfigReader {
  return { read: once(readSshConfig), glob: once(globFiles) };
}

function once<T>(ask: (path: string) => readonly T[]): (path: string) => readonly T[] {
  const known = new Map<string, readonly T[]>();
  return (path) => {
    const answer = known.get(path) ?? ask(path);
    known.set(path, answer);
    return answer;
  };
}

function readSshConfig(path: string): readonly SshConfigFile[] {
  const text = readText(path);
  return text === undefined ? [] : [sshConfigLines(path, text)];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new DroverError('INVENTORY_INVALID', `${path} cannot be read: ${code}`, { cause: error });
  }
}

/** `*` and `?` do not match across folders, nor a leading dot (glob(7)). */
function globFiles(pattern: string): readonly string[] {
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
