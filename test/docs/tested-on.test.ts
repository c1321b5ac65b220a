import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tasks } from '../../src/tasks/index.ts';
import { proofs } from '../support/catalogue.ts';

/** The tests on real hosts of one kind, as one text. */
function testsIn(folder: string): string {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('\n');
}

const KINDS = [
  ['container', testsIn('test/lab')],
  ['VM', testsIn('test/vm')],
] as const;

/** A test names a task as a playbook does, or as the code does: kvm.nested, kvmNested. */
function mentions(tests: string, task: string): boolean {
  const inCode = task.replaceAll(/[._](\w)/g, (_, letter: string) => letter.toUpperCase());
  return new RegExp(`\\b(${task.replace('.', '\\.')}|${inCode})\\b`).test(tests);
}

const claims = proofs().flatMap((row) =>
  KINDS.filter(([kind]) => new RegExp(`\\b${kind}\\b`).test(row.debian)).flatMap(([kind, tests]) =>
    row.tasks.map((task) => [task, kind, tests] as const),
  ),
);

describe('docs/tested-on.md', () => {
  it('has one row for each task', () => {
    expect(
      proofs()
        .flatMap((row) => row.tasks)
        .sort(),
    ).toEqual(tasks.map(({ name }) => name).sort());
  });

  it('claims something', () => {
    expect(claims.length).toBeGreaterThan(15);
  });

  it.each(claims)('%s: a test on a %s runs it', (task, _, tests) => {
    expect(mentions(tests, task)).toBe(true);
  });
});
