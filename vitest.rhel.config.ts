import { defineConfig } from 'vitest/config';

/** The tests that need lab hosts of Red Hat's kind: scripts/test-rhel.sh. */
export default defineConfig({
  test: {
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What is asked of hosts of every family, and what is of this one.
    include: ['test/lab/rhel/**/*.test.ts', 'test/lab/{tasks,file-line,libvirt-domain,qemu-command}.test.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
