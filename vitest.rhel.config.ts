import { defineConfig } from 'vitest/config';
import lab from './vitest.lab.config.ts';

/** The tests that need lab hosts of Red Hat's kind: scripts/test-rhel.sh. */
export default defineConfig({
  test: {
    ...lab.test,
    // What is asked of hosts of every family, and what is of this one.
    include: ['test/lab/rhel/**/*.test.ts', 'test/lab/{tasks,file-line,libvirt-domain,qemu-command}.test.ts'],
    exclude: [],
  },
});
