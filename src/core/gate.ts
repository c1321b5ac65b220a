import type { Probe } from './probe.ts';

/** What is measured of a host: numbers, or texts of the operator's own commands; null where it could not be read. */
export type Measures = Readonly<Record<string, number | string | null>>;

/** Whether a wave may be followed by the next one. `inconclusive`: it could not be told, and that holds the run. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** What was measured at both times of hosts that the run has not touched: of several, the middle value. */
export interface Untouched {
  readonly before: Measures;
  readonly after: Measures;
}

/** All that a condition is judged by. `before` is absent where nothing was measured then, `untouched` where there is no such host. */
export interface Seen {
  readonly before: Measures | undefined;
  readonly after: Measures;
  readonly untouched: Untouched | undefined;
}

/** A condition over what was measured before and after a wave. */
export interface GateCondition {
  readonly text: string;
  /** Where it stands: file:line:col. */
  readonly source: string;
  /** Whether it compares with hosts that the run has not touched. */
  readonly compares: boolean;
  /** `because` says what was seen, where it did not pass. */
  readonly judge: (seen: Seen) => { readonly verdict: Verdict; readonly because: string };
}

/** What stands between waves, besides the steps that each host's work has for it. */
export interface Gate {
  readonly measure: Probe<Measures>;
  readonly conditions: readonly GateCondition[];
}
