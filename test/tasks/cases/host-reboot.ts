import type { TaskCase } from '../../support/task-table.ts';

const QUIET = { steady: 'nothing asks for a boot; it runs 6.1.0-56-amd64' };
const REQUIRED = 'reboot: a reboot is asked for by linux-image-6.1.0-57-amd64, libc6';

export const cases: readonly TaskCase[] = [
  { host: 'booted-newest', with: {}, finds: QUIET, result: { kernel: '6.1.0-56-amd64', reasons: [] } },
  { host: 'booted-newest', with: { since: '2020-01-01T00:00:00Z' }, finds: QUIET },
  {
    host: 'booted-newest',
    with: { since: '2036-01-01T00:00:00+01:00' },
    finds: { drift: ['reboot: it was booted before 2036-01-01T00:00:00+01:00'] },
  },
  { host: 'reboot-required', with: {}, finds: { drift: [REQUIRED] } },
  { host: 'kernel-newer', with: {}, finds: { drift: ['reboot: 6.1.0-100-amd64 is installed, and 6.1.0-56-amd64 runs'] } },
  { host: 'kernel-newer', with: { newer_kernel: false }, finds: QUIET },
  {
    host: 'kernel-gone',
    with: {},
    finds: { drift: ['reboot: 6.11.5-arch1-1 is installed, and 6.11.4-arch1-1 runs; the modules of 6.11.4-arch1-1 are gone'] },
  },
  { host: 'reboot-guests', with: {}, finds: { drift: [REQUIRED] } },
  { host: 'reboot-transient', with: { guests: 'shutdown' }, finds: { blocked: 'the guest web is transient: shut down, it is gone' } },
  { host: 'reboot-container', with: {}, finds: { blocked: 'the host is a container (lxc)' } },
  { host: 'reboot-no-clock', with: { since: '2036-01-01T00:00:00Z' }, finds: { blocked: 'the host does not say when it was booted' } },
];
