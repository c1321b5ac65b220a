import { defineConfig } from 'vitest/config';

/** The tests that need lab hosts of Red Hat's kind: scripts/test-rhel.sh. */
export default defineConfig({
  test: {
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ['test/lab/rhel/**/*.test.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
