import type { Change } from '../../core/change.ts';
import type { DroverError } from '../../core/errors.ts';
import type { Listener } from '../../core/events.ts';
import type { Json } from '../../core/json.ts';
import type { Holder } from '../../core/lease.ts';
import type { Failed, RebootReceipt } from '../../core/outcome.ts';
import type { StepPlan } from '../../core/plan.ts';
import type { Session } from '../../core/session.ts';
import type { AskedStep, HostStep, StepAnswer } from '../../core/step.ts';
import type { Limits } from '../script/limits.ts';
import { type HostLease, type Leasing, newLease } from './lease-state.ts';
import type { Foreseen } from './predict.ts';

/** What one host's part of a run or plan is given. */
export interface HostOptions {
  readonly host: string;
  readonly limits: Limits;
  readonly listener: Listener;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Settles when all that was told so far would outlast a power loss. Throws DroverError. */
  readonly durable: () => Promise<void>;
  /** Asked before each act, of the steps that have not acted: an error ends the host as it is. */
  readonly object?: (plans: readonly Planned[]) => DroverError | undefined;
  /** Asked before each step, where a person wants to have a say in each. */
  readonly ask?: (step: AskedStep) => Promise<StepAnswer>;
  /** Absent where hosts must not be rebooted. */
  readonly rebooting?: Rebooting;
  /** Keeps other runs away while the host is changed; absent of a plan, which changes none. */
  readonly lease?: Leasing;
}

/** A step's place in the plan of a host. */
export interface Planned {
  readonly number: number;
  readonly plan: StepPlan;
}

/** How a host is met again after it went away. */
export interface Rebooting {
  /** A new connection in the place of the old one; one attempt. Rejects with a DroverError. */
  readonly reconnect: () => Promise<Session>;
  /** Waits; never rejects. */
  readonly pause: (ms: number) => Promise<void>;
  /** Milliseconds of a clock that nobody sets: a host is not given up because the controller's was put right. */
  readonly elapsed: () => number;
  /** Ends the waiting. */
  readonly cut: AbortSignal;
}

/** How far one host has come. Changes while it goes on. */
export interface Progress {
  readonly steps: readonly HostStep[];
  readonly options: HostOptions;
  readonly startedAt: number;
  readonly registered: Record<string, Json>;
  /** Steps whose changes were made, with them. */
  readonly acted: Map<number, readonly Change[]>;
  /** Those of them that a look has seen after that. */
  readonly verified: Set<number>;
  /** Those for which the host was rebooted: it is so once at most for each. */
  readonly rebooted: Set<number>;
  readonly failed: Map<number, Failed>;
  /** Whether each step has to be agreed to. */
  isAsked: boolean;
  /** Steps that were, with the changes that were shown. */
  readonly agreed: Map<number, readonly Change[]>;
  /** Steps to which the answer was no: to their changes, or to the reboot that they ask for after them. */
  readonly declined: Set<number>;
  /** Of the host's reboot: there is no second one in a run. */
  receipt?: RebootReceipt;
  readonly lease: HostLease | undefined;
  /** As of the last look; a plan has this alone. */
  holder: Holder | undefined;
  /** Reads of the last look. */
  asked: number;
  /** As of the last look. */
  sight: readonly Foreseen[];
  /** Looks since the last act that asked for one more. */
  restless: number;
  looks: number;
  acts: number;
}

/** A host before its first look. */
export function begin(steps: readonly HostStep[], options: HostOptions): Progress {
  return {
    steps,
    options,
    startedAt: options.now(),
    // Without a prototype: a step may register what it calls `constructor`.
    registered: Object.create(null),
    acted: new Map(),
    verified: new Set(),
    rebooted: new Set(),
    failed: new Map(),
    isAsked: options.ask !== undefined,
    agreed: new Map(),
    declined: new Set(),
    lease: newLease(options.lease),
    holder: undefined,
    asked: 0,
    sight: [],
    restless: 0,
    looks: 0,
    acts: 0,
  };
}

/** Whether the host may be rebooted yet. */
export function mayReboot({ options, receipt }: Progress): boolean {
  return options.rebooting !== undefined && receipt === undefined;
}

/** The error with its place. */
export function place({ options }: Progress, step: HostStep, error: DroverError): DroverError {
  return error.at({ host: options.host, step: step.name, source: step.source });
}
