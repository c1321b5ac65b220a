import { defineConfig } from 'vitest/config';

/** The tests that need lab hosts: `test/lab/lab exec -- npx vitest run --config vitest.lab.config.ts`. One file after another: they share hosts. */
export default defineConfig({
  test: {
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ['test/lab/**/*.test.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
