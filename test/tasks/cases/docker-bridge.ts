import type { TaskCase } from '../../support/task-table.ts';

const IN_PLACE = "docker0 and Docker's rules are in place";
const NAT = 'chain DOCKER of table nat, the jump from PREROUTING of table nat, the jump from OUTPUT of table nat';
const START = 'run systemctl start docker.socket docker.service';
const STOP = 'run systemctl stop docker.socket docker.service';
const MAKES = `${START}: it makes docker0 when it starts`;

export const cases: readonly TaskCase[] = [
  { host: 'debian12-docker-20', with: {}, finds: { steady: IN_PLACE } },
  { host: 'docker-containers', with: {}, finds: { steady: IN_PLACE } },
  { host: 'docker-29', with: {}, finds: { steady: IN_PLACE } },
  { host: 'docker-29-nftables', with: {}, finds: { steady: IN_PLACE } },
  { host: 'docker-29-nftables-flushed', with: {}, finds: { drift: ['restart docker.service: not in place: table ip docker-bridges'] } },
  { host: 'docker-containers-no-chains', with: {}, finds: { blocked: 'a restart of Docker would stop one-shot for good' } },
  {
    host: 'docker-containers-no-chains',
    with: { when_busy: 'force' },
    finds: { drift: [`restart docker.service: not in place: ${NAT} (it interrupts 3 containers)`] },
  },
  { host: 'docker-no-bridge', with: {}, finds: { drift: ['restart docker.service: not in place: docker0'] } },
  {
    host: 'docker-wrong-address',
    with: {},
    finds: {
      drift: [`${STOP}: Docker holds docker0`, 'run ip link delete docker0: docker0 has 172.19.0.1/16, not 172.17.0.1/16', MAKES],
    },
  },
  {
    host: 'docker-wrong-subnet',
    with: {},
    finds: {
      drift: [
        `${STOP}: Docker holds docker0`,
        'run ip link delete docker0: docker0 has 172.19.0.1/16, not an address of 172.17.0.0/16',
        MAKES,
      ],
    },
  },
  {
    host: 'docker-no-address',
    with: {},
    finds: { drift: [`${STOP}: Docker holds docker0`, 'run ip link delete docker0: docker0 has no IPv4 address', MAKES] },
  },
  {
    host: 'docker-attached-wrong-address',
    with: {},
    finds: {
      drift: [
        `${STOP}: Docker holds docker0 (it interrupts 2 containers)`,
        'run ip link delete docker0: docker0 has 172.19.0.1/16, not 172.17.0.1/16',
        MAKES,
      ],
    },
  },
  { host: 'docker-busy-wrong-address', with: {}, finds: { blocked: 'a restart of Docker would stop one-shot for good' } },
  {
    host: 'docker-foreign-port',
    with: { when_busy: 'force' },
    finds: { blocked: 'docker0 has no IPv4 address, and these hang on it: eth9' },
  },
  {
    host: 'docker-foreign-veth',
    with: { when_busy: 'force' },
    finds: { blocked: 'docker0 has 172.19.0.1/16, not 172.17.0.1/16, and these hang on it: vethforeign' },
  },
  { host: 'docker-stopped', with: {}, finds: { drift: [`${START}: docker.service is inactive`] } },
  { host: 'docker-disabled', with: {}, finds: { blocked: 'docker.service is stopped and disabled' } },
  {
    host: 'docker-failed-no-bridge',
    with: {},
    finds: {
      drift: [
        'run ip link delete docker0: docker0 is no bridge',
        'run systemctl reset-failed docker.service: it makes docker0 when it starts',
        MAKES,
      ],
    },
  },
  { host: 'docker-live-restore', with: {}, finds: { steady: IN_PLACE } },
  { host: 'docker-live-restore-no-chains', with: {}, finds: { drift: [`restart docker.service: not in place: ${NAT}`] } },
  {
    host: 'docker-live-restore-no-address',
    with: { when_busy: 'force' },
    finds: { blocked: 'docker0 has no IPv4 address, and these hang on it: vethb7c5819' },
  },
  { host: 'docker-no-iptables', with: {}, finds: { steady: IN_PLACE } },
  { host: 'docker-bridge-none', with: {}, finds: { steady: 'Docker is told to have no bridge' } },
  { host: 'docker-custom-bridge', with: {}, finds: { steady: "br5 and Docker's rules are in place" } },
  { host: 'docker-json-comma', with: {}, finds: { blocked: '/etc/docker/daemon.json line 4: a key in double quotes is expected' } },
  { host: 'docker-absent', with: {}, finds: { blocked: 'docker.service is absent' } },
  { host: 'docker-masked', with: {}, finds: { blocked: 'docker.service is masked' } },
  { host: 'docker-starting', with: {}, finds: { blocked: 'docker.service is activating' } },
  { host: 'docker-pid-elsewhere', with: {}, finds: { blocked: 'docker.service is active, yet there is no /run/docker.pid' } },
  { host: 'docker-other-config', with: {}, finds: { blocked: 'dockerd reads /srv/docker.json, as docker.service says' } },
  { host: 'docker-silent', with: {}, finds: { blocked: 'docker info: status 124' } },
  {
    host: 'docker-no-iptables-program',
    with: {},
    finds: {
      blocked: 'iptables -t nat: iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)',
    },
  },
];
