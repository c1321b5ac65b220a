import type { Findings } from '../source/findings.ts';
import { placeSpan, type StepPlan } from './step-check.ts';

/** By host: names whose steps are skipped there, and what to do about it. */
export type LostNames = Map<string, Map<string, string>>;

/** Keeps in mind that a step which registers a name is skipped on a host. */
export function noteLost(
  lost: LostNames,
  host: string,
  { register, hint }: { readonly register: string | undefined; readonly hint: string },
): void {
  if (register === undefined) return;
  const names = lost.get(host) ?? new Map<string, string>();
  lost.set(host, names.set(register, hint));
}

/** Finds names that a step needs on a host where nothing registers them. */
export function noteUnregistered(
  { needs, asked, step }: StepPlan,
  host: string,
  { lost, findings }: { readonly lost: LostNames; readonly findings: Findings },
): void {
  for (const name of needs.filter((need) => lost.get(host)?.has(need))) {
    const reference = asked.references.find(({ path }) => path[0] === name);
    const span = reference === undefined ? step.spanOf(['when']) : placeSpan(step, reference.place, reference);
    findings.add(host, {
      span,
      message: `\`${name}\` is not registered: the step that registers it is skipped`,
      hint: lost.get(host)?.get(name) ?? '',
    });
  }
}
