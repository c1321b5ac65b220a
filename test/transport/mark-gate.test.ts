import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markGate } from '../../src/transport/mark-gate.ts';

function feedAll(bytes: Buffer, sizes: readonly number[]) {
  const gate = markGate('\nmark');
  const passed: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    passed.push(gate.feed(bytes.subarray(at, at + size)));
    at += size;
  }
  return { passed: Buffer.concat(passed), mark: gate.mark(), noise: gate.noise() };
}

test('however it is cut into chunks, the noise stays back and the rest passes untouched', () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  const noise = fc.string({ maxLength: 50 }).filter((text) => !text.includes('mark'));
  fc.assert(
    fc.property(noise, bytes, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (before, after, sizes) => {
      const all = Buffer.concat([Buffer.from(`${before}\nmark 17 (sh)\n`), after]);
      expect(feedAll(all, sizes)).toEqual({ passed: after, mark: '17 (sh)', noise: before });
    }),
  );
});

test('without a mark nothing passes, and of much noise only the end is kept', () => {
  const { passed, mark, noise } = feedAll(Buffer.from(`${'x'.repeat(200_000)}end`), [1000]);
  expect({ bytes: passed.length, mark, kept: noise.length, end: noise.slice(-3) }).toEqual({
    bytes: 0,
    mark: undefined,
    kept: 65_536,
    end: 'end',
  });
});
