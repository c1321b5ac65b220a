import { defineConfig } from 'vitest/config';
import lab from './vitest.lab.config.ts';

/** The tests that need a kernel of their own: scripts/test-vm.sh. One file after another: they share the virtual machines. */
export default defineConfig({
  test: {
    ...lab.test,
    // An emulated machine is slow, and much slower while others want the processor.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    include: ['test/vm/**/*.test.ts'],
    exclude: [],
  },
});
