import type { TaskCase } from '../../support/task-table.ts';

const path = '/etc/app/app.conf';
const template = { name: 'app.conf.hbs', text: 'port = 80\n' };

export const cases: readonly TaskCase[] = [
  { host: 'file-port-80', with: { path, template }, finds: { steady: '/etc/app/app.conf is as wanted' } },
  {
    host: 'file-port-80',
    with: { path, template: { ...template, text: 'port = 81\n' }, mode: '0600' },
    finds: { drift: ['edit /etc/app/app.conf: its content differs, its mode is 0644, not 0600'] },
  },
  {
    host: 'file-no-folder',
    with: { path, template, parents: true },
    finds: { drift: ['run mkdir -m 0755 -- /etc/app: it is on the way to the file', 'create /etc/app/app.conf: it is not there'] },
  },
  { host: 'file-link', with: { path, template }, finds: { blocked: '/etc/app/app.conf is a link' } },
];
