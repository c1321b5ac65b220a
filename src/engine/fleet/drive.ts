import type { Measures } from '../../core/gate.ts';
import type { HostOutcome } from '../../core/outcome.ts';
import type { HostWork, Work } from '../../core/work.ts';
import type { Asker } from './asker.ts';
import type { FleetOptions } from './fleet.ts';
import { afterEvent, type Order, type RolloutEvent, type RolloutState } from './rollout.ts';

/** A run under way: the rollout decides, and whoever has this does it. */
export interface Drive {
  readonly work: Work;
  readonly options: FleetOptions;
  readonly byName: ReadonlyMap<string, HostWork>;
  readonly outcomes: Map<string, HostOutcome>;
  readonly measured: Map<string, Measures>;
  /** Where a person is asked of each step. */
  readonly asker: Asker | undefined;
  /** Batches whose beginning was told. */
  readonly begun: Set<string>;
  state: RolloutState;
  /** When the baking ends. */
  bakesUntil: number | undefined;
  /** Ends the wait that the present order is. */
  wake: AbortController;
}

/** Tells the rollout what happened. Where that gives another order, a wait for the old one is over. */
export function happen(drive: Drive, event: RolloutEvent): void {
  const { order, stopped } = drive.state;
  drive.state = afterEvent(drive.state, event);
  if (stopped === undefined) tellStopped(drive);
  if (drive.state.order !== order) drive.wake.abort();
}

/** The same, where the order that it answers still holds: a person may have given another meanwhile. */
export function reply(drive: Drive, order: Order, event: RolloutEvent): void {
  if (drive.state.order === order) happen(drive, event);
}

/** Tells why no further host starts, if that is so. */
export function tellStopped({ options: { listener, now }, state: { stopped } }: Drive): void {
  if (stopped !== undefined) listener({ type: 'stopped', because: stopped, at: now() });
}
