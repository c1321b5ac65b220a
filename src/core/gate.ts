import type { Probe } from './probe.ts';

/** What is measured of a host: numbers, or texts of the operator's own commands; null where it could not be read. */
export type Measures = Readonly<Record<string, number | string | null>>;

/** Whether a wave may be followed by the next one. `inconclusive`: it could not be told, and that holds the run. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** A condition over what was measured before and after a wave. */
export interface GateCondition {
  readonly text: string;
  /** Where it stands: file:line:col. */
  readonly source: string;
  /** `because` says what was seen, where it did not pass. */
  readonly judge: (before: Measures | undefined, after: Measures) => { readonly verdict: Verdict; readonly because: string };
}

/** What stands between waves, besides the steps that each host's work has for it. */
export interface Gate {
  readonly measure: Probe<Measures>;
  readonly conditions: readonly GateCondition[];
}
