import type { HostFacts } from '../../core/facts.ts';
import type { Json } from '../../core/json.ts';
import type { Mistake } from '../../core/mistake.ts';
import type { Probe } from '../../core/probe.ts';
import type { StepFinding } from '../../core/step.ts';
import type { StepSource } from '../playbook/step-source.ts';
import { collectFindings, type Finding } from '../source/findings.ts';
import { type Data, type HostData, withStepVars } from '../template/host-data.ts';
import { conditionMet, type Gate, gateOf } from './host-step.ts';
import { type LostNames, noteUnregistered } from './lost-names.ts';
import { paramsOf, placeSpan, type StepPlan } from './step-check.ts';
import { planStep, type StepScope, uncheckedParams } from './step-plan.ts';

/** How an include stands on a host. `wrong`: what is wrong there has been told. */
export type Inside =
  | { readonly kind: 'in'; readonly inputs?: Data; readonly gates: readonly Gate[]; readonly needs: readonly string[] }
  | { readonly kind: 'skipped'; readonly finding: StepFinding }
  | { readonly kind: 'wrong' };

/** By the host's name. */
export type Entered = ReadonlyMap<string, Inside>;

/** What includes are entered with. */
export interface Entering {
  readonly hosts: readonly HostData[];
  readonly facts: Probe<HostFacts>;
  readonly lost: LostNames;
  readonly mistakes: Mistake[];
  /** An include is entered once, with its first step. */
  readonly entered: Map<StepSource, Entered>;
  readonly scope: Omit<StepScope, 'datas'>;
}

/** Where a host stands within includes, the outermost first. */
export function enter(includes: readonly StepSource[], entering: Entering): Entered {
  const outside: Entered = new Map(entering.hosts.map(({ host }) => [host.name, { kind: 'in', gates: [], needs: [] }]));
  return includes.reduce((around, include) => {
    const inside = entering.entered.get(include) ?? enterOne(include, around, entering);
    entering.entered.set(include, inside);
    return inside;
  }, outside);
}

function enterOne(include: StepSource, around: Entered, { hosts, facts, lost, mistakes, scope }: Entering): Entered {
  const reached = hosts.flatMap((host) => {
    const outer = around.get(host.host.name);
    return outer?.kind === 'in' ? [{ name: host.host.name, outer, data: withStepVars(host, undefined, outer.inputs) }] : [];
  });
  const source = reached.length > 0 ? include : { ...include, file: { ...include.file, when: undefined } };
  const { plan, findings: known } = planStep(source, { ...scope, datas: reached.map(({ data }) => data) });
  const early = [...known, ...lateValues(plan)];
  const findings = collectFindings();
  for (const finding of early) for (const { host } of hosts) findings.add(host.name, finding);

  const inside = new Map(around);
  let isReached = false;
  for (const { name, outer, data } of reached) {
    const here = early.length > 0 ? { findings: [], inside: WRONG } : enterOn(include, { plan, outer, data, facts });
    for (const finding of here.findings) findings.add(name, finding);
    isReached ||= here.inside.kind !== 'skipped';
    if (here.inside.kind === 'in') noteUnregistered(plan, name, { lost, findings });
    inside.set(name, here.inside);
  }
  if (!isReached) for (const finding of uncheckedParams(plan)) for (const { host } of hosts) findings.add(host.name, finding);
  mistakes.push(...findings.mistakes(hosts.length));
  return inside;
}

const WRONG: Inside = { kind: 'wrong' };

interface OnHost {
  readonly plan: StepPlan;
  readonly outer: Extract<Inside, { kind: 'in' }>;
  readonly data: Data;
  readonly facts: Probe<HostFacts>;
}

function enterOn(
  include: StepSource,
  { plan, outer, data, facts }: OnHost,
): { readonly inside: Inside; readonly findings: readonly Finding[] } {
  const met = conditionMet(plan, data);
  if (met.kind === 'wrong') return { inside: WRONG, findings: [met.finding] };
  if (met.kind === 'no') return { inside: { kind: 'skipped', finding: met.skipped }, findings: [] };
  const { value, findings } = paramsOf(plan, data);
  if (findings.length > 0) return { inside: WRONG, findings };
  // They have been checked: what comes of them are texts, numbers, lists and mappings.
  const inputs = include.task.params.parse(value) as Readonly<Record<string, Json>>;
  const gates = met.kind === 'open' ? [...outer.gates, gateOf(plan, data, facts)] : outer.gates;
  return { inside: { kind: 'in', inputs, gates, needs: [...outer.needs, ...plan.needs] }, findings: [] };
}

/** Values of inputs are known before the first dial; what a step registers is not. */
function lateValues({ step, asked, registered }: StepPlan): readonly Finding[] {
  return asked.references.flatMap((reference) => {
    const [root = ''] = reference.path;
    if (!registered.has(root)) return [];
    const message = `\`${root}\` is known only while the run goes on, and the values of an include before it`;
    return [{ span: placeSpan(step, reference.place, reference), message, hint: 'Name it in the included steps: it is known there too.' }];
  });
}
