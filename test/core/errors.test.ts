import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, DroverError } from '../../src/core/errors.ts';

describe('DroverError', () => {
  it('gathers the place on its way up, the inner word first', () => {
    const error = new DroverError('CHANGE_FAILED', 'modprobe: no', { where: { step: 'inner' }, cause: 'why' });
    const placed = error.at({ host: 'kvm01', step: 'outer' });
    expect(placed).toMatchObject({ code: 'CHANGE_FAILED', where: { host: 'kvm01', step: 'inner' }, cause: 'why', exit: 2 });
    expect(placed.hint).toBe(CATALOGUE.CHANGE_FAILED.hint);
  });
});

describe('docs/errors.md', () => {
  it('lists every code with its exit status and hint, and no other', () => {
    const rows = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (.*) \|$/gm)];
    const listed = rows.map(([, code, exit, hint]) => [code, Number(exit), hint]);
    expect(listed).toEqual(Object.entries(CATALOGUE).map(([code, { exit, hint }]) => [code, exit, hint]));
  });
});
