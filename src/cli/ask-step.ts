import { DroverError } from '../core/errors.ts';
import { STEP_ANSWERS } from '../core/step.ts';
import type { AskStep } from '../engine/asker.ts';
import { hostsLabel } from '../report/fold.ts';
import { printable } from '../report/printable.ts';
import { hidden } from '../report/scrub.ts';
import { stepQuestionLines } from '../report/step-question.ts';
import { choose } from './asking.ts';
import type { Reach } from './reach.ts';

/** What a question of a step needs around it. */
interface Around {
  readonly reach: Pick<Reach, 'output' | 'interrupt'>;
  /** Leaves the terminal to the question. */
  readonly during: <T>(fn: () => Promise<T>) => Promise<T>;
}

/** Shows a step with what it changes on which hosts, and asks on the terminal. `quit` ends the run, as Ctrl-C does. */
export function stepAsker({ reach: { output, interrupt }, during }: Around): AskStep {
  return async (asking, over) => {
    const shown = hidden(asking, output.scrub);
    const label = printable(hostsLabel(shown.map(({ host }) => host)));
    const answer = await during(async () => {
      output.talk(stepQuestionLines(shown, output.talkStyle));
      try {
        return await choose(`Make it on ${label}?`, STEP_ANSWERS, over);
      } catch (error) {
        // Ctrl-C, or the terminal is gone.
        if (error instanceof DroverError) return 'quit';
        throw error;
      }
    });
    if (answer === 'quit') interrupt.request();
    return over.aborted ? 'quit' : answer;
  };
}
