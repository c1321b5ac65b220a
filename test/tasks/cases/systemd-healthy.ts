import type { TaskCase } from '../../support/task-table.ts';

export const cases: readonly TaskCase[] = [
  {
    host: 'systemd-running',
    with: {},
    finds: { steady: 'systemd is running and no unit has failed' },
    result: { state: 'running', failed: [] },
  },
  { host: 'systemd-degraded', with: {}, finds: { blocked: 'failed: web.service' }, result: { state: 'degraded', failed: ['web.service'] } },
  {
    host: 'systemd-degraded',
    with: { ignore: ['web.service'] },
    finds: { steady: 'no unit has failed but those to ignore' },
    result: { state: 'degraded', failed: [] },
  },
  { host: 'systemd-starting', with: {}, finds: { blocked: 'systemd is starting' } },
  { host: 'no-systemd', with: {}, finds: { blocked: 'this host does not run systemd' } },
];
