import type { Change } from './change.ts';
import type { Steering } from './control.ts';
import type { Measures, Verdict } from './gate.ts';
import type { Json } from './json.ts';
import type { Holder } from './lease.ts';
import type { HostOutcome } from './outcome.ts';
import type { StepPlan } from './plan.ts';
import type { StepAnswer } from './step.ts';

/** A step whose changes are about to be made or taken back. */
export interface Intent {
  readonly number: number;
  readonly name: string;
  readonly task: string;
  /** Absent where they are secret. */
  readonly params?: Json;
  readonly changes: readonly Change[];
  /** It is due on every run: nobody can tell from the host whether it was done. */
  readonly repeats?: true;
}

/** What a run tells while it goes on. Reports and logs are made of nothing else. Times are epoch milliseconds. */
export type Event =
  | { readonly type: 'wave started'; readonly wave: string; readonly hosts: readonly string[]; readonly at: number }
  | { readonly type: 'host started'; readonly host: string; readonly at: number }
  | { readonly type: 'host looked'; readonly host: string; readonly reads: number; readonly ms: number; readonly at: number }
  | {
      readonly type: 'host planned';
      readonly host: string;
      readonly plans: readonly { readonly number: number; readonly plan: StepPlan }[];
      readonly at: number;
    }
  | {
      /** Told before the host hears of it; `back` where what failed steps had made is taken back. */
      readonly type: 'act begun';
      readonly host: string;
      readonly back: boolean;
      readonly steps: readonly Intent[];
      readonly at: number;
    }
  /** The host did nothing of it, for somebody else has it or acted on it since the look. */
  | { readonly type: 'act refused'; readonly host: string; readonly because: 'moved' | 'busy' | 'held'; readonly at: number }
  /** Told before the act that breaks it. */
  | { readonly type: 'lease broken'; readonly host: string; readonly holder: Holder; readonly because: string; readonly at: number }
  | { readonly type: 'change started'; readonly host: string; readonly step: number; readonly change: Change; readonly at: number }
  | {
      readonly type: 'change ended';
      readonly host: string;
      readonly step: number;
      readonly change: Change;
      readonly ok: boolean;
      readonly output: string;
      readonly at: number;
    }
  | { readonly type: 'host ended'; readonly host: string; readonly outcome: HostOutcome; readonly at: number }
  | { readonly type: 'wave ended'; readonly wave: string; readonly bad: number; readonly at: number }
  | { readonly type: 'baking'; readonly wave: string; readonly ms: number; readonly at: number }
  /** Told at the end of the time, or when a person ends it before. */
  | { readonly type: 'baked'; readonly wave: string; readonly at: number }
  | { readonly type: 'measured'; readonly host: string; readonly measures: Measures; readonly at: number }
  | {
      readonly type: 'gate judged';
      readonly wave: string;
      readonly verdict: Verdict | 'not asked';
      /** Whether the run goes on: it passed, or the budget bears the hosts that failed it. */
      readonly through: boolean;
      /** Hosts that did not pass, and why. */
      readonly hosts: readonly { readonly host: string; readonly verdict: Verdict; readonly because: string }[];
      /** Conditions that compare with untouched hosts, where none is left. */
      readonly unasked: readonly string[];
      readonly at: number;
    }
  | {
      /** A person was asked of a step, for all hosts that had come to it. */
      readonly type: 'step answered';
      readonly step: number;
      readonly name: string;
      readonly hosts: readonly string[];
      readonly answer: StepAnswer;
      readonly at: number;
    }
  | { readonly type: 'steered'; readonly what: Steering; readonly by: string; readonly at: number }
  | { readonly type: 'stopped'; readonly because: string; readonly at: number };

export type Listener = (event: Event) => void;
