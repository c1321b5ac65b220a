import type { Verdict } from './gate.ts';
import type { HostStatus } from './outcome.ts';

/** A step of a host: what is known of its end, and all that was begun for it. */
export interface StepStory<Change> {
  readonly number: number;
  readonly name: string;
  readonly task: string;
  /** Absent where its host has not ended. */
  readonly status?: string;
  readonly because?: string | undefined;
  readonly hint?: string | undefined;
  readonly takenBack?: string | undefined;
  readonly changes: readonly Change[];
}

export interface HostStory<Change> {
  readonly name: string;
  readonly status: HostStatus | 'running';
  readonly because?: string;
  readonly beganAt?: number;
  readonly endedAt?: number;
  readonly steps: readonly StepStory<Change>[];
}

/** A wave, or one batch of it. */
export interface WaveStory {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly beganAt: number;
  readonly endedAt?: number;
  readonly bad?: number;
  readonly bakeMs?: number;
  readonly gate?: {
    readonly verdict: Verdict | 'not asked';
    readonly hosts: readonly { readonly host: string; readonly verdict: Verdict; readonly because: string }[];
  };
}

/** A run from its first record to its last, or a plan: told to people, with a change in the teller's words. */
export interface Story<Change> {
  readonly waves: readonly WaveStory[];
  readonly hosts: readonly HostStory<Change>[];
}
