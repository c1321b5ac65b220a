import { isReboot, rebootOf } from '../../core/reboot.ts';
import type { ActStep } from '../act/act-jobs.ts';
import { mayReboot, type Progress } from './progress.ts';

/**
 * The leading steps that drift, up to the first one that is blocked, unknown, or has to wait for a settling. A step behind one
 * that gets its reboot waits for it too, unless it asks for one itself: then one does for both. Where each step is asked for, the first.
 */
export function nextRound(progress: Progress): readonly ActStep[] {
  const { sight, acted, declined, isAsked } = progress;
  const round: ActStep[] = [];
  let rebootAhead = false;
  for (const { step, plan, waits, error } of sight) {
    if (plan.status === 'unknown' || waits || error !== undefined) break;
    if (plan.status === 'blocked' && !step.optional) break;
    if (declined.has(step.number)) continue;
    const reboots = mayReboot(progress) && rebootOf(plan) !== undefined;
    if (rebootAhead && plan.status === 'drift' && !reboots) break;
    rebootAhead ||= reboots;
    if (acted.has(step.number) || plan.status !== 'drift') continue;
    const changes = plan.changes.filter((change) => !isReboot(change));
    if (changes.length > 0) round.push({ number: step.number, changes });
  }
  return isAsked ? round.slice(0, 1) : round;
}
