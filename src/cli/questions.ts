import { DroverError } from '../core/errors.ts';
import { STEP_ANSWERS } from '../core/step.ts';
import type { AskStep } from '../engine/fleet/asker.ts';
import type { FleetOptions } from '../engine/fleet/fleet.ts';
import { hostsLabel } from '../report/fold.ts';
import { printable } from '../report/printable.ts';
import { hidden } from '../report/scrub.ts';
import { stepQuestionLines } from '../report/step-question.ts';
import { choose, confirm, hasTerminal } from './asking.ts';
import type { Reach } from './reach.ts';

/** What a question in the midst of a run needs around it. */
interface Around {
  readonly reach: Pick<Reach, 'output' | 'interrupt'>;
  /** Leaves the terminal to the question. */
  readonly during: <T>(fn: () => Promise<T>) => Promise<T>;
}

/** Asks whether a wave may begin; where nobody can be asked, it may not. */
export function waveAsker(around: Around): NonNullable<FleetOptions['agree']> {
  return async (batch, hosts, over) => {
    const question = `Begin wave ${printable(batch)} on ${printable(hostsLabel(hosts))}?`;
    return hasTerminal() && (await answered(around, () => confirm(question, '', over))) === true;
  };
}

/** Shows a step with what it changes on which hosts, and asks on the terminal. `quit` ends the run, as Ctrl-C does. */
export function stepAsker(around: Around): AskStep {
  const { output, interrupt } = around.reach;
  return async (asking, over) => {
    const shown = hidden(asking, output.scrub);
    const label = printable(hostsLabel(shown.map(({ host }) => host)));
    const answer = await answered(around, () => {
      output.talk(stepQuestionLines(shown, output.talkStyle));
      return choose(`Make it on ${label}?`, STEP_ANSWERS, over);
    });
    if (answer === 'quit') interrupt.request();
    return over.aborted ? 'quit' : (answer ?? 'quit');
  };
}

/** The answer to a question. Without one, on Ctrl-C or where the terminal is gone, it is the run that ends, not the program. */
async function answered<T>({ reach: { interrupt }, during }: Around, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await during(ask);
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    interrupt.request();
    return undefined;
  }
}
