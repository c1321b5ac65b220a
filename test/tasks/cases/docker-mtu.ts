import type { TaskCase } from '../../support/task-table.ts';

const CREATE = 'create /etc/docker/daemon.json: so that it holds after every restart';
const EDIT = 'edit /etc/docker/daemon.json: so that it holds after every restart';
const HOLDS = 'the default network has MTU 1400, now and after a restart';

export const cases: readonly TaskCase[] = [
  { host: 'docker-mtu-1400', with: { mtu: 1400 }, finds: { steady: HOLDS }, result: { configured: 1400, live: 1400, networks: {} } },
  { host: 'docker-mtu-1400', with: { mtu: 1400, new_networks: false }, finds: { steady: HOLDS } },
  {
    host: 'docker-29-new-networks',
    with: { mtu: 1400, new_networks: true },
    finds: { steady: `${HOLDS}; until they are made anew, these keep theirs: shop (1500)` },
    result: { configured: 1400, live: 1400, networks: { shop: 1500 } },
  },
  {
    host: 'docker-29-new-networks',
    with: { mtu: 1400, new_networks: false },
    finds: { drift: [EDIT, 'restart docker.service: dockerd reads its config when it starts'] },
  },
  {
    host: 'debian12-docker-20',
    with: { mtu: 1400 },
    finds: { drift: [CREATE, 'restart docker.service: the default network has MTU 1500'] },
  },
  {
    host: 'docker-29',
    with: { mtu: 1400, new_networks: true },
    finds: { drift: [CREATE, 'restart docker.service: the default network has MTU 1500'] },
  },
  {
    host: 'debian12-docker-20',
    with: { mtu: 1400, new_networks: true },
    finds: { blocked: 'Docker 20 cannot be told the MTU of new networks' },
  },
  { host: 'docker-json-tabs', with: { mtu: 1450 }, finds: { drift: ['restart docker.service: the default network has MTU 1400'] } },
  {
    host: 'docker-json-tabs',
    with: { mtu: 1400 },
    finds: { drift: [EDIT, 'restart docker.service: dockerd reads its config when it starts'] },
  },
  {
    host: 'docker-json-comma',
    with: { mtu: 1400 },
    finds: { blocked: '/etc/docker/daemon.json line 4: a key in double quotes is expected' },
  },
  { host: 'docker-json-link', with: { mtu: 1400 }, finds: { blocked: '/etc/docker/daemon.json is no regular file' } },
  { host: 'docker-flag-mtu', with: { mtu: 1400 }, finds: { blocked: '/etc/default/docker gives dockerd --mtu 1450' } },
  {
    host: 'docker-flag-drop-in',
    with: { mtu: 1400 },
    finds: { blocked: '/etc/systemd/system/docker.service.d/10-mtu.conf gives dockerd --mtu 1450' },
  },
  { host: 'docker-flag-elsewhere', with: { mtu: 1400 }, finds: { blocked: 'the dockerd that runs has --mtu 1450' } },
  { host: 'docker-flag-elsewhere', with: { mtu: 1450 }, finds: { steady: 'the default network has MTU 1450, now and after a restart' } },
  { host: 'docker-flag-mtu', with: { mtu: 1450 }, finds: { steady: 'the default network has MTU 1450, now and after a restart' } },
  {
    host: 'docker-containers',
    with: { mtu: 1400 },
    finds: { blocked: 'a restart of Docker would stop one-shot for good' },
    result: { configured: 1500, live: 1500, networks: { shop: 1450 } },
  },
  {
    host: 'docker-containers',
    with: { mtu: 1400, when_busy: 'force' },
    finds: { drift: [CREATE, 'restart docker.service: the default network has MTU 1500 (it interrupts 3 containers)'] },
  },
  {
    host: 'docker-live-restore',
    with: { mtu: 1400, when_busy: 'force' },
    finds: { blocked: 'containers run with live-restore, and dockerd changes no network under them' },
  },
  { host: 'docker-swarm', with: { mtu: 1400, when_busy: 'force' }, finds: { blocked: 'this host is part of a swarm (active)' } },
  { host: 'docker-stopped', with: { mtu: 1400 }, finds: { drift: [CREATE] }, result: { configured: 1500, live: null, networks: {} } },
  { host: 'docker-absent', with: { mtu: 1400 }, finds: { blocked: 'docker.service is absent' } },
];
