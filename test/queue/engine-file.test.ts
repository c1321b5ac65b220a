import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readEngineFile } from '../../src/queue/engine-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-engine-'));
afterAll(() => rmSync(folder, { recursive: true }));
const KEY = randomBytes(32);

function file(text: string, mode = 0o600): string {
  const path = join(folder, 'engine');
  rmSync(path, { force: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('the file that names an engine', () => {
  it.each(['redis://127.0.0.1:6379', 'rediss://user:word@redis.example.net:6380/2'])('is read: %s', (url) => {
    expect(readEngineFile(file(`${url}\n${KEY.toString('base64')}\n`))).toEqual({ url, key: KEY });
  });

  it.each([
    ['that others may read', `redis://a\n${KEY.toString('base64')}\n`, 0o640, 'others may read it'],
    ['without a URL', `${KEY.toString('base64')}\n`, 0o600, ':1: is no URL of a server'],
    ['with the URL of something else', `http://a\n${KEY.toString('base64')}\n`, 0o600, ':1: is no URL of a server'],
    ['without a key', 'redis://a\n', 0o600, ':2: is no key of 32 bytes in base64'],
    ['with a short key', 'redis://a\nc2hvcnQ=\n', 0o600, ':2: is no key of 32 bytes in base64'],
    ['with a key that is no base64', `redis://a\n${'!'.repeat(44)}\n`, 0o600, ':2: is no key of 32 bytes in base64'],
    ['with more in it', `redis://a\n${KEY.toString('base64')}\n\nmore\n`, 0o600, ':4: is one line too many'],
  ])('is refused %s', (_, text, mode, message) => {
    const path = file(text, mode);
    expect(() => readEngineFile(path)).toThrow(
      expect.objectContaining({ code: 'ENGINE_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it('is refused where there is none', () => {
    expect(() => readEngineFile(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'ENGINE_INVALID' }));
  });
});
