import type { Change } from './change.ts';
import type { HostOutcome } from './outcome.ts';
import type { StepPlan } from './plan.ts';

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
  | { readonly type: 'stopped'; readonly because: string; readonly at: number };

export type Listener = (event: Event) => void;
