import { DroverError } from '../core/errors.ts';
import type { Host } from '../core/host.ts';
import type { Read, Readings } from '../core/probe.ts';
import { withSession } from '../engine/fleet/fleet.ts';
import { forEachHost } from '../engine/fleet/for-each-host.ts';
import { look } from '../engine/look/ask.ts';
import type { Reach } from './reach.ts';

/** What a host answered, or why it did not. */
export type Looked = { readonly host: string } & (
  | { readonly readings: Readings }
  | { readonly error: DroverError }
  | { readonly notStarted: true }
);

/** Looks at many hosts, each once, all with the same reads. */
export async function lookAtAll(hosts: readonly Host[], reads: readonly Read[], reach: Reach): Promise<readonly Looked[]> {
  const { concurrency, interrupt, connector, limits } = reach;
  const reaching = { connect: connector.connect, concurrency, interrupt };
  const looked = await forEachHost(
    hosts,
    async (host): Promise<Looked> => {
      try {
        return { host: host.name, readings: await withSession(host, reaching, (session) => look(session, reads, limits)) };
      } catch (error) {
        if (!(error instanceof DroverError)) throw error;
        return { host: host.name, error: error.at({ host: host.name }) };
      }
    },
    { concurrency, stop: () => interrupt.stop.aborted },
  );
  return hosts.map(({ name }, at) => looked[at] ?? { host: name, notStarted: true });
}
