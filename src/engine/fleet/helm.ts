import type { Doing, Helm, Standing, Steering } from '../../core/control.ts';
import type { HostStatus } from '../../core/outcome.ts';
import { counted } from './budget.ts';
import { type Drive, happen } from './drive.ts';
import { isWaiting, type RolloutState } from './rollout.ts';

/** The way to steer a run from outside. */
export function helmOf(drive: Drive, abort: () => void): Helm {
  return {
    standing: () => standingOf(drive),
    steer: (what, by) => {
      const refused = refusalOf(what, drive.state);
      if (refused !== undefined) return refused;
      drive.options.listener({ type: 'steered', what, by, at: drive.options.now() });
      if (what === 'abort') abort();
      else happen(drive, { type: what === 'pause' ? 'paused' : 'promoted' });
      return undefined;
    },
  };
}

function refusalOf(what: Steering, state: RolloutState): string | undefined {
  const { order, stopped, paused, interrupted } = state;
  if (interrupted) return 'it was interrupted, and ends';
  if (stopped !== undefined || order.do === 'end') return 'it has stopped, and ends';
  if (what === 'pause' && paused) return 'it is paused already';
  if (what === 'promote' && !paused && !isWaiting(state)) return 'it waits for nobody';
  return undefined;
}

function standingOf({ state, bakesUntil }: Drive): Standing {
  const { batches, at, started, ended, budget, stopped, order } = state;
  const hosts = batches.flatMap((batch) => batch.hosts);
  const { wave = '', name = '' } = batches[at] ?? {};
  const counts: Partial<Record<HostStatus, number>> = {};
  for (const { status } of ended.values()) counts[status] = (counts[status] ?? 0) + 1;
  return {
    doing: doingOf(state),
    wave: name,
    ended: counts,
    running: hosts.filter((host) => started.has(host) && !ended.has(host)),
    waiting: hosts.filter((host) => !started.has(host)).length,
    bad: counted(budget, [...ended.values()], wave).bad,
    ...(budget === undefined ? {} : { budget }),
    ...(order.do === 'bake' && bakesUntil !== undefined ? { until: bakesUntil } : {}),
    ...(stopped === undefined ? {} : { stopped }),
  };
}

const DOING = { ask: 'asking', pause: 'paused', bake: 'baking', judge: 'judging', end: 'stopping' } as const satisfies Record<
  string,
  Doing
>;

function doingOf({ order, stopped, paused, interrupted }: RolloutState): Doing {
  if (order.do !== 'run') return DOING[order.do];
  if (stopped !== undefined || interrupted) return 'stopping';
  return paused ? 'pausing' : 'running';
}
