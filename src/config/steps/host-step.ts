import { DroverError } from '../../core/errors.ts';
import type { HostFacts } from '../../core/facts.ts';
import type { Json } from '../../core/json.ts';
import { blocked } from '../../core/plan.ts';
import { all, constant, map, type Probe } from '../../core/probe.ts';
import type { HostStep, StepFinding } from '../../core/step.ts';
import { type Condition, withFacts } from '../expression/condition.ts';
import { isSensitive } from '../playbook/sensitive.ts';
import type { Finding } from '../source/findings.ts';
import { at } from '../source/json-words.ts';
import { showSpan } from '../source/text-source.ts';
import type { Data } from '../template/host-data.ts';
import { concealed, noteSecrets } from './secrets.ts';
import { paramsOf, type StepPlan } from './step-check.ts';

/** How a step is prepared where its values are these. */
export interface Resolved {
  readonly findings: readonly Finding[];
  /** `when` is false, whatever the host says. */
  readonly isSkipped: boolean;
  /** Where no earlier step has a say in them. */
  readonly params?: Json;
  readonly prepare: HostStep['prepare'];
}

/** Checks a step against the values of a host, and prepares it. Hosts with equal values share the answer. */
export function resolveStep(
  plan: StepPlan,
  data: Data,
  { facts, secrets }: { readonly facts: Probe<HostFacts>; readonly secrets: Set<string> },
): Resolved {
  const { needs, step } = plan;
  const met = conditionMet(plan, data);
  if (met.kind === 'wrong') return { findings: [met.finding], isSkipped: false, prepare: neverPrepared };
  if (met.kind === 'no') return { findings: [], isSkipped: true, prepare: () => constant(met.skipped) };
  const isOpen = met.kind === 'open';
  const params = paramsOf(plan, data);
  noteSecrets(plan, { data, params: params.value }, secrets);
  const late = (known: Data) => {
    const value = lateParams(plan, known);
    noteSecrets(plan, { data: known, params: value }, secrets);
    return value;
  };
  const conceal = isSensitive(step.file, step.task);
  const prepared = (value: Json) => {
    const probe = step.task.prepare(value);
    return conceal ? concealed(probe, step, secrets) : probe;
  };
  const prepareWith = (known: Data, value: () => Json) => guarded(plan, known, { facts, isOpen, probe: () => prepared(value()) });
  if (needs.length === 0)
    return {
      findings: params.findings,
      isSkipped: false,
      params: params.value,
      prepare: once(() => prepareWith(data, () => params.value)),
    };
  const prepare = (registered: Readonly<Record<string, Json>>) => {
    const known = { ...data, ...pick(registered, needs) };
    return prepareWith(known, () => late(known));
  };
  return { findings: params.findings, isSkipped: false, prepare };
}

/** What can be said of a `when` before the host is looked at. */
export type Met =
  | { readonly kind: 'wrong'; readonly finding: Finding }
  | { readonly kind: 'no'; readonly skipped: StepFinding }
  | { readonly kind: 'open' | 'yes' };

/** Evaluates a `when`, where values alone decide it. */
export function conditionMet(plan: StepPlan, data: Data): Met {
  const { condition } = plan;
  if (condition === undefined) return { kind: 'yes' };
  const unset = condition.paths.map(([root = '']) => root).find((root) => !Object.hasOwn(data, root));
  if (unset !== undefined) return { kind: 'wrong', finding: unsetFinding(plan, unset) };
  if (condition.usesFacts || condition.needs.length > 0) return { kind: 'open' };
  const answer = condition.evaluate(data);
  if (!answer.ok) return { kind: 'wrong', finding: whenFinding(plan, answer.problem) };
  return answer.value ? { kind: 'yes' } : { kind: 'no', skipped: skippedBy(condition) };
}

/** Stands before what a step finds: asks the `when` of a file that includes it. */
export type Gate = (registered: Data, step: () => Probe<StepFinding>) => Probe<StepFinding>;

/** The gate of an include whose `when` only a look, or an earlier step, can answer. */
export function gateOf(plan: StepPlan, data: Data, facts: Probe<HostFacts>): Gate {
  return (registered, step) => guarded(plan, { ...data, ...pick(registered, plan.needs) }, { facts, isOpen: true, probe: step });
}

/** Probes are pure: hosts with equal values, and every look, share one. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function unsetFinding({ step, condition }: StepPlan, name: string): Finding {
  const from = Math.max(0, condition?.text.search(new RegExp(`\\b${name}\\b`)) ?? 0);
  const hint = 'Every variable of `when:` must be set; give it a default under `vars:` of the inventory.';
  return { span: step.textSpan(['when'], { from, to: from + name.length }), message: `\`${name}\` is not set`, hint };
}

/** A step with findings never gets to a run. */
function neverPrepared(): never {
  throw new Error('a step with mistakes was prepared');
}

function pick(registered: Readonly<Record<string, Json>>, names: readonly string[]): Data {
  return Object.fromEntries(names.map((name) => [name, registered[name] ?? null]));
}

function skippedBy({ text }: Condition): StepFinding {
  return { skipped: `when is false: ${text}` };
}

interface Guard {
  readonly facts: Probe<HostFacts>;
  readonly isOpen: boolean;
  readonly probe: () => Probe<StepFinding>;
}

/** The task's probe behind its `when`. */
function guarded(plan: StepPlan, data: Data, { facts, isOpen, probe }: Guard): Probe<StepFinding> {
  const { condition } = plan;
  if (condition === undefined || !isOpen) return probe();
  if (!condition.usesFacts) return decide(plan, condition, data) ? probe() : constant(skippedBy(condition));
  const both = all<{ facts: HostFacts; finding: StepFinding }>({ facts, finding: probe() });
  return map(both, (seen): StepFinding => {
    const answer = condition.evaluate(withFacts(data, seen.facts));
    if (answer.ok) return answer.value ? seen.finding : skippedBy(condition);
    return { plan: blocked(`when: ${answer.problem.message}`, 'Correct the expression; nothing of this step was done.'), result: null };
  });
}

function decide(plan: StepPlan, condition: Condition, data: Data): boolean {
  const answer = condition.evaluate(data);
  if (answer.ok) return answer.value;
  throw invalid(plan, whenFinding(plan, answer.problem));
}

function whenFinding(
  { step }: StepPlan,
  { message, hint, from, to }: { readonly message: string; readonly hint?: string; readonly from: number; readonly to: number },
): Finding {
  return { span: step.textSpan(['when'], { from, to }), message, ...(hint === undefined ? {} : { hint }) };
}

/** The params of a step that waited for what others registered. */
function lateParams(plan: StepPlan, data: Data): Json {
  const { value, findings } = paramsOf({ ...plan, registered: new Map() }, data);
  const [first] = findings;
  if (first !== undefined) throw invalid(plan, first);
  return value;
}

function invalid({ step }: StepPlan, { span, message, hint }: Finding): DroverError {
  return new DroverError('PLAYBOOK_INVALID', message, {
    where: { step: step.name, source: showSpan(span) },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Equal keys mean that the step is the same on both hosts. */
export function resolveKey({ asked, condition }: StepPlan, data: Data): string {
  if (asked.isOpenEnded) return JSON.stringify(data);
  const paths = [...asked.references.map(({ path }) => path), ...(condition?.paths ?? [])];
  return paths.map((path) => JSON.stringify(at(data, path)) ?? '').join('\n');
}
