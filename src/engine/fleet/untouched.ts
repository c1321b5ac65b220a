import type { Gate, Measures, Untouched } from '../../core/gate.ts';
import type { RolloutState } from './rollout.ts';

/** So many hosts are looked at to compare with. */
const MOST = 5;

/** Whether any condition compares with hosts that the run has not touched. */
export function compares(gate: Gate | undefined): boolean {
  return gate?.conditions.some((condition) => condition.compares) === true;
}

/** The hosts that the present batch is compared with: of later batches, none of which has started. */
export function untouchedHosts({ batches, at, started }: RolloutState): readonly string[] {
  return sampleOf(batches.slice(at + 1).flatMap(({ hosts }) => hosts.filter((host) => !started.has(host))));
}

/** Some hosts of many, spread evenly over them. */
export function sampleOf(hosts: readonly string[]): readonly string[] {
  if (hosts.length <= MOST) return hosts;
  return Array.from({ length: MOST }, (_, i) => hosts[Math.floor((i * hosts.length) / MOST)] ?? '');
}

/** What hosts come to that were measured at both times; those that did not answer are left out. */
export function comparedWith(
  hosts: readonly string[],
  before: ReadonlyMap<string, Measures>,
  after: ReadonlyMap<string, Measures>,
): Untouched {
  const both = hosts.filter((host) => before.has(host) && after.has(host));
  const of = (map: ReadonlyMap<string, Measures>) => middleOf(both.flatMap((host) => [map.get(host) ?? {}]));
  return { before: of(before), after: of(after) };
}

/** Of each measure the middle value, of an even number the lower one; null where no host has one, or some are numbers and some are not. */
export function middleOf(hosts: readonly Measures[]): Measures {
  const names = [...new Set(hosts.flatMap(Object.keys))];
  return Object.fromEntries(names.map((name) => [name, middle(hosts.map((one) => one[name] ?? null))]));
}

function middle(values: readonly (number | string | null)[]): number | string | null {
  const known = values.filter((value) => value !== null);
  const place = Math.floor((known.length - 1) / 2);
  if (known.every((value) => typeof value === 'number')) return known.toSorted((a, b) => a - b)[place] ?? null;
  return known.every((value) => typeof value === 'string') ? (known.toSorted()[place] ?? null) : null;
}
