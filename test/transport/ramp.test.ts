import { expect, test } from 'vitest';
import { ramp } from '../../src/transport/ramp.ts';

/** Work that ends when it is told to. */
function gated() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () =>
    new Promise<void>((resolve) => {
      started.push(name);
      ends.set(name, resolve);
    });
  return { started, work, end: (name: string) => ends.get(name)?.() };
}

test('at most so many run for a key, in the order they came, and keys do not wait for each other', async () => {
  const { started, work, end } = gated();
  const run = ramp(2);
  const all = ['a', 'b', 'c', 'd'].map((name) => run('one', work(name)));
  const other = run('two', work('x'));
  expect(started).toEqual(['a', 'b', 'x']);
  end('b');
  await all[1];
  await Promise.resolve();
  expect(started).toEqual(['a', 'b', 'x', 'c']);
  for (const name of ['a', 'c', 'x']) end(name);
  await Promise.all([all[0], all[2], other]);
  end('d');
  await all[3];
  expect(started).toEqual(['a', 'b', 'x', 'c', 'd']);
});

test('what fails gives its place back', async () => {
  const run = ramp(1);
  await expect(run('one', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await run('one', async () => 'yes')).toBe('yes');
});
