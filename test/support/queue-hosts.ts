import type { Host } from '../../src/core/host.ts';

/** A host of a site; whatever is said to be its connection, the workers of these tests run a real shell of this machine. */
export function hostOf(name: string, site: string): Host {
  const connection = {
    address: '192.0.2.1',
    port: 22,
    user: 'ops',
    privateKeys: [],
    knownHosts: [],
    hostKeys: 'strict',
    jump: [],
  } as const;
  return {
    name,
    groups: [],
    vars: { secret: 'stays here' },
    connection: { ...connection, site, connectTimeoutMs: 1000, connectRetries: 0 },
  };
}
