import type { HostFacts } from '../../core/facts.ts';
import type { Gate } from '../../core/gate.ts';
import type { Become, Connection, Host } from '../../core/host.ts';
import type { Checked, Mistake } from '../../core/mistake.ts';
import type { Probe } from '../../core/probe.ts';
import type { Rollout } from '../../core/rollout.ts';
import type { Work } from '../../core/work.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Given } from '../playbook/extra-vars.ts';
import type { StepSource } from '../playbook/step-source.ts';
import { mistakeAt } from '../source/text-source.ts';
import { type Data, hostData } from '../template/host-data.ts';
import type { LocalFiles } from '../template/local-files.ts';
import { laySteps } from './steps.ts';

/** A step for listings. */
export interface StepListing {
  readonly number: number;
  readonly name: string;
  readonly task: string;
  readonly tags: readonly string[];
  readonly source: string;
}

/** What to do on which hosts, wholly checked, and what to say about it. */
export interface LoadedWork {
  readonly work: Work;
  readonly warnings: readonly Mistake[];
  /** Those that tags and start-at leave, for --list-tasks. */
  readonly steps: readonly StepListing[];
  /** All tags of the playbook, sorted. */
  readonly tags: readonly string[];
}

/** How a host is dialled; `become` is what the playbook says of it. */
export type Connect = (host: string, become: Become | false | undefined) => Connection;

/** Steps, and all that they are laid over. */
export interface WorkParts {
  readonly name: string;
  readonly inventory: Inventory;
  readonly names: readonly string[];
  readonly steps: readonly StepSource[];
  /** What must be steady between waves. */
  readonly gateSteps: readonly StepSource[];
  readonly gate: Gate | undefined;
  readonly tags: readonly string[];
  readonly texts: readonly string[];
  readonly rollout: Rollout;
  readonly vars: Data;
  readonly extra: Given;
  readonly warnings: readonly Mistake[];
  /** Names that steps with mistakes would register. */
  readonly lostNames: readonly string[];
  /** Names that the steps would register which are not meant this time. */
  readonly leftOut: readonly string[];
  readonly become: Become | false | undefined;
  readonly connect: Connect;
  readonly files: LocalFiles;
  readonly facts: Probe<HostFacts>;
  readonly secrets: Set<string>;
}

/** Lays steps over hosts. */
export function layWork(parts: WorkParts): Checked<LoadedWork> {
  const { name, steps, gateSteps, gate, rollout, vars, extra, lostNames, leftOut, files, facts, secrets } = parts;
  const hosts = parts.names.map((host) => hostData(hostOf(parts, host), vars, extra));
  const waves = rollout.waves.length === 0 ? [parts.names] : rollout.waves.map((wave) => wave.hosts);
  const { steps: laid, numbers, mistakes } = laySteps(steps, { hosts, waves, files, facts, secrets, lostNames, leftOut });
  const guard = laySteps(gateSteps, { hosts, waves, files, facts, secrets, lostNames: [], leftOut: [] });
  const clashes = registerMistakes(
    steps,
    hosts.map(({ data }) => data),
  );
  const all = [...clashes, ...mistakes, ...guard.mistakes];
  if (all.length > 0) return { ok: false, mistakes: all };
  const work = {
    name,
    rollout,
    texts: parts.texts,
    ...(gate === undefined ? {} : { gate }),
    hosts: hosts.map(({ host }) => {
      const gated = guard.steps.get(host.name) ?? [];
      return { host, steps: laid.get(host.name) ?? [], ...(gated.length === 0 ? {} : { gate: gated }) };
    }),
  };
  const listings = steps.map((step, i) => ({
    number: numbers[i] ?? 0,
    name: step.name,
    task: step.task.name,
    tags: step.file.tags,
    source: step.source,
  }));
  return { ok: true, value: { work, warnings: parts.warnings, steps: listings, tags: parts.tags } };
}

function hostOf({ inventory, connect, become }: WorkParts, name: string): Host {
  const host = inventory.hosts.get(name);
  return { name, groups: host?.groups ?? [], vars: host?.vars ?? {}, connection: connect(name, become) };
}

function registerMistakes(steps: readonly StepSource[], datas: readonly Data[]): readonly Mistake[] {
  const seen = new Map<string, StepSource>();
  const inputs = new Set(steps.flatMap(({ includes }) => includes.flatMap(({ task }) => Object.keys(task.params.shape))));
  return steps.flatMap((step) => {
    const { register, loop } = step.file;
    if (register === undefined) return [];
    const first = seen.get(register);
    seen.set(register, step);
    const told = registerProblem(register, { first, step, datas, inputs });
    const span = step.spanOf([loop === undefined ? 'register' : 'loop'], 'key');
    return told === undefined ? [] : [mistakeAt(span, told.message, told.hint)];
  });
}

interface Registering {
  readonly first: StepSource | undefined;
  readonly step: StepSource;
  readonly datas: readonly Data[];
  readonly inputs: ReadonlySet<string>;
}

function registerProblem(
  name: string,
  { first, step, datas, inputs }: Registering,
): { readonly message: string; readonly hint: string } | undefined {
  if (step.file.loop !== undefined)
    return { message: 'a step with `loop` cannot register its result', hint: 'There would be one result an item.' };
  if (first !== undefined)
    return { message: `\`${name}\` is registered a second time`, hint: `The first is at ${first.source}; rename one.` };
  if (datas.some((data) => Object.hasOwn(data, name)))
    return { message: `\`${name}\` is the name of a variable already`, hint: 'Register the result under another name.' };
  if (inputs.has(name)) return { message: `\`${name}\` is the name of an input already`, hint: 'Register the result under another name.' };
  return undefined;
}
