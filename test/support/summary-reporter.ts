import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Prints `N passed, N failed` as the last line; with SUMMARY_FILE set, appends a line a file there: passed, failed, skipped, its name. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const files = modules.map((file) => ({ name: relative(process.cwd(), file.moduleId), counts: countsOf(file) }));
    files.push({ name: 'errors outside of tests', counts: { passed: 0, failed: unhandled.length, skipped: 0 } });
    const sum = (kind: keyof Counts): number => files.reduce((total, { counts }) => total + counts[kind], 0);
    const skipped = sum('skipped');
    const line = `${sum('passed')} passed, ${sum('failed')} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
    const { SUMMARY_FILE } = process.env;
    if (SUMMARY_FILE !== undefined) {
      const lines = files.map(({ name, counts }) => `${counts.passed} ${counts.failed} ${counts.skipped} ${name}\n`);
      appendFileSync(SUMMARY_FILE, lines.join(''));
    }
    process.on('exit', () => process.stdout.write(`\n${line}\n`));
  }
}

function countsOf(file: TestModule): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
  for (const test of file.children.allTests()) counts[test.result().state] += 1;
  // A file that throws while it loads, or behind its last test, has no test that failed.
  if (file.state() === 'failed' && counts.failed === 0) counts.failed = 1;
  return counts;
}
