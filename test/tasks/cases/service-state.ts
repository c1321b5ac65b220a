import type { TaskCase } from '../../support/task-table.ts';

const unit = 'web.service';

export const cases: readonly TaskCase[] = [
  {
    host: 'service-running-enabled',
    with: { unit, state: 'started', enabled: true },
    finds: { steady: 'web.service is active (running) and enabled' },
    result: { active: 'active', file: 'enabled' },
  },
  {
    host: 'service-running-enabled',
    with: { unit, state: 'stopped', enabled: false },
    finds: { drift: ['run systemctl disable web.service: it is enabled', 'run systemctl stop web.service: it is active (running)'] },
  },
  {
    host: 'service-running-disabled',
    with: { unit, enabled: true },
    finds: { drift: ['run systemctl enable web.service: it is disabled'] },
  },
  { host: 'service-running-disabled', with: { unit, state: 'started' }, finds: { steady: 'web.service is active (running) and disabled' } },
  {
    host: 'service-stopped-disabled',
    with: { unit, state: 'started', enabled: true },
    finds: { drift: ['run systemctl enable web.service: it is disabled', 'run systemctl start web.service: it is inactive (dead)'] },
  },
  {
    host: 'service-stopped-disabled',
    with: { unit, state: 'stopped', enabled: false },
    finds: { steady: 'web.service is inactive (dead) and disabled' },
  },
  {
    host: 'service-failed',
    with: { unit, state: 'started' },
    finds: {
      drift: ['run systemctl reset-failed web.service: it is failed (failed)', 'run systemctl start web.service: it is failed (failed)'],
    },
  },
  {
    host: 'service-failed-stale',
    with: { unit, state: 'started' },
    finds: {
      drift: [
        'run systemctl daemon-reload: the file of web.service changed since it was loaded',
        'run systemctl reset-failed web.service: it is failed (failed)',
        'run systemctl start web.service: it is failed (failed)',
      ],
    },
  },
  { host: 'service-failed', with: { unit, state: 'stopped' }, finds: { steady: 'web.service is failed (failed) and disabled' } },
  { host: 'service-auto-restart', with: { unit, state: 'started' }, finds: { blocked: 'web.service is activating (auto-restart)' } },
  {
    host: 'service-auto-restart',
    with: { unit, state: 'stopped' },
    finds: { drift: ['run systemctl stop web.service: it is activating (auto-restart)'] },
  },
  { host: 'service-static', with: { unit, enabled: true }, finds: { blocked: 'web.service is static: it cannot be enabled itself' } },
  { host: 'service-static', with: { unit, enabled: false }, finds: { steady: 'web.service is inactive (dead) and static' } },
  { host: 'service-masked', with: { unit, state: 'started' }, finds: { blocked: 'web.service is masked' } },
  {
    host: 'service-masked',
    with: { unit, state: 'stopped', enabled: false },
    finds: { steady: 'web.service is inactive (dead) and masked' },
  },
  { host: 'service-bad-setting', with: { unit, state: 'started' }, finds: { blocked: 'web.service cannot be loaded: bad-setting' } },
  { host: 'service-absent', with: { unit, state: 'started' }, finds: { blocked: 'there is no web.service' } },
  { host: 'service-absent', with: { unit, state: 'stopped', enabled: false }, finds: { steady: 'there is no web.service' } },
  {
    host: 'no-systemd',
    with: { unit, state: 'started' },
    finds: {
      blocked: "systemctl show web.service: System has not been booted with systemd as init system (PID 1). Can't operate.",
    },
  },
];
