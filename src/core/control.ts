import type { HostStatus } from './outcome.ts';

/** What a person can tell a running rollout. */
export const STEERINGS = ['pause', 'promote', 'abort'] as const;
export type Steering = (typeof STEERINGS)[number];

/** What a rollout is doing. `pausing`, `stopping`: no further host starts, and some still run. */
export const DOINGS = ['running', 'pausing', 'paused', 'asking', 'baking', 'judging', 'stopping'] as const;
export type Doing = (typeof DOINGS)[number];

/** How a rollout stands at one moment. */
export interface Standing {
  readonly doing: Doing;
  /** With the number of its batch. */
  readonly wave: string;
  /** Hosts by how they ended. */
  readonly ended: Readonly<Partial<Record<HostStatus, number>>>;
  readonly running: readonly string[];
  /** Hosts that have not started. */
  readonly waiting: number;
  /** Hosts that count against the budget, in the run or in its present wave, and how many stop it. */
  readonly bad: number;
  readonly budget?: { readonly bad: number; readonly per: 'wave' | 'run' };
  /** When the baking ends. */
  readonly until?: number;
  /** Why no further host starts. */
  readonly stopped?: string;
}

/** The way to steer a rollout while it goes on. */
export interface Helm {
  readonly standing: () => Standing;
  /** Why it cannot be done now; undefined where it is done. `by` is who asks. */
  readonly steer: (what: Steering, by: string) => string | undefined;
}
