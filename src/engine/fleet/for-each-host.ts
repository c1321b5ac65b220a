import pLimit from 'p-limit';

/** How many hosts go at a time, and when to start no more. */
interface HostLoop {
  readonly concurrency: number;
  /** Asked before each start: no further host starts once it says so. Running ones go on. */
  readonly stop: () => boolean;
}

/**
 * Does something with many hosts at once, never more than `concurrency`, in order of their start. Gives what came of each,
 * undefined for those that did not start. An exception is a bug: no further host starts, running ones end, then it is thrown.
 */
export async function forEachHost<H, T>(
  hosts: readonly H[],
  fn: (host: H) => Promise<T>,
  { concurrency, stop }: HostLoop,
): Promise<readonly (T | undefined)[]> {
  const limit = pLimit(concurrency);
  const bugs: unknown[] = [];
  const results = await Promise.all(
    hosts.map((host) =>
      limit(async () => {
        if (bugs.length > 0 || stop()) return undefined;
        try {
          return await fn(host);
        } catch (error) {
          bugs.push(error);
          return undefined;
        }
      }),
    ),
  );
  if (bugs.length > 0) throw bugs[0];
  return results;
}
