/** Whether a step is done on one host of the run, or on one of each wave. */
export type Once = 'run' | 'wave';

/**
 * Who does a step that is done once, by every host that it concerns: the first in order that the step comes to. Where it comes to none,
 * nobody is named. `waves` are the hosts of each wave, in their order.
 */
export function doersOf(
  once: Once,
  waves: readonly (readonly string[])[],
  comesTo: (host: string) => boolean,
): ReadonlyMap<string, string> {
  const parts = once === 'run' ? [waves.flat()] : waves;
  return new Map(
    parts.flatMap((hosts): readonly (readonly [string, string])[] => {
      const doer = hosts.find(comesTo);
      return doer === undefined ? [] : hosts.map((host) => [host, doer]);
    }),
  );
}
