import { DroverError } from '../../core/errors.ts';
import { isOnlyReboot, rebootOf } from '../../core/reboot.ts';
import type { Session } from '../../core/session.ts';
import { heldError, lostError } from '../lease/lease-answer.ts';
import { giveBackScript, type LeaseTail } from '../lease/lease-script.ts';
import { gaveBack, isHeir } from './lease-state.ts';
import { mayReboot, type Progress } from './progress.ts';

/** What a run's own part of before left running is waited for at least so long. */
const OWN_ACT_MS = 60_000;
const LONGEST_PAUSE_MS = 5_000;
/** Others may come between look and act; but not for ever. */
const MOST_REFUSALS = 20;

/** What a look does with a lease that is held: renews it, or gives it back where no act is foreseen to follow. */
export function tailOf(progress: Progress): LeaseTail | undefined {
  const token = progress.lease?.held;
  return token === undefined ? undefined : { do: isForeseenLast(progress) ? 'give back' : 'keep', token };
}

/**
 * Whether the next look will see nothing more to do, if these steps come out as planned, too. Before the first look nobody knows. A
 * person who is asked may think for hours: meanwhile the host is not held.
 */
export function isForeseenLast(progress: Progress, making: readonly number[] = []): boolean {
  const { sight, acted, declined, failed, isAsked } = progress;
  if (failed.size > 0 || isAsked) return true;
  for (const { step, plan } of sight) {
    if (plan.status === 'blocked' && !step.optional) return true;
    if (declined.has(step.number)) continue;
    const awaitsReboot = mayReboot(progress) && rebootOf(plan) !== undefined;
    if (plan.status === 'unknown' || awaitsReboot) return false;
    const isMade = acted.has(step.number) || making.includes(step.number);
    if (plan.status === 'drift' && !isMade && !isOnlyReboot(plan)) return false;
  }
  return sight.length > 0;
}

/**
 * Asked before each act: nothing stands in its way, it was waited for what does, and the host is to be looked at again, or this error
 * ends the host.
 */
export async function awaitLease(progress: Progress): Promise<'free' | 'look again' | DroverError> {
  const { lease, options } = progress;
  const { holder, token = '' } = lease?.seen ?? {};
  if (lease === undefined) return 'free';
  const { terms, mine, waitedMs } = lease;
  if (mine !== undefined && token !== mine && bootOf(token) === bootOf(mine)) return lostError(lease.seen ?? { token });
  if (lease.refusals > MOST_REFUSALS) return heldError({ token }, waitedMs);
  if (holder === undefined) return 'free';
  const isOwn = isHeir(lease, holder);
  if (!holder.isActing && isOwn) return 'free';
  if (!holder.isActing && terms.breaks !== undefined) {
    lease.breaks = token;
    options.listener({ type: 'lease broken', host: options.host, holder, because: terms.breaks, at: options.now() });
    return 'free';
  }
  const limit = isOwn ? Math.max(terms.waitMs, OWN_ACT_MS) : terms.waitMs;
  if (waitedMs >= limit || terms.cut.aborted) return heldError({ token, holder }, waitedMs);
  const pause = Math.min(limit - waitedMs, LONGEST_PAUSE_MS, 500 + waitedMs);
  await terms.pause(pause);
  lease.waitedMs += pause;
  return 'look again';
}

function bootOf(token: string): string {
  return token.slice(0, token.indexOf(':'));
}

/** Gives back what is still held, as far as the host can be reached. */
export async function giveBack(session: Session, { lease, options: { limits } }: Progress): Promise<void> {
  if (lease?.held === undefined) return;
  const { held } = lease;
  gaveBack(lease);
  try {
    await session.act(giveBackScript(held), { timeoutMs: limits.lookTimeoutMs, maxBytes: limits.exchangeBytes });
  } catch (error) {
    // It ends by itself.
    if (!(error instanceof DroverError)) throw error;
  }
}
