import type { TaskCase } from '../../support/task-table.ts';

const path = '/etc/app/app.conf';
const edit = (because: string) => ({ drift: [`edit ${path}: ${because}`] });

export const cases: readonly TaskCase[] = [
  { host: 'file-lines', with: { path, line: 'port = 80' }, finds: { steady: `${path} has it, line 2` }, result: { numbers: [2] } },
  { host: 'file-lines', with: { path, line: 'listen = all' }, finds: { steady: `${path} has it, line 5, 7` }, result: { numbers: [5, 7] } },
  { host: 'file-lines', with: { path, line: 'user = app' }, finds: edit('it is not there; it goes to the end'), result: { numbers: [] } },
  { host: 'file-lines', with: { path, line: 'x', after: '^# ports' }, finds: edit('it is not there; it goes after line 1') },
  { host: 'file-lines', with: { path, line: 'x', before: '^port = 80' }, finds: edit('it is not there; it goes before line 2') },
  { host: 'file-lines', with: { path, line: 'x', after: 'listen' }, finds: { blocked: `${path}: lines 5, 7 are matched by after` } },
  { host: 'file-lines', with: { path, line: 'x', before: 'nothing' }, finds: { blocked: `${path}: no line matches before` } },
  { host: 'file-lines', with: { path, line: 'port = 81', regexp: '^#port' }, finds: edit('line 3 is another one') },
  { host: 'file-lines', with: { path, line: 'x', regexp: '^port' }, finds: { blocked: `${path}: lines 2, 6 are matched` } },
  {
    host: 'file-lines',
    with: { path, line: 'port = 80', regexp: '^port' },
    finds: { blocked: `${path}: line 2 is already what is wanted, and line 6 is matched too` },
  },
  { host: 'file-lines', with: { path, line: 'listen = all', regexp: '^listen' }, finds: { steady: `${path} has it, line 5, 7` } },
  { host: 'file-lines', with: { path, line: 'x', regexp: '^user' }, finds: edit('it is not there; it goes to the end') },
  { host: 'file-lines', with: { path, line: 'listen = all', ensure: 'absent' }, finds: edit('lines 5, 7 are not to be there') },
  {
    host: 'file-lines',
    with: { path, regexp: '^#port', ensure: 'absent' },
    finds: edit('line 3 is not to be there'),
    result: { numbers: [3] },
  },
  {
    host: 'file-lines',
    with: { path, regexp: '^port', ensure: 'absent' },
    finds: { blocked: `${path}: lines 2, 6 are matched, and they differ` },
  },
  { host: 'file-lines', with: { path, line: 'port', ensure: 'absent' }, finds: { steady: `${path} has no such line` } },
  { host: 'file-lines-crlf', with: { path, line: 'port = 80' }, finds: { steady: `${path} has it, line 2` } },
  { host: 'file-lines-crlf', with: { path, line: '[app]' }, finds: { steady: `${path} has it, line 1` } },
  { host: 'file-lines-crlf', with: { path, line: 'port = 81', regexp: '^port = \\d+$' }, finds: edit('line 2 is another one') },
  { host: 'file-absent', with: { path, line: 'x' }, finds: { blocked: `there is no ${path}` } },
  { host: 'file-absent', with: { path, line: 'x', ensure: 'absent' }, finds: { steady: `there is no ${path}` } },
  { host: 'file-binary', with: { path, line: 'x' }, finds: { blocked: `${path} is no UTF-8 text` } },
  { host: 'file-latin1', with: { path, line: 'x' }, finds: { blocked: `${path} is no UTF-8 text` } },
  { host: 'file-link', with: { path, line: 'x' }, finds: { blocked: `${path} is a link` } },
  { host: 'file-is-folder', with: { path, line: 'x', ensure: 'absent' }, finds: { blocked: `${path} is a folder` } },
];
