import type { Checked, Mistake } from '../../core/mistake.ts';
import type { StepSource } from '../playbook/step-source.ts';
import { didYouMean } from '../source/nearest.ts';
import { mistakeOf } from '../source/text-source.ts';

/** Which steps of a playbook are meant. */
export interface StepChoice {
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  /** The name of the first step. */
  readonly startAt?: string;
}

/** All tags of the steps, sorted. */
export function tagsOf(steps: readonly StepSource[]): readonly string[] {
  return [...new Set(steps.flatMap(({ file }) => file.tags))].sort();
}

/** The steps that tags and a start leave. Tags that no step has are mistakes, and so is a choice of nothing. */
export function chooseSteps(
  steps: readonly StepSource[],
  { tags = [], skipTags = [], startAt }: StepChoice,
): Checked<readonly StepSource[]> {
  const known = tagsOf(steps);
  const mistakes: Mistake[] = [
    ...unknownTags('--tags', tags, known),
    ...unknownTags('--skip-tags', skipTags, known),
    ...(startAt === undefined ? [] : startMistakes(startAt, steps)),
  ];
  if (mistakes.length > 0) return { ok: false, mistakes };
  const first = startAt === undefined ? 0 : steps.findIndex(({ name }) => name === startAt);
  const chosen = steps.slice(first).filter(({ file }) => {
    const isWanted = tags.length === 0 || file.tags.some((tag) => tags.includes(tag));
    return isWanted && !file.tags.some((tag) => skipTags.includes(tag));
  });
  // Where all steps have mistakes of their own, nothing was left out.
  if (chosen.length > 0 || steps.length === 0) return { ok: true, value: chosen };
  const flag = tags.length > 0 ? '--tags' : '--skip-tags';
  return { ok: false, mistakes: [mistakeOf(flag, 'no step is left', 'See --list-tasks and --list-tags.')] };
}

function unknownTags(flag: string, tags: readonly string[], known: readonly string[]): readonly Mistake[] {
  return tags.filter((tag) => !known.includes(tag)).map((tag) => mistakeOf(flag, `no step has the tag \`${tag}\``, didYouMean(tag, known)));
}

function startMistakes(startAt: string, steps: readonly StepSource[]): readonly Mistake[] {
  const names = steps.map(({ name }) => name);
  const count = names.filter((name) => name === startAt).length;
  if (count === 0) return [mistakeOf('--start-at-task', `no step is called \`${startAt}\``, didYouMean(startAt, names))];
  if (count > 1) return [mistakeOf('--start-at-task', `${count} steps are called \`${startAt}\``, 'Give them names of their own.')];
  return [];
}
