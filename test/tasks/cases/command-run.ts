import type { TaskCase } from '../../support/task-table.ts';

export const cases: readonly TaskCase[] = [
  { host: 'command-done', with: { command: 'x', creates: '/opt/marker' }, finds: { steady: '/opt/marker is there' } },
  {
    host: 'command-done',
    with: { command: 'x', unless: 'test -e /opt/marker' },
    finds: { steady: '`test -e /opt/marker` succeeds' },
    result: { due: false, status: 0, stdout: '' },
  },
  {
    host: 'command-due',
    with: { command: 'echo hi > /opt/marker', creates: '/opt/marker' },
    finds: { drift: ['run sh -c "echo hi > /opt/marker": there is no /opt/marker'] },
    result: { due: true, status: null, stdout: '' },
  },
  {
    host: 'command-due',
    with: { command: 'touch marker', unless: 'test -e /opt/marker', cwd: '/opt' },
    finds: { drift: [String.raw`run sh -c "cd -- \"$1\" && eval \"$2\"" sh /opt "touch marker": ${'`test -e /opt/marker` fails'}`] },
    result: { due: true, status: 1, stdout: '' },
  },
  { host: 'command-due', with: { command: 'uptime' }, finds: { drift: ['run sh -c uptime: it is due on every run'] } },
  { host: 'command-hanging', with: { command: 'x', unless: 'sleep 60' }, finds: { blocked: '`sleep 60` does not end' } },
];
