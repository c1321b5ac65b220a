import { DroverError } from '../../core/errors.ts';
import type { Readings } from '../../core/probe.ts';
import type { Looker } from '../../core/session.ts';
import { watch } from '../look/ask.ts';
import { tailOf } from './host-lease.ts';
import { gaveBack, sawLease } from './lease-state.ts';
import { foresee } from './predict.ts';
import { type Prepared, prepareSteps } from './prepare.ts';
import type { Progress } from './progress.ts';

/**
 * Looks once, at all steps that can be prepared, and plans them. Says whether a further look would tell more without any
 * change: where a step waited for what another one registers, and that is known by now.
 */
export async function examine(looker: Looker, progress: Progress): Promise<{ readonly lookAgain: boolean }> {
  const { steps, registered, declined, options } = progress;
  const done = new Set(progress.acted.keys());
  let prepared = prepareSteps(steps, registered);
  const readings = await lookAt(looker, prepared, progress);
  const see = () => foresee(prepared, readings, { done, declined, reboots: options.rebooting !== undefined });
  progress.sight = see();
  // A step that waited for a name is planned at once if this look asked all that it needs.
  while (learn(progress)) {
    prepared = prepareSteps(steps, registered, readings);
    progress.sight = see();
  }
  tell(progress);
  const unasked = prepared.find((one) => one.status === 'waiting' && one.unasked);
  if (unasked === undefined) return { lookAgain: false };
  progress.restless += 1;
  if (progress.restless > steps.length) throw restless(unasked.step.name);
  return { lookAgain: true };
}

/** Without this, a step that reads what a clock registers would be looked at for ever. */
function restless(name: string): DroverError {
  return new DroverError('STATE_UNREADABLE', `${name}: what it needs of earlier steps is different at every look`, {
    hint: 'Register only what stays the same between two looks.',
  });
}

async function lookAt(looker: Looker, prepared: readonly Prepared[], progress: Progress): Promise<Readings> {
  const { lease, options } = progress;
  const { host, limits, listener, now } = options;
  const reads = prepared.flatMap((one) => (one.status === 'ready' ? one.probe.reads : []));
  progress.asked = reads.length;
  // What nothing is asked for is looked at only to see whether its holder is gone.
  if (reads.length === 0 && lease?.seen?.holder === undefined) return {};
  const from = now();
  progress.looks += 1;
  const tail = tailOf(progress);
  const { readings, lease: seen } = await watch(looker, reads, { limits, ...(tail === undefined ? {} : { tail }) });
  progress.holder = seen.holder;
  if (lease !== undefined) sawLease(lease, seen);
  // With another token than the one that was given back, e.g. after a reboot, what is held is held still.
  if (lease !== undefined && tail?.do === 'give back' && tail.token === seen.token) gaveBack(lease);
  listener({ type: 'host looked', host, reads: Object.keys(readings).length, ms: now() - from, at: now() });
  return readings;
}

/** Keeps what steps register, once it is what it will be; says whether that is news. */
function learn({ sight, registered, acted }: Progress): boolean {
  let news = false;
  for (const { step, plan, result } of sight) {
    const changes = plan.status === 'drift' && !acted.has(step.number);
    if (step.register === undefined || result === undefined || changes) continue;
    news ||= JSON.stringify(registered[step.register]) !== JSON.stringify(result);
    registered[step.register] = result;
  }
  return news;
}

function tell({ sight, options: { host, listener, now } }: Progress): void {
  const plans = sight.map(({ step, plan }) => ({ number: step.number, plan }));
  listener({ type: 'host planned', host, plans, at: now() });
}
