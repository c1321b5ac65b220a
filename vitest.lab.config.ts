import { defineConfig } from 'vitest/config';

/** The files that take minutes have a run of their own: npm run test:long. */
const LONG = 'test/lab/long/**/*.test.ts';
const isLong = (process.env['DROVER_LONG'] ?? '') !== '';

/** The tests that need lab hosts: `test/lab/lab exec -- npx vitest run --config vitest.lab.config.ts`. One file after another: they share hosts. */
export default defineConfig({
  test: {
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: [isLong ? LONG : 'test/lab/**/*.test.ts'],
    exclude: ['test/lab/rhel/**', ...(isLong ? [] : [LONG])],
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
