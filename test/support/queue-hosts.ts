import type { Host } from '../../src/core/host.ts';
import { madeUpHost } from './made-up-host.ts';

/** A host of a site; whatever is said to be its connection, the workers of these tests run a real shell of this machine. */
export function hostOf(name: string, site: string): Host {
  const { connection, ...host } = madeUpHost(name);
  return { ...host, vars: { secret: 'stays here' }, connection: { ...connection, site } };
}
