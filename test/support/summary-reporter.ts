import { appendFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Prints `N passed, N failed` as the last line; with SUMMARY_FILE set, appends it there too, for a sum over several runs. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    for (const file of modules) {
      const tests = [...file.children.allTests()];
      for (const test of tests) counts[test.result().state] += 1;
      // A file that throws while it loads has no test that could fail.
      if (file.state() === 'failed' && !tests.some((test) => test.result().state === 'failed')) counts.failed += 1;
    }
    const { passed, failed, skipped } = counts;
    const line = `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
    if (process.env['SUMMARY_FILE'] !== undefined) appendFileSync(process.env['SUMMARY_FILE'], `${line}\n`);
    process.on('exit', () => process.stdout.write(`\n${line}\n`));
  }
}
