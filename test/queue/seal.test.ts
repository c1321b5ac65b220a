import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type End, sealFor } from '../../src/queue/seal.ts';

const KEY = randomBytes(32);

describe('a seal', () => {
  it('is opened by the other end of the session, whatever was said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, number) => {
        const said = text.toWellFormed();
        const box = sealFor(KEY, 'controller', 's', 'c').seal(number, said);
        expect(sealFor(KEY, 'worker', 's', 'c').open(number, box)).toBe(said);
      }),
    );
  });

  it.each<[string, Buffer, End, string, string, number]>([
    ['with another key', randomBytes(32), 'worker', 's', 'c', 3],
    ['by the end that sealed it', KEY, 'controller', 's', 'c', 3],
    ['in another session', KEY, 'worker', 't', 'c', 3],
    ['by a worker that was challenged otherwise', KEY, 'worker', 's', 'd', 3],
    ['as another word than it was', KEY, 'worker', 's', 'c', 4],
  ])('is not opened %s', (_, key, end, session, challenge, number) => {
    const box = sealFor(KEY, 'controller', 's', 'c').seal(3, 'rm -r /');
    expect(sealFor(key, end, session, challenge).open(number, box)).toBeUndefined();
  });

  it('is broken by any other byte, and by too few', () => {
    const box = Buffer.from(sealFor(KEY, 'controller', 's', 'c').seal(0, 'uptime'), 'base64');
    const { open } = sealFor(KEY, 'worker', 's', 'c');
    for (let at = 0; at < box.length; at += 1) {
      const other = Buffer.from(box);
      other[at] = (other[at] ?? 0) ^ 1;
      expect(open(0, other.toString('base64'))).toBeUndefined();
      expect(open(0, box.subarray(0, at).toString('base64'))).toBeUndefined();
    }
  });
});
