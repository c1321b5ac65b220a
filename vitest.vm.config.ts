import { defineConfig } from 'vitest/config';

/** The tests that need a kernel of their own: scripts/test-vm.sh. One file after another: they share the virtual machines. */
export default defineConfig({
  test: {
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    // An emulated machine is slow, and much slower while others want the processor.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    include: ['test/vm/**/*.test.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
