import type { Gate } from './gate.ts';
import type { Host } from './host.ts';
import type { Rollout } from './rollout.ts';
import type { HostStep } from './step.ts';

/** What one host is to go through. */
export interface HostWork {
  readonly host: Host;
  readonly steps: readonly HostStep[];
  /** What must be steady on it after its wave, before the next one starts. */
  readonly gate?: readonly HostStep[];
}

/** A playbook laid over an inventory, wholly checked: what `plan` and `run` are given. */
export interface Work {
  readonly name: string;
  readonly hosts: readonly HostWork[];
  readonly rollout: Rollout;
  /** What stands between waves. */
  readonly gate?: Gate;
  /** The texts that its steps stand in, to tell whether it would still be the same. */
  readonly texts?: readonly string[];
}
