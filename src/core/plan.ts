import type { Change } from './change.ts';

/** The host is as the params say, and how we know. */
export interface Steady {
  readonly status: 'steady';
  readonly because: string;
}

/** It is not; `changes` mend it. `repeats`: it is due on every run (a command without a check), so it cannot be verified. */
export interface Drift {
  readonly status: 'drift';
  readonly changes: readonly Change[];
  readonly repeats?: true;
}

/** It is not, and mending it needs a person first. Expected, so a value and no exception. */
export interface Blocked {
  readonly status: 'blocked';
  readonly because: string;
  readonly hint: string;
}

/** What a task finds when it compares a host with its params. */
export type Plan = Steady | Drift | Blocked;

/** What a step finds before it can be planned: it depends on what an earlier step (by number, from 1) will change. */
export interface Unknown {
  readonly status: 'unknown';
  readonly after: number;
  readonly because: string;
}

/** The step does not apply to this host: its `when` is false, or it rests on a step that was declined. */
export interface Skipped {
  readonly status: 'skipped';
  readonly because: string;
}

/** A step's place in the plan of a host. */
export type StepPlan = Plan | Unknown | Skipped;

export function steady(because: string): Steady {
  return { status: 'steady', because };
}

export function drift(...changes: readonly Change[]): Drift {
  return { status: 'drift', changes };
}

export function blocked(because: string, hint: string): Blocked {
  return { status: 'blocked', because, hint };
}
