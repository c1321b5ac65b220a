import type { HostStatus } from '../../core/outcome.ts';
import type { Budget } from '../../core/rollout.ts';
import { type Ended, spent } from './budget.ts';
import { type HostVerdict, sayVerdict } from './verdict.ts';
import type { Batch } from './waves.ts';

/** What has to be done next. */
export type Order = { readonly do: 'ask' | 'run' | 'pause' | 'judge' | 'end' } | { readonly do: 'bake'; readonly ms: number };

/** A rollout at one moment. Nothing in it knows of clocks, hosts or people: those are orders, and their answers are events. */
export interface RolloutState {
  readonly batches: readonly Batch[];
  readonly budget: Budget | undefined;
  readonly hasGate: boolean;
  /** The batch that it is at. */
  readonly at: number;
  readonly order: Order;
  readonly started: ReadonlySet<string>;
  readonly ended: ReadonlyMap<string, Ended>;
  /** Batches, by name, whose gate has let the run through. */
  readonly passed: ReadonlySet<string>;
  /** Batches, by name, that a person has agreed to. */
  readonly agreed: ReadonlySet<string>;
  /** A person holds it: no further host starts until it is promoted. */
  readonly paused: boolean;
  /** Why no further host starts. */
  readonly stopped?: string;
  readonly interrupted: boolean;
}

export type RolloutEvent =
  | { readonly type: 'answered'; readonly yes: boolean }
  | { readonly type: 'host started'; readonly host: string }
  | { readonly type: 'host ended'; readonly host: string; readonly status: HostStatus }
  /** No host of the batch runs, and none of it will start any more. */
  | { readonly type: 'batch ended' }
  | { readonly type: 'baked' }
  /** What the gate says of each host of the batch that was asked. */
  | { readonly type: 'judged'; readonly hosts: readonly HostVerdict[] }
  | { readonly type: 'paused' | 'promoted' | 'interrupted' };

/** What a rollout begins with; `earlier` is what another part of it has brought about before. */
export interface RolloutStart {
  readonly batches: readonly Batch[];
  readonly budget: Budget | undefined;
  readonly hasGate: boolean;
  readonly earlier?: { readonly ended: ReadonlyMap<string, HostStatus>; readonly passed: ReadonlySet<string> };
}

/** A rollout before its first order. */
export function beginRollout({ batches, budget, hasGate, earlier }: RolloutStart): RolloutState {
  const ended = batches.flatMap(({ wave, hosts }) =>
    hosts.flatMap((host): readonly (readonly [string, Ended])[] => {
      const status = earlier?.ended.get(host);
      return status === undefined ? [] : [[host, { wave, status }]];
    }),
  );
  const state: RolloutState = {
    batches,
    budget,
    hasGate,
    at: 0,
    order: { do: 'end' },
    started: new Set(ended.map(([host]) => host)),
    ended: new Map(ended),
    passed: earlier?.passed ?? new Set(),
    agreed: new Set(),
    paused: false,
    interrupted: false,
  };
  return enter(state, 0);
}

/** The rollout after an event. */
export function afterEvent(state: RolloutState, event: RolloutEvent): RolloutState {
  switch (event.type) {
    case 'answered':
      return event.yes ? begin(agreed(state)) : hold(state, `nobody agreed to wave ${nameOf(state)}`);
    case 'host started':
      return { ...state, started: new Set([...state.started, event.host]) };
    case 'host ended': {
      const ended = new Map([...state.ended, [event.host, { wave: waveOf(state), status: event.status }] as const]);
      return checked({ ...state, ended });
    }
    case 'batch ended':
      return afterBatch(state);
    case 'baked':
      return judged(state);
    case 'judged':
      return afterGate(state, event.hosts);
    case 'paused':
      return { ...state, paused: true };
    case 'promoted':
      return promoted({ ...state, paused: false });
    case 'interrupted': {
      const interrupted = { ...state, interrupted: true };
      return isWaiting(state) ? { ...interrupted, order: { do: 'end' } } : interrupted;
    }
    default:
      return event satisfies never;
  }
}

/** Whether another host of the batch may start. */
export function mayStart({ order, stopped, paused, interrupted }: RolloutState): boolean {
  return order.do === 'run' && stopped === undefined && !paused && !interrupted;
}

/** Whether nothing is going on but waiting, which a person may end. */
export function isWaiting({ order }: RolloutState): boolean {
  return order.do === 'ask' || order.do === 'pause' || order.do === 'bake';
}

/** The hosts of the present batch that have not started. */
export function waiting({ batches, at, started }: RolloutState): readonly string[] {
  return batches[at]?.hosts.filter((host) => !started.has(host)) ?? [];
}

/** Enters a batch. What an earlier part has ended and let through is left behind. */
function enter(state: RolloutState, at: number): RolloutState {
  const batch = state.batches[at];
  if (batch === undefined) return { ...state, at: Math.max(0, at - 1), order: { do: 'end' } };
  const here = checked({ ...state, at });
  if (here.stopped !== undefined || here.interrupted) return { ...here, order: { do: 'end' } };
  return waiting(here).length > 0 ? begin(here) : afterBatch(here);
}

/** The batch's hosts start, unless a person holds the run or has to be asked. */
function begin(state: RolloutState): RolloutState {
  if (state.paused) return { ...state, order: { do: 'pause' } };
  const asks = state.batches[state.at]?.confirm === true && !state.agreed.has(nameOf(state));
  return { ...state, order: { do: asks ? 'ask' : 'run' } };
}

function agreed(state: RolloutState): RolloutState {
  return { ...state, agreed: new Set([...state.agreed, nameOf(state)]) };
}

/** A person wants it to go on: what it waits for is over. */
function promoted(state: RolloutState): RolloutState {
  if (state.order.do === 'ask') return begin(agreed(state));
  if (state.order.do === 'pause') return begin(state);
  return state.order.do === 'bake' ? judged(state) : state;
}

/** A batch's hosts have ended: what changed bakes, and then its gate is asked. */
function afterBatch(state: RolloutState): RolloutState {
  const batch = state.batches[state.at];
  if (batch === undefined || state.stopped !== undefined || state.interrupted) return { ...state, order: { do: 'end' } };
  // A pause has kept some from starting.
  if (waiting(state).length > 0) return begin(state);
  const changed = batch.hosts.some((host) => state.ended.get(host)?.status === 'changed');
  if (!changed || state.passed.has(batch.name)) return onward(state);
  const { bakeMs = 0 } = batch;
  // After the last batch nothing waits for the end of the baking but a gate.
  if (bakeMs > 0 && (state.hasGate || state.at < state.batches.length - 1)) return { ...state, order: { do: 'bake', ms: bakeMs } };
  return judged(state);
}

function judged(state: RolloutState): RolloutState {
  return state.hasGate ? { ...state, order: { do: 'judge' } } : onward(state);
}

/** A host whose gate fails is bad, and the budget says how many may be. Where it cannot be told, nobody may go on. */
function afterGate(state: RolloutState, hosts: readonly HostVerdict[]): RolloutState {
  const wave = waveOf(state);
  const failed = hosts.filter(({ verdict }) => verdict === 'fail');
  const ended = new Map([...state.ended, ...failed.map(({ host }) => [host, { wave, status: 'failed' }] as const)]);
  const seen = { ...state, ended };
  const isSpent = state.budget === undefined || spent(state.budget, [...ended.values()], wave) !== undefined;
  const holds = hosts.some(({ verdict }) => verdict === 'inconclusive') || (failed.length > 0 && isSpent);
  if (holds) return hold(seen, `the gate of wave ${nameOf(state)} ${sayVerdict(hosts).because}`);
  return onward({ ...seen, passed: new Set([...state.passed, nameOf(state)]) });
}

function onward(state: RolloutState): RolloutState {
  return enter(state, state.at + 1);
}

function hold(state: RolloutState, because: string): RolloutState {
  return { ...state, stopped: because, order: { do: 'end' } };
}

/** Stops where the budget is spent and hosts are left that would start. */
function checked(state: RolloutState): RolloutState {
  if (state.stopped !== undefined || state.batches.every(({ hosts }) => hosts.every((host) => state.started.has(host)))) return state;
  const because = spent(state.budget, [...state.ended.values()], waveOf(state));
  return because === undefined ? state : { ...state, stopped: because };
}

function waveOf({ batches, at }: RolloutState): string {
  return batches[at]?.wave ?? '';
}

function nameOf({ batches, at }: RolloutState): string {
  return batches[at]?.name ?? '';
}
