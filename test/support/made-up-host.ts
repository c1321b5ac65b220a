import type { Host } from '../../src/core/host.ts';

/** A host that nobody connects to. */
export function madeUpHost(name: string): Host {
  const connection = {
    address: name,
    port: 22,
    user: 'ops',
    privateKeys: [],
    knownHosts: [],
    hostKeys: 'strict',
    jump: [],
    connectTimeoutMs: 1000,
    connectRetries: 0,
  } as const;
  return { name, groups: [], vars: {}, connection };
}
