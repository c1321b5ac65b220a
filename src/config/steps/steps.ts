import type { HostFacts } from '../../core/facts.ts';
import type { Mistake } from '../../core/mistake.ts';
import { constant, type Probe } from '../../core/probe.ts';
import type { HostStep, StepFinding } from '../../core/step.ts';
import { resultSchema, type StepSource } from '../playbook/step-source.ts';
import { collectFindings, type Findings } from '../source/findings.ts';
import type { JsonSchema } from '../source/json-words.ts';
import { type Data, type HostData, withStepVars } from '../template/host-data.ts';
import type { LocalFiles } from '../template/local-files.ts';
import { type Entered, enter, type Inside } from './enter-include.ts';
import { type Resolved, resolveKey, resolveStep } from './host-step.ts';
import { type Items, itemsOf } from './loop.ts';
import { type LostNames, noteLost, noteUnregistered } from './lost-names.ts';
import { doersOf } from './once.ts';
import type { StepPlan } from './step-check.ts';
import { planStep, uncheckedParams } from './step-plan.ts';

/** What steps are laid over. */
export interface Ground {
  readonly hosts: readonly HostData[];
  /** The hosts of each wave, in the order in which they go. */
  readonly waves: readonly (readonly string[])[];
  readonly files: LocalFiles;
  readonly facts: Probe<HostFacts>;
  /** Takes what may be shown nowhere, some of it only while the steps are gone through. */
  readonly secrets: Set<string>;
  /** Names that are registered by steps which are not here. */
  readonly lostNames: readonly string[];
  /** Names that are registered by steps which tags or a start leave out. */
  readonly leftOut: readonly string[];
}

/** Every host's steps, and all that is wrong with them. */
export interface LaidSteps {
  /** By the host's name. */
  readonly steps: ReadonlyMap<string, readonly HostStep[]>;
  /** The number that each source's first item has. */
  readonly numbers: readonly number[];
  readonly mistakes: readonly Mistake[];
}

interface Laying extends Ground {
  readonly steps: Map<string, HostStep[]>;
  readonly registered: Map<string, JsonSchema | undefined>;
  readonly lost: LostNames;
  readonly entered: Map<StepSource, Entered>;
  readonly mistakes: Mistake[];
  number: number;
}

/** Lays steps over hosts, in order. */
export function laySteps(sources: readonly StepSource[], ground: Ground): LaidSteps {
  const steps = new Map<string, HostStep[]>(ground.hosts.map(({ host }) => [host.name, []]));
  const laying: Laying = {
    ...ground,
    steps,
    registered: new Map(ground.lostNames.map((name) => [name, undefined])),
    lost: new Map(),
    entered: new Map(),
    mistakes: [],
    number: 1,
  };
  const numbers = sources.map((step, i) => {
    const first = laying.number;
    const later = sources.slice(i).flatMap(({ file }) => file.register ?? []);
    layStep(step, { laying, later });
    if (step.file.register !== undefined) laying.registered.set(step.file.register, resultSchema(step.task));
    return first;
  });
  return { steps, numbers, mistakes: laying.mistakes };
}

interface Turn {
  readonly laying: Laying;
  readonly later: readonly string[];
}

type In = Extract<Inside, { kind: 'in' }>;

function layStep(step: StepSource, { laying, later }: Turn): void {
  const { files, registered, hosts, leftOut } = laying;
  const findings = collectFindings();
  const scope = { files, registered, later, leftOut };
  const entered = enter(step.includes, { ...laying, scope });
  const met = hosts.flatMap((host) => {
    const inside = entered.get(host.host.name);
    if (inside?.kind === 'skipped') skipOn(host, step, { laying, finding: inside.finding });
    return inside?.kind === 'in' ? [{ host, inside, items: itemsOf(step, withStepVars(host, step.file.vars, inside.inputs)) }] : [];
  });
  const datas = met.flatMap(({ items }) => (items.ok ? items.items.map(({ data }) => data) : []));
  // Where includes keep all hosts out, nobody has the values that a condition is checked against.
  const planned = met.length > 0 || step.includes.length === 0 ? step : { ...step, file: { ...step.file, when: undefined } };
  const { plan, findings: known } = planStep(planned, { ...scope, datas });
  for (const finding of known) for (const { host } of hosts) findings.add(host.name, finding);
  const isSound = known.length === 0;
  const meeting: Meeting = { plan, laying, findings, isSound, shared: new Map(), doers: new Map() };
  const doers = step.file.once === undefined ? undefined : doersOf(step.file.once, laying.waves, (name) => comesTo(name, met, meeting));
  for (const [host, doer] of doers ?? []) meeting.doers.set(host, doer);
  const isReached = met.map((there) => layOn(there, meeting)).includes(true);
  if (!isSound || !isReached) for (const finding of uncheckedParams(plan)) for (const { host } of hosts) findings.add(host.name, finding);
  laying.mistakes.push(...findings.mistakes(hosts.length));
  laying.number += Math.max(1, ...met.map(({ items }) => (items.ok ? items.items.length : 0)));
}

interface Meeting {
  readonly plan: StepPlan;
  readonly laying: Laying;
  readonly findings: Findings;
  readonly isSound: boolean;
  readonly shared: Map<string, Resolved>;
  /** Of a step that is done once: by host, who does it. */
  readonly doers: Map<string, string>;
}

interface Met {
  readonly host: HostData;
  readonly items: Items;
  readonly inside: In;
}

/** Whether a host comes to the step, as far as can be known without it. */
function comesTo(name: string, met: readonly Met[], meeting: Meeting): boolean {
  const items = met.find(({ host }) => host.host.name === name)?.items;
  if (items?.ok !== true || !meeting.isSound) return items !== undefined;
  return items.items.some(({ data }) => !resolved(data, meeting).isSkipped);
}

function resolved(data: Data, { plan, shared, laying }: Meeting): Resolved {
  const key = resolveKey(plan, data);
  const found = shared.get(key) ?? resolveStep(plan, data, laying);
  shared.set(key, found);
  return found;
}

/** Lays a step over one host; tells whether the host comes to it. */
function layOn({ host: { host }, items, inside }: Met, meeting: Meeting): boolean {
  const { plan, laying, findings, isSound, doers } = meeting;
  const { step, needs } = plan;
  const { once, register } = step.file;
  const doer = doers.get(host.name) ?? host.name;
  if (!items.ok) findings.add(host.name, items.finding);
  if (!items.ok || !isSound) return true;
  let isReached = false;
  for (const [i, { data, label }] of items.items.entries()) {
    const base = baseOf(step, { number: laying.number + i, label });
    if (doer !== host.name) {
      noteLost(laying.lost, host.name, { register, hint: 'Give this step the same `once`.' });
      const skipped = constant({ skipped: `once a ${once}: ${doer} does it` });
      laying.steps.get(host.name)?.push({ ...base, needs: [], prepare: () => skipped });
      continue;
    }
    const own = resolved(data, meeting);
    for (const finding of own.findings) findings.add(host.name, finding);
    if (own.isSkipped) noteLost(laying.lost, host.name, { register, hint: SAME_WHEN });
    else {
      isReached = true;
      noteUnregistered(plan, host.name, { lost: laying.lost, findings });
    }
    laying.steps.get(host.name)?.push({
      ...base,
      ...(once === undefined || own.isSkipped ? {} : { once }),
      needs: own.isSkipped ? [] : [...new Set([...inside.needs, ...needs])],
      ...(own.params === undefined ? {} : { params: own.params }),
      prepare: own.isSkipped ? own.prepare : behind(inside, own.prepare),
    });
  }
  return isReached;
}

const SAME_WHEN = 'Give this step the same `when`.';

/** A host that an include keeps out has no values for what is in it, also none for its loops. */
function skipOn(
  { host }: HostData,
  step: StepSource,
  { laying, finding }: { readonly laying: Laying; readonly finding: StepFinding },
): void {
  noteLost(laying.lost, host.name, { register: step.file.register, hint: SAME_WHEN });
  const prepare = () => constant(finding);
  laying.steps.get(host.name)?.push({ ...baseOf(step, { number: laying.number, label: '' }), needs: [], prepare });
}

function baseOf(
  step: StepSource,
  { number, label }: { readonly number: number; readonly label: string },
): Omit<HostStep, 'needs' | 'prepare'> {
  const { register, optional } = step.file;
  const { name, task, source } = step;
  return { number, name: name + label, task: task.name, source, ...(register === undefined ? {} : { register }), optional };
}

/** The conditions of the includes are asked first, from the outside in. */
function behind({ gates }: In, prepare: HostStep['prepare']): HostStep['prepare'] {
  return gates.reduceRight<HostStep['prepare']>((inner, gate) => (registered) => gate(registered, () => inner(registered)), prepare);
}
