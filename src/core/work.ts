import type { Host } from './host.ts';
import type { Rollout } from './rollout.ts';
import type { HostStep } from './step.ts';

/** What one host is to go through. */
export interface HostWork {
  readonly host: Host;
  readonly steps: readonly HostStep[];
}

/** A playbook laid over an inventory, wholly checked: what `plan` and `run` are given. */
export interface Work {
  readonly name: string;
  readonly hosts: readonly HostWork[];
  readonly rollout: Rollout;
}
