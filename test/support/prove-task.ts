import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { type Change, inverse, touches } from '../../src/core/change.ts';
import type { DroverError } from '../../src/core/errors.ts';
import type { Json } from '../../src/core/json.ts';
import type { HostOutcome } from '../../src/core/outcome.ts';
import type { Plan } from '../../src/core/plan.ts';
import { type Readings, readKey } from '../../src/core/probe.ts';
import type { Session } from '../../src/core/session.ts';
import type { AnyTask } from '../../src/core/task.ts';
import { act } from '../../src/engine/act/act.ts';
import { convergeHost } from '../../src/engine/host/converge.ts';
import { answer, look } from '../../src/engine/look/ask.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';

/** One step on a real host. */
export interface RealStep {
  readonly session: Session;
  readonly task: AnyTask;
  readonly with: Readonly<Record<string, Json>>;
}

/** Looks for the step alone. */
export function lookFor({ session, task, with: params }: RealStep): Promise<Readings> {
  return look(session, task.prepare(params).reads, DEFAULT_LIMITS);
}

/** What the step finds now. */
export async function planNow(step: RealStep): Promise<Plan> {
  return answer(step.task.prepare(step.with), await lookFor(step)).plan;
}

/** Runs the step as a playbook of its own. */
export function runStep({ session, task, with: params }: RealStep): Promise<HostOutcome> {
  const step = {
    number: 1,
    name: task.name,
    task: task.name,
    source: 'test:1:1',
    needs: [],
    optional: false,
    prepare: () => task.prepare(params),
  };
  return convergeHost(session, [step], { host: 'host', limits: DEFAULT_LIMITS, listener: () => {}, now: () => 0, durable: async () => {} });
}

/**
 * The whole life of a step that drifts: equal looks before it, three exchanges to converge, no reading that changed undeclared
 * or otherwise than foreseen, steady with one look the second time, and the state of before when its changes are taken back.
 */
export async function proveDrift(step: RealStep, same: readonly string[]): Promise<readonly Change[]> {
  const before = await lookFor(step);
  expect(await lookFor(step), 'a quiet host answers the same twice').toEqual(before);
  const plan = answer(step.task.prepare(step.with), before).plan;
  if (plan.status !== 'drift') throw new Error(`no drift: ${plan.because}`);

  const first = await runStep(step);
  expect(first).toMatchObject({ status: 'changed', looks: 2, acts: 1, steps: [{ outcome: { changes: plan.changes } }] });
  const after = await lookFor(step);
  expect(undeclared(plan.changes, before, after)).toEqual([]);
  for (const [key, foreseen] of Object.entries(foreseenBy(plan.changes))) expect(after[key], key).toEqual(foreseen);
  expect(await runStep(step)).toMatchObject({ status: 'steady', looks: 1, acts: 0 });

  expect(await takeBack(step.session, plan.changes)).toEqual([]);
  const restored = await lookFor(step);
  for (const key of same) expect(restored[key], key).toEqual(before[key]);
  return plan.changes;
}

/** Takes changes back, last first, as a run does with those of a step that failed; what went wrong with it. */
export async function takeBack(session: Session, changes: readonly Change[]): Promise<readonly DroverError[]> {
  const back = changes
    .toReversed()
    .map(inverse)
    .filter((change) => typeof change !== 'string');
  const { error, steps } = await act(session, [{ number: 1, changes: back }], {
    limits: DEFAULT_LIMITS,
    listener: { started: () => {}, ended: () => {} },
    begin: async () => {},
  });
  return [error, ...steps.map((one) => one.error)].filter((one) => one !== undefined);
}

/** Readings that differ although no change said so. */
function undeclared(changes: readonly Change[], before: Readings, after: Readings): readonly string[] {
  return Object.keys(before).filter(
    (key) => !isDeepStrictEqual(before[key], after[key]) && !changes.some((change) => touches(change, key)),
  );
}

function foreseenBy(changes: readonly Change[]): Readings {
  return Object.assign({}, ...changes.map((change) => ('leadsTo' in change ? change.leadsTo : {})));
}

/** The keys of all that a step reads, of some kind. */
export function keysOf({ task, with: params }: RealStep, kind: 'file' | 'stat' | 'command'): readonly string[] {
  return task
    .prepare(params)
    .reads.filter((read) => read.kind === kind)
    .map(readKey);
}
