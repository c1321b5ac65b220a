/** How many hosts of a wave go at a time: each such batch is a wave of its own, with a barrier behind it. */
export type BatchSize = { readonly count: number } | { readonly percent: number };

/** One entry of `rollout.waves`, its pattern resolved. */
export interface WaveSpec {
  readonly name: string;
  /** Hosts in the inventory's order; those of earlier waves are left out by the engine. */
  readonly hosts: readonly string[];
  /** A percentage is of the wave's hosts, rounded down, at least one. */
  readonly size?: BatchSize;
  /** Milliseconds between the end of a batch and its gate. */
  readonly bakeMs?: number;
  /** A person is asked before each of its batches. */
  readonly confirm?: true;
}

/** The number of bad hosts (failed, blocked, unreachable, unknown) at which a run stops: when it is reached, not when it is passed. */
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
