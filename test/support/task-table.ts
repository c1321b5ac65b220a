import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/core/change.ts';
import { describe as inWords } from '../../src/core/change.ts';
import type { Json } from '../../src/core/json.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { AnyTask, Finding } from '../../src/core/task.ts';
import { recordedHost, replay } from './replay.ts';

/** A recorded host, the params of a step, and what the task finds. */
export interface TaskCase {
  readonly host: string;
  readonly with: Readonly<Record<string, Json>>;
  /** `because` of a steady or blocked plan, or the changes in words, in order. */
  readonly finds: { readonly steady: string } | { readonly blocked: string } | { readonly drift: readonly string[] };
  /** What the step registers, where it matters. */
  readonly result?: Json;
}

/** What a task finds on a recorded host. */
export function findingOf(task: AnyTask, { host, with: params }: Pick<TaskCase, 'host' | 'with'>): Finding {
  return replay(task.prepare(params), recordedHost(host));
}

/** The changes of a drift; none of any other plan. */
export function changesOf(plan: Plan): readonly Change[] {
  return plan.status === 'drift' ? plan.changes : [];
}

/** One test a case. */
export function testTask(task: AnyTask, cases: readonly TaskCase[]): void {
  describe(task.name, () => {
    for (const one of cases) {
      it(`${one.host} ${JSON.stringify(one.with)}: ${Object.keys(one.finds)[0]}`, () => {
        const { plan, result } = findingOf(task, one);
        expect(told(plan)).toEqual(one.finds);
        if (plan.status === 'blocked') expect(plan.hint).toMatch(/^[A-Z`].*[.`]$/s);
        if (one.result !== undefined) expect(result).toEqual(one.result);
      });
    }
  });
}

function told(plan: Plan): TaskCase['finds'] {
  switch (plan.status) {
    case 'steady':
      return { steady: plan.because };
    case 'blocked':
      return { blocked: plan.because };
    case 'drift':
      return { drift: plan.changes.map((change) => `${inWords(change)}: ${change.because}`) };
    default:
      return plan satisfies never;
  }
}
