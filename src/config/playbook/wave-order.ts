import { createHash } from 'node:crypto';

/** Which hosts of a wave come first. */
type WaveOrder = 'inventory' | 'reverse' | 'sorted' | 'shuffle' | undefined;

/** As people count: kvm2 comes before kvm10. */
const byName = new Intl.Collator('en', { numeric: true });

/** Hosts, given in the inventory's order, in the order of their wave. */
export function inOrder(hosts: readonly string[], order: WaveOrder, seed: string): readonly string[] {
  switch (order) {
    case undefined:
    case 'inventory':
      return hosts;
    case 'reverse':
      return hosts.toReversed();
    case 'sorted':
      return hosts.toSorted((a, b) => byName.compare(a, b));
    case 'shuffle': {
      const lots = new Map(hosts.map((host) => [host, lotOf(host, seed)]));
      return hosts.toSorted((a, b) => ((lots.get(a) ?? '') < (lots.get(b) ?? '') ? -1 : 1));
    }
    default:
      return order satisfies never;
  }
}

/** A host's lot depends on nothing but the seed and its name: who else is there does not matter. */
function lotOf(host: string, seed: string): string {
  return createHash('sha256').update(`${seed}\n${host}`).digest('hex');
}
