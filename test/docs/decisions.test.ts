import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = 'docs/decisions';

it('each decision has a number of its own, counted from 1, which its title says too', () => {
  const records = readdirSync(FOLDER).filter((name) => name !== 'README.md');
  const titled = records.map((name) => /^# (\d{4}) \S/.exec(readFileSync(join(FOLDER, name), 'utf8'))?.[1]);
  expect(records.map((name) => name.slice(0, 4))).toEqual(records.map((_, i) => String(i + 1).padStart(4, '0')));
  expect(titled).toEqual(records.map((name) => name.slice(0, 4)));
});
