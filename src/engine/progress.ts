import type { Change } from '../core/change.ts';
import type { DroverError } from '../core/errors.ts';
import type { Listener } from '../core/events.ts';
import type { Json } from '../core/json.ts';
import type { Failed } from '../core/outcome.ts';
import type { StepPlan } from '../core/plan.ts';
import type { HostStep } from '../core/step.ts';
import type { Limits } from './limits.ts';
import type { Foreseen } from './predict.ts';

/** What one host's part of a run or plan is given. */
export interface HostOptions {
  readonly host: string;
  readonly limits: Limits;
  readonly listener: Listener;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Settles when all that was told so far would outlast a power loss. Throws DroverError. */
  readonly durable: () => Promise<void>;
  /** Asked before each act, of the steps that have not acted: an error ends the host as it is. */
  readonly object?: (plans: readonly Planned[]) => DroverError | undefined;
}

/** A step's place in the plan of a host. */
export interface Planned {
  readonly number: number;
  readonly plan: StepPlan;
}

/** How far one host has come. Changes while it goes on. */
export interface Progress {
  readonly steps: readonly HostStep[];
  readonly options: HostOptions;
  readonly startedAt: number;
  readonly registered: Record<string, Json>;
  /** Steps whose changes were made, with them. */
  readonly acted: Map<number, readonly Change[]>;
  /** Those of them that a look has seen after that. */
  readonly verified: Set<number>;
  readonly failed: Map<number, Failed>;
  /** As of the last look. */
  sight: readonly Foreseen[];
  /** Looks since the last act that asked for one more. */
  restless: number;
  looks: number;
  acts: number;
}

/** A host before its first look. */
export function begin(steps: readonly HostStep[], options: HostOptions): Progress {
  return {
    steps,
    options,
    startedAt: options.now(),
    registered: {},
    acted: new Map(),
    verified: new Set(),
    failed: new Map(),
    sight: [],
    restless: 0,
    looks: 0,
    acts: 0,
  };
}
