import type { TaskCase } from '../../support/task-table.ts';

const path = '/etc/app/app.conf';
const content = 'port = 80\n';

export const cases: readonly TaskCase[] = [
  { host: 'file-port-80', with: { path, content }, finds: { steady: '/etc/app/app.conf is as wanted' } },
  {
    host: 'file-port-80',
    with: { path, source: { name: 'app.conf', text: content }, mode: '0644', owner: 'root', group: '0' },
    finds: { steady: '/etc/app/app.conf is as wanted' },
  },
  { host: 'file-port-80', with: { path, content: 'port = 81\n' }, finds: { drift: ['edit /etc/app/app.conf: its content differs'] } },
  { host: 'file-port-80', with: { path, ensure: 'absent' }, finds: { drift: ['remove /etc/app/app.conf: it is not to be there'] } },
  { host: 'file-private', with: { path, content }, finds: { steady: '/etc/app/app.conf is as wanted' } },
  {
    host: 'file-private',
    with: { path, content, mode: '640', owner: 'root', group: 'root' },
    finds: {
      drift: [
        'set mode or owner of /etc/app/app.conf: its mode is 0600, not 0640, its owner is daemon, not root, its group is adm, not root',
      ],
    },
  },
  { host: 'file-absent', with: { path, content }, finds: { drift: ['create /etc/app/app.conf: it is not there'] } },
  { host: 'file-absent', with: { path, ensure: 'absent' }, finds: { steady: 'there is no /etc/app/app.conf' } },
  { host: 'file-no-folder', with: { path, content }, finds: { blocked: 'there is no /etc/app' } },
  {
    host: 'file-no-folder',
    with: { path, content, parents: true },
    finds: { drift: ['run mkdir -m 0755 -- /etc/app: it is on the way to the file', 'create /etc/app/app.conf: it is not there'] },
  },
  { host: 'file-no-folder', with: { path, ensure: 'absent' }, finds: { steady: 'there is no /etc/app/app.conf' } },
  { host: 'file-folder-is-file', with: { path, content }, finds: { blocked: '/etc/app is no folder' } },
  { host: 'file-binary', with: { path, content }, finds: { drift: ['edit /etc/app/app.conf: its content differs'] } },
  { host: 'file-link', with: { path, content }, finds: { blocked: '/etc/app/app.conf is a link' } },
  { host: 'file-link', with: { path, ensure: 'absent' }, finds: { blocked: '/etc/app/app.conf is a link' } },
  { host: 'file-is-folder', with: { path, content }, finds: { blocked: '/etc/app/app.conf is a folder' } },
  { host: 'file-is-pipe', with: { path, content }, finds: { blocked: '/etc/app/app.conf is a device, a socket or a pipe' } },
];
