import { fold } from '../core/nodeset.ts';
import { type HostStatus, isBad } from '../core/outcome.ts';
import type { Budget } from '../core/rollout.ts';
import type { Work } from '../core/work.ts';
import type { Batch } from './waves.ts';

/** How a host of a wave ended. */
export interface Ended {
  readonly wave: string;
  readonly status: HostStatus;
}

/** Why no further host of a wave may start; undefined while the budget is not spent. It is spent when it is reached. */
export function spent(budget: Budget | undefined, ended: readonly Ended[], wave: string): string | undefined {
  if (budget === undefined) return undefined;
  const counted = budget.per === 'run' ? ended : ended.filter((one) => one.wave === wave);
  const bad = counted.filter(({ status }) => isBad(status)).length;
  if (bad < budget.bad) return undefined;
  return `${bad} bad of ${counted.length} ended in ${budget.per === 'run' ? 'this run' : `wave ${wave}`}, the budget is ${budget.bad}`;
}

/** How a run will go, a line for each wave, for people to agree to before anything starts. */
export function rolloutLines({ rollout: { budget, onStop }, gate, hosts }: Work, batches: readonly Batch[]): readonly string[] {
  const waves = [...new Set(batches.map(({ wave }) => wave))];
  const lines = waves.map((wave) => {
    const own = batches.filter((batch) => batch.wave === wave);
    const members = own.flatMap((batch) => batch.hosts);
    const most = Math.max(...own.map((batch) => batch.hosts.length));
    const [{ bakeMs = 0, confirm = false } = {}] = own;
    const parts = [
      ...(own.length === 1 ? [] : [`${most} at a time`]),
      ...(confirm ? ['asks before each batch'] : []),
      ...(bakeMs > 0 ? [`bakes for ${bakeMs / 1000} s`] : []),
      ...(budget?.per === 'wave' ? [`stops at ${budget.bad} bad`] : []),
    ];
    return `wave ${wave}: ${[`${fold(members)} (${count(members.length)})`, ...parts].join(', ')}`;
  });
  const steps = [...new Set(hosts.flatMap((one) => one.gate ?? []).map(({ name }) => name))];
  const gates = [...steps, ...(gate?.conditions ?? []).map(({ text }) => text)];
  return [
    ...lines,
    ...(gates.length === 0 ? [] : [`behind each wave a gate: ${gates.join('; ')}`]),
    ...(budget === undefined ? ['no budget: bad hosts do not stop the run'] : []),
    ...(budget?.per === 'run' ? [`the run stops at ${budget.bad} bad`] : []),
    ...(onStop === 'rollback' ? ['where it stops, its changes are taken back'] : []),
  ];
}

function count(hosts: number): string {
  return hosts === 1 ? '1 host' : `${hosts} hosts`;
}
