/** Keeps back what a stream says before a mark. */
export interface MarkGate {
  /** What of a chunk is to be passed on. */
  readonly feed: (chunk: Buffer) => Buffer;
  /** The rest of the mark's line; undefined until it has come. */
  readonly mark: () => string | undefined;
  /** What came before the mark (its end, where it is long). */
  readonly noise: () => string;
}

const MAX_NOISE = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** A gate that opens behind the line which the mark begins. */
export function markGate(mark: string): MarkGate {
  let held = NOTHING;
  let rest: string | undefined;
  return {
    feed: (chunk) => {
      if (rest !== undefined) return chunk;
      held = Buffer.concat([held, chunk]);
      const start = held.indexOf(mark);
      const end = start < 0 ? -1 : held.indexOf('\n', start + mark.length);
      if (end < 0) {
        held = held.subarray(Math.max(0, held.length - MAX_NOISE));
        return NOTHING;
      }
      rest = held.toString('latin1', start + mark.length, end).trim();
      const passed = held.subarray(end + 1);
      held = Buffer.from(held.subarray(0, start));
      return passed;
    },
    mark: () => rest,
    noise: () => held.toString(),
  };
}
