/** How many hosts of a wave go at a time: each such batch is a wave of its own, with a barrier behind it. */
export type BatchSize = { readonly count: number } | { readonly percent: number };

/** One entry of `rollout.waves`, its pattern resolved. */
export interface WaveSpec {
  readonly name: string;
  /** Hosts in the inventory's order; those of earlier waves are left out by the engine. */
  readonly hosts: readonly string[];
  /** A percentage is of the wave's hosts, rounded down, at least one. */
  readonly size?: BatchSize;
  /** How many of its hosts go at the same time, at most. */
  readonly concurrency?: number;
  /** What the lot was drawn from that gave its hosts their order. */
  readonly seed?: string;
  /** Milliseconds between the end of a batch and its gate. */
  readonly bakeMs?: number;
  /** A person is asked before each of its batches. */
  readonly confirm?: true;
}

/**
 * The number of bad hosts at which a run stops: when it is reached, not when it is passed. Bad are hosts that failed or whose gate
 * failed, and those that are blocked, unreachable or unknown.
 */
export interface Budget {
  readonly bad: number;
  readonly per: 'wave' | 'run';
}

export interface Rollout {
  readonly waves: readonly WaveSpec[];
  readonly budget?: Budget;
  /** What becomes of the changes when the run stops early. */
  readonly onStop?: 'hold' | 'rollback';
}
