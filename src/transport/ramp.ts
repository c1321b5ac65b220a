/** Lets at most some run at a time for each key; the rest wait in the order they came. */
export type Ramp = <T>(key: string, run: () => Promise<T>) => Promise<T>;

/** A ramp of this width. */
export function ramp(width: number): Ramp {
  const lanes = new Map<string, { running: number; readonly waiting: (() => void)[] }>();
  return async (key, run) => {
    const lane = lanes.get(key) ?? { running: 0, waiting: [] };
    lanes.set(key, lane);
    if (lane.running < width) lane.running += 1;
    else await new Promise<void>((resolve) => lane.waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = lane.waiting.shift();
      // The place goes straight to the next one, so that nobody slips in between.
      if (next === undefined) lane.running -= 1;
      else next();
    }
  };
}
