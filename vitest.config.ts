import { defineConfig } from 'vitest/config';

/** The tests that need neither lab hosts nor virtual machines. */
export default defineConfig({
  test: {
    pool: 'threads',
    isolate: false,
    testTimeout: 60_000,
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', 'test/vm/**'],
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
