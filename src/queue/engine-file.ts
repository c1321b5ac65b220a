import { readFileSync, statSync } from 'node:fs';
import { DroverError } from '../core/errors.ts';

/** Where the server of an engine is, and the key that controllers and workers share. */
export interface Engine {
  /** redis:// or rediss:// (TLS). */
  readonly url: string;
  readonly key: Buffer;
}

const KEY_BYTES = 32;
const FORM = 'Its first line is the URL of the server, redis://… or rediss://…, the second a key: openssl rand -base64 32.';

/** Reads the file that names an engine. It holds secrets, so nobody else may read it. Throws ENGINE_INVALID. */
export function readEngineFile(path: string): Engine {
  const text = textOf(path);
  const [url = '', key = '', ...rest] = text.split(/\r?\n/).map((line) => line.trim());
  if (!/^rediss?:\/\/[^\s]+$/.test(url)) throw invalid(`${path}:1: is no URL of a server`);
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== key) throw invalid(`${path}:2: is no key of ${KEY_BYTES} bytes in base64`);
  const more = rest.findIndex((line) => line !== '');
  if (more >= 0) throw invalid(`${path}:${more + 3}: is one line too many`);
  return { url, key: bytes };
}

function textOf(path: string): string {
  try {
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) throw new DroverError('ENGINE_INVALID', `${path}: others may read it`, { hint: `chmod 600 ${path}` });
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof DroverError || !(cause instanceof Error) || !('code' in cause)) throw cause;
    throw new DroverError('ENGINE_INVALID', `${path}: cannot be read: ${String(cause.code)}`, { cause });
  }
}

function invalid(message: string): DroverError {
  return new DroverError('ENGINE_INVALID', message, { hint: FORM });
}
