import { blocked } from '../../core/plan.ts';
import { isOnlyReboot, rebootOf } from '../../core/reboot.ts';
import type { Looker, Session } from '../../core/session.ts';
import { mergedSettling, type Reboot } from '../../core/settling.ts';
import type { ActStep } from '../act/act-jobs.ts';
import { answer, look } from '../look/ask.ts';
import { tellIntents } from './acting.ts';
import type { Early } from './host-outcome.ts';
import { claiming } from './lease-state.ts';
import type { Foreseen } from './predict.ts';
import { mayReboot, type Progress, place } from './progress.ts';
import { type RebootEnd, rebootHost } from './reboot.ts';
import { rebootBlockers } from './reboot-blockers.ts';

/**
 * Where something on the host speaks against the reboot that steps ask for, they are blocked: before their first change, and
 * asked again just before the reboot.
 */
export async function refuseReboots(looker: Looker, progress: Progress): Promise<void> {
  const { sight, rebooted, declined, options } = progress;
  const asking = sight.filter(({ step, plan }) => rebootOf(plan) !== undefined && !rebooted.has(step.number) && !declined.has(step.number));
  if (!mayReboot(progress) || asking.length === 0) return;
  progress.looks += 1;
  const { guests, others } = answer(rebootBlockers, await look(looker, rebootBlockers.reads, options.limits));
  const drains = asking.some(({ plan }) => rebootOf(plan)?.settling.guests === 'drained' && !isOnlyReboot(plan));
  const found = [...others, ...(drains ? [] : guests)];
  if (found.length === 0) return;
  const plan = blocked(`it must not be rebooted now: ${found.join('; ')}`, 'Run again when that is over.');
  progress.sight = sight.map((one) => (asking.includes(one) ? { ...one, plan } : one));
}

/** Whether steps can go no further without a reboot, and it is allowed. */
export function asksReboot(progress: Progress): boolean {
  return progress.options.rebooting !== undefined && leading(progress).length > 0;
}

/** The steps that the next reboot is for, each with it. */
export function rebootSteps(progress: Progress): readonly ActStep[] {
  return mayReboot(progress) ? leading(progress).map(rebootStep) : [];
}

function rebootStep({ step, plan }: Foreseen): ActStep {
  return { number: step.number, changes: [rebootOf(plan)].filter((one) => one !== undefined) };
}

/** Reboots the host once for all that ask for it. An `early` ends the host. */
export async function makeReboot(
  session: Session,
  progress: Progress,
): Promise<{ readonly early?: Early } | { readonly session: Session }> {
  const { options, lease } = progress;
  const { rebooting } = options;
  const asking = mayReboot(progress) ? leading(progress) : [];
  const [first, ...more] = asking.flatMap(({ plan }) => rebootOf(plan)?.settling ?? []);
  if (rebooting === undefined || first === undefined) return {};
  progress.acts += 1;
  progress.restless = 0;
  const intents = asking.map(rebootStep);
  const begin = async (): Promise<void> => {
    await tellIntents(progress, intents, false);
    tell(progress, asking, undefined);
  };
  const end = await rebootHost(session, mergedSettling(first, ...more) as Reboot, {
    ...options,
    rebooting,
    begin,
    ...(lease === undefined ? {} : { claim: claiming(lease, { lasts: true, reboots: true }) }),
  });
  tell(progress, asking, end);
  const because = [...new Set(asking.map(({ plan }) => rebootOf(plan)?.because ?? ''))];
  if (end.proof !== undefined) progress.receipt = { because, steps: asking.map(({ step }) => step.number), ...end.proof };
  if (end.status === 'back') return taken(progress, asking, end.session);
  for (const { step } of asking) {
    const made = progress.acted.get(step.number) ?? [];
    const takenBack = made.length === 0 ? 'nothing to take back' : 'stands';
    progress.failed.set(step.number, { status: 'failed', error: place(progress, step, end.error), made, takenBack });
  }
  return { early: { because: end.error.message, status: end.status === 'unseen' ? 'unknown' : 'failed', error: end.error } };
}

/** The steps that ask for it, up to the first that must be dealt with before. */
function leading({ sight, rebooted, declined }: Progress): readonly Foreseen[] {
  const stop = sight.findIndex(({ step, plan, error }) => {
    if (error !== undefined || plan.status === 'unknown') return true;
    return plan.status === 'blocked' && !step.optional;
  });
  const before = stop < 0 ? sight : sight.slice(0, stop);
  return before.filter(({ step, plan }) => isOnlyReboot(plan) && !rebooted.has(step.number) && !declined.has(step.number));
}

function taken(progress: Progress, asking: readonly Foreseen[], session: Session) {
  for (const { step, plan } of asking) {
    const { number } = step;
    const change = rebootOf(plan);
    progress.acted.set(number, [...(progress.acted.get(number) ?? []), ...(change === undefined ? [] : [change])]);
    progress.rebooted.add(number);
    progress.verified.delete(number);
  }
  return { session };
}

function tell({ options: { host, listener, now } }: Progress, asking: readonly Foreseen[], end: RebootEnd | undefined): void {
  for (const { step, plan } of asking) {
    const change = rebootOf(plan);
    if (change === undefined) continue;
    const base = { host, step: step.number, change, at: now() };
    if (end === undefined) listener({ type: 'change started', ...base });
    else
      listener({ type: 'change ended', ...base, ok: end.status === 'back', output: end.status === 'back' ? end.said : end.error.message });
  }
}
