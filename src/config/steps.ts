import type { HostFacts } from '../core/facts.ts';
import type { Mistake } from '../core/mistake.ts';
import type { Probe } from '../core/probe.ts';
import type { HostStep } from '../core/step.ts';
import { collectFindings, type Findings } from './findings.ts';
import { type HostData, withStepVars } from './host-data.ts';
import { type Resolved, resolveKey, resolveStep } from './host-step.ts';
import type { JsonSchema } from './json-words.ts';
import type { LocalFiles } from './local-files.ts';
import { type Items, itemsOf } from './loop.ts';
import { placeSpan, type StepPlan } from './step-check.ts';
import { planStep, uncheckedParams } from './step-plan.ts';
import { resultSchema, type StepSource } from './step-source.ts';

/** What steps are laid over. */
export interface Ground {
  readonly hosts: readonly HostData[];
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
  /** By host: names whose steps are skipped there. */
  readonly lost: Map<string, Set<string>>;
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
  const meeting: Meeting = { plan, laying, findings, isSound, shared: new Map() };
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
}

/** Lays a step over one host; tells whether the host comes to it. */
function layOn({ host }: HostData, items: Items, { plan, laying, findings, isSound, shared }: Meeting): boolean {
  const { step, needs } = plan;
  if (!items.ok) findings.add(host.name, items.finding);
  if (!items.ok || !isSound) return true;
  let isReached = false;
  for (const [i, { data, label }] of items.items.entries()) {
    const key = resolveKey(plan, data);
    const resolved = shared.get(key) ?? resolveStep(plan, data, laying);
    shared.set(key, resolved);
    for (const finding of resolved.findings) findings.add(host.name, finding);
    if (resolved.isSkipped) noteLost(laying, host.name, step.file.register);
    else {
      isReached = true;
      noteUnregistered(plan, host.name, { laying, findings });
    }
    laying.steps.get(host.name)?.push({
      number: laying.number + i,
      name: step.name + label,
      task: step.task.name,
      source: step.source,
      needs: resolved.isSkipped ? [] : needs,
      ...(step.file.register === undefined ? {} : { register: step.file.register }),
      ...(resolved.params === undefined ? {} : { params: resolved.params }),
      optional: step.file.optional,
      prepare: resolved.prepare,
    });
  }
  return isReached;
}

function noteLost({ lost }: Laying, host: string, name: string | undefined): void {
  if (name === undefined) return;
  const names = lost.get(host) ?? new Set();
  lost.set(host, names.add(name));
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
      hint: 'Give this step the same `when`.',
    });
  }
}
