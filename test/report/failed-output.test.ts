import { expect, it } from 'vitest';
import { failedOutput } from '../../src/report/failed-output.ts';

const lines = (count: number, text = 'line') => Array.from({ length: count }, (_, at) => `${text} ${at}\n`).join('');

it.each([
  ['nothing', '', { told: 0, before: 0, saved: undefined }],
  ['what a terminal shows', lines(20), { told: 20, before: 0, saved: undefined }],
  ['more lines than a terminal shows', lines(21), { told: 21, before: 0, saved: 21 }],
  ['one long line', 'x'.repeat(9000), { told: 1, before: 0, saved: 1 }],
  ['much', lines(1000, 'x'.repeat(95)), { told: 82, before: 918, saved: 1000 }],
])('of %s', (_, output, { told, before, saved }) => {
  let kept: number | undefined;
  const found = failedOutput(output, (all) => {
    kept = all.length;
    return '/file';
  });
  expect(kept).toBe(saved);
  expect(found.lines).toHaveLength(told);
  expect(found).toMatchObject({ before, ...(saved === undefined ? {} : { file: '/file' }) });
});

it('is told without a file where it cannot be saved', () => {
  expect(failedOutput(lines(30), () => undefined)).not.toHaveProperty('file');
});
