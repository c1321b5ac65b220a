import { expect, it } from 'vitest';
import { dockerMtu } from '../../src/tasks/docker-mtu.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

it.each([
  ['debian12-docker-20', { mtu: 1400 }, undefined, '{\n  "mtu": 1400\n}\n'],
  [
    'docker-29',
    { mtu: 1400, new_networks: true },
    undefined,
    '{\n  "mtu": 1400,\n  "default-network-opts": {\n    "bridge": {\n      "com.docker.network.driver.mtu": "1400"\n    }\n  }\n}\n',
  ],
  ['docker-29-new-networks', { mtu: 1400, new_networks: false }, undefined, '{"mtu":1400}'],
  [
    'docker-json-tabs',
    { mtu: 1400 },
    '{\n\t"log-driver": "json-file",\n\t"log-opts": { "max-size": "10m" },\n\t"mtu": 1450\n}\n',
    '{\n\t"log-driver": "json-file",\n\t"log-opts": { "max-size": "10m" },\n\t"mtu": 1400\n}\n',
  ],
])('changes one key of daemon.json: %s %j', (host, params, before, after) => {
  const [keep] = changesOf(findingOf(dockerMtu, { host, with: params }).plan);
  if (before !== undefined) expect(keep).toMatchObject({ before: { content: before } });
  expect(keep).toMatchObject({ path: '/etc/docker/daemon.json', after: { content: after } });
});

it('keeps the mode of daemon.json', () => {
  const [keep] = changesOf(findingOf(dockerMtu, { host: 'docker-json-tabs', with: { mtu: 1400 } }).plan);
  expect(keep).toMatchObject({ before: { mode: 0o600 }, after: { mode: 0o600 } });
});

it.each([{}, { mtu: 575 }, { mtu: 65_536 }, { mtu: '1400' }, { mtu: 1400.5 }])('refuses %j', (params) => {
  expect(dockerMtu.params.safeParse(params).success).toBe(false);
});
