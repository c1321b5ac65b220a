import type { TaskCase } from '../../support/task-table.ts';

const CRON = 'cron ends with status 0 soon after each start: `/sbin/crond` goes into the background';
const FINE = 'what runs stays by itself, and nothing else ended at once';

export const cases: readonly TaskCase[] = [
  { host: 'keepalive-fine', with: {}, finds: { steady: FINE }, result: { containers: 4, troubles: [] } },
  {
    host: 'keepalive-troubles',
    with: {},
    finds: {
      blocked: `${CRON}; failing fails soon after each start: its program is not there; hidden goes on when what \`crond\` starts has ended; shell ended as soon as it began: \`sh\` has no terminal and no task; web ended as soon as it began: \`httpd -p 80\` goes into the background`,
    },
  },
  {
    host: 'keepalive-troubles',
    with: { ignore: ['failing', 'hidden', 'shell', 'web'] },
    finds: { blocked: CRON },
    result: { containers: 8, troubles: [{ name: 'cron', because: CRON, better: 'Run cron as `crond -f`.' }] },
  },
  { host: 'keepalive-troubles', with: { ignore: ['cron', 'failing', 'hidden', 'shell', 'web'] }, finds: { steady: FINE } },
  { host: 'keepalive-none', with: {}, finds: { steady: 'there are no containers' } },
  { host: 'keepalive-stopped', with: {}, finds: { blocked: 'Docker is stopped' }, result: { containers: 0, troubles: [] } },
  { host: 'keepalive-absent', with: {}, finds: { blocked: 'Docker is absent' } },
  {
    host: 'keepalive-elsewhere',
    with: { data_root: '/srv/docker' },
    finds: { blocked: '/srv/docker/containers: grep: /srv/docker/containers: No such file or directory' },
  },
  { host: 'keepalive-old-files', with: {}, finds: { blocked: 'the files of the containers are not there' } },
  {
    host: 'keepalive-silent',
    with: {},
    finds: { blocked: 'docker ps: Got permission denied while trying to connect to the Docker daemon socket' },
  },
];
