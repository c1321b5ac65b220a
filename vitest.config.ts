import { defineConfig } from 'vitest/config';

/** The tests that need neither lab hosts nor virtual machines. */
export default defineConfig({
  test: {
    pool: 'threads',
    isolate: false,
    // One less by default, which leaves a machine of two processors half idle: tests often wait for what they have started.
    maxWorkers: '100%',
    testTimeout: 60_000,
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', 'test/vm/**'],
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
