import { type Condition, checkCondition, constantCondition } from '../expression/condition.ts';
import type { StepSource } from '../playbook/step-source.ts';
import type { Finding } from '../source/findings.ts';
import type { JsonSchema } from '../source/json-words.ts';
import type { Data } from '../template/host-data.ts';
import type { LocalFiles } from '../template/local-files.ts';
import { askedBy } from '../template/with-values.ts';
import { misfits, paramsOf, placedFinding, placeSpan, type StepPlan } from './step-check.ts';

/** What steps that stand before have registered, by name, with the type of the result. */
export type Registered = ReadonlyMap<string, JsonSchema | undefined>;

/** What a step is planned with. */
export interface StepScope {
  readonly files: LocalFiles;
  readonly registered: Registered;
  /** Names that later steps register. */
  readonly later: readonly string[];
  /** Names that steps register which tags or a start leave out. */
  readonly leftOut: readonly string[];
  /** The data of every host (and item) that the step meets. */
  readonly datas: readonly Data[];
}

/** What can be known of a step before it meets a single host, and what is wrong with it there already. */
export function planStep(step: StepSource, scope: StepScope): { readonly plan: StepPlan; readonly findings: readonly Finding[] } {
  const filler = { schema: step.schema, files: scope.files.from(step.folder) };
  const asked = askedBy(step.file.with, filler);
  const { condition, findings } = conditionOf(step, scope);
  const roots = asked.references.map(({ path: [root = ''] }) => root);
  const needs = [...new Set([...(condition?.needs ?? []), ...roots.filter((root) => scope.registered.has(root))])];
  const plan: StepPlan = { step, filler, asked, condition, registered: scope.registered, needs };
  return {
    plan,
    findings: [
      ...asked.problems.map((problem) => placedFinding(step, problem)),
      ...findings,
      ...misfits(plan),
      ...absentNames(plan, scope),
      ...(scope.datas.length === 0 ? uncheckedParams(plan) : []),
    ],
  };
}

/** Registered names that are there, yet not when this step comes. */
function absentNames({ step, asked }: StepPlan, { registered, later, leftOut }: StepScope): readonly Finding[] {
  return asked.references.flatMap((reference) => {
    const [root = ''] = reference.path;
    if (registered.has(root)) return [];
    const span = placeSpan(step, reference.place, reference);
    if (later.includes(root))
      return [{ span, message: `\`${root}\` is registered by a later step`, hint: 'Move that step before this one.' }];
    if (leftOut.includes(root))
      return [{ span, message: `\`${root}\` is registered by a step that is left out`, hint: 'Take that step in too.' }];
    return [];
  });
}

function conditionOf(
  step: StepSource,
  { datas, registered }: StepScope,
): { readonly condition: Condition | undefined; readonly findings: readonly Finding[] } {
  const { when } = step.file;
  if (when === undefined) return { condition: undefined, findings: [] };
  if (typeof when === 'boolean') return { condition: constantCondition(when), findings: [] };
  const checked = checkCondition(when, { hosts: datas, registered });
  if (checked.ok) return { condition: checked.condition, findings: [] };
  const { message, hint, from, to } = checked.problem;
  return {
    condition: undefined,
    findings: [{ span: step.textSpan(['when'], { from, to }), message, ...(hint === undefined ? {} : { hint }) }],
  };
}

/** The params of a step that no host comes to, as far as they depend on no host. */
export function uncheckedParams(plan: StepPlan): readonly Finding[] {
  const all = new Map(plan.asked.references.map(({ path: [root = ''] }) => [root, undefined]));
  return plan.asked.isOpenEnded || plan.asked.problems.length > 0 ? [] : paramsOf({ ...plan, registered: all }, {}).findings;
}
