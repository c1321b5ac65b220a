import type { Change } from './change.ts';
import type { Json } from './json.ts';
import type { Probe } from './probe.ts';
import type { Finding } from './task.ts';

/** A step for one host, checked: `with` and `when` are resolved as far as they can be before the look. */
export interface HostStep {
  /** From 1, unique in the playbook; a step with `loop` has one number an item. */
  readonly number: number;
  readonly name: string;
  /** The task's name. */
  readonly task: string;
  /** Where it stands: file:line:col. */
  readonly source: string;
  /** Names that earlier steps register and this one needs before it can be prepared. */
  readonly needs: readonly string[];
  /** The name that this step's result is kept under. */
  readonly register?: string;
  /** What the task is given; absent where earlier steps have a say in it. */
  readonly params?: Json;
  /** This host does it, and no other of the run or of its wave. */
  readonly once?: 'run' | 'wave';
  /** Whether the host goes on when this step is blocked. */
  readonly optional: boolean;
  /**
   * The look for this step, given what was registered so far. `skipped` where `when` is false without a look;
   * where `when` needs readings, the probe yields it. Throws DroverError where a registered value does not fit.
   */
  readonly prepare: (registered: Readonly<Record<string, Json>>) => Probe<StepFinding>;
}

/** What a person says of a step that is asked for. `continue` agrees to all that follows as well; `quit` ends the run before it. */
export const STEP_ANSWERS = ['no', 'yes', 'continue', 'quit'] as const;
export type StepAnswer = (typeof STEP_ANSWERS)[number];

/** A step that is asked for, and what is about to be done for it. */
export interface AskedStep extends Pick<HostStep, 'number' | 'name' | 'task'> {
  readonly changes: readonly Change[];
}

/** The same, of the host that has come to it. */
export interface HostAsks extends AskedStep {
  readonly host: string;
}

/** A finding, or the reason why the step does not apply here. */
export type StepFinding = Finding | { readonly skipped: string };
