import type { HostFacts } from '../core/facts.ts';
import type { Mistake } from '../core/mistake.ts';
import { constant, type Probe } from '../core/probe.ts';
import type { HostStep } from '../core/step.ts';
import { collectFindings, type Findings } from './findings.ts';
import { type Data, type HostData, withStepVars } from './host-data.ts';
import { type Resolved, resolveKey, resolveStep } from './host-step.ts';
import type { JsonSchema } from './json-words.ts';
import type { LocalFiles } from './local-files.ts';
import { type Items, itemsOf } from './loop.ts';
import { doersOf } from './once.ts';
import { placeSpan, type StepPlan } from './step-check.ts';
import { planStep, uncheckedParams } from './step-plan.ts';
import { resultSchema, type StepSource } from './step-source.ts';

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
  /** By host: names whose steps are skipped there, and what to do about it. */
  readonly lost: Map<string, Map<string, string>>;
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

function layStep(step: StepSource, { laying, later }: Turn): void {
  const { files, registered, hosts, leftOut } = laying;
  const findings = collectFindings();
  const met = hosts.map((host) => ({ host, items: itemsOf(step, withStepVars(host, step.file.vars)) }));
  const datas = met.flatMap(({ items }) => (items.ok ? items.items.map(({ data }) => data) : []));
  const { plan, findings: known } = planStep(step, { files, registered, later, leftOut, datas });
  for (const finding of known) for (const { host } of hosts) findings.add(host.name, finding);
  const isSound = known.length === 0;
  const meeting: Meeting = { plan, laying, findings, isSound, shared: new Map(), doers: new Map() };
  const doers = step.file.once === undefined ? undefined : doersOf(step.file.once, laying.waves, (name) => comesTo(name, met, meeting));
  for (const [host, doer] of doers ?? []) meeting.doers.set(host, doer);
  const isReached = met.map(({ host, items }) => layOn(host, items, meeting)).includes(true);
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

type Met = { readonly host: HostData; readonly items: Items };

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
function layOn({ host }: HostData, items: Items, meeting: Meeting): boolean {
  const { plan, laying, findings, isSound, doers } = meeting;
  const { step, needs } = plan;
  const { once, register, optional } = step.file;
  const doer = doers.get(host.name) ?? host.name;
  if (!items.ok) findings.add(host.name, items.finding);
  if (!items.ok || !isSound) return true;
  let isReached = false;
  for (const [i, { data, label }] of items.items.entries()) {
    const base = { number: laying.number + i, name: step.name + label, task: step.task.name, source: step.source, optional };
    const registers = register === undefined ? {} : { register };
    if (doer !== host.name) {
      noteLost(laying, host.name, { register, hint: 'Give this step the same `once`.' });
      const skipped = constant({ skipped: `once a ${once}: ${doer} does it` });
      laying.steps.get(host.name)?.push({ ...base, ...registers, needs: [], prepare: () => skipped });
      continue;
    }
    const own = resolved(data, meeting);
    for (const finding of own.findings) findings.add(host.name, finding);
    if (own.isSkipped) noteLost(laying, host.name, { register, hint: 'Give this step the same `when`.' });
    else {
      isReached = true;
      noteUnregistered(plan, host.name, { laying, findings });
    }
    laying.steps.get(host.name)?.push({
      ...base,
      ...registers,
      ...(once === undefined || own.isSkipped ? {} : { once }),
      needs: own.isSkipped ? [] : needs,
      ...(own.params === undefined ? {} : { params: own.params }),
      prepare: own.prepare,
    });
  }
  return isReached;
}

function noteLost(
  { lost }: Laying,
  host: string,
  { register, hint }: { readonly register: string | undefined; readonly hint: string },
): void {
  if (register === undefined) return;
  const names = lost.get(host) ?? new Map<string, string>();
  lost.set(host, names.set(register, hint));
}

function noteUnregistered(
  { needs, asked, step }: StepPlan,
  host: string,
  { laying, findings }: Pick<Meeting, 'laying' | 'findings'>,
): void {
  for (const name of needs.filter((need) => laying.lost.get(host)?.has(need))) {
    const reference = asked.references.find(({ path }) => path[0] === name);
    const span = reference === undefined ? step.spanOf(['when']) : placeSpan(step, reference.place, reference);
    findings.add(host, {
      span,
      message: `\`${name}\` is not registered: the step that registers it is skipped`,
      hint: laying.lost.get(host)?.get(name) ?? '',
    });
  }
}
