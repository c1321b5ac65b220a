import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/cli/run-record.ts';
import type { Connection } from '../../src/core/host.ts';
import type { Work } from '../../src/core/work.ts';
import { scrubber } from '../../src/report/scrub.ts';

const CONNECTION: Connection = {
  address: '192.0.2.7',
  port: 22,
  user: 'ops',
  privateKeys: ['/home/ops/.ssh/id_ed25519'],
  agent: '/tmp/ssh-one/agent.1',
  knownHosts: ['/home/ops/.ssh/known_hosts'],
  hostKeys: 'strict',
  jump: [],
  connectTimeoutMs: 10_000,
  connectRetries: 2,
};

function digest(changed: Partial<Connection>): string {
  const host = { name: 'kvm01', groups: [], vars: {}, connection: { ...CONNECTION, ...changed } };
  const work: Work = {
    name: 'work',

    rollout: { waves: [{ name: 'all', hosts: ['kvm01'] }] },
    hosts: [{ host, steps: [] }],
  };
  return digestOf(work, scrubber(new Set()));
}

describe('whether a run is still what it was', () => {
  it.each<[string, Partial<Connection>]>([
    ['the socket of another login’s agent', { agent: '/tmp/ssh-two/agent.2' }],
    ['another key to log in with', { privateKeys: ['/root/.ssh/id_rsa'] }],
    ['more patience', { connectTimeoutMs: 60_000, connectRetries: 5 }],
  ])('does not depend on %s', (_, changed) => {
    expect(digest(changed)).toBe(digest({}));
  });

  it.each<[string, Partial<Connection>]>([
    ['the address', { address: '192.0.2.8' }],
    ['the port', { port: 2222 }],
    ['the user', { user: 'root' }],
    ['who it becomes', { become: { method: 'sudo', user: 'root' } }],
  ])('depends on %s', (_, changed) => {
    expect(digest(changed)).not.toBe(digest({}));
  });
});
