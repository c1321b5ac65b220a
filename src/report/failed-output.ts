import { printableLines } from './printable.ts';

/** Of a failed change's output so many characters are told; the end, for there errors stand. A terminal gets so many lines of them. */
const CHARACTERS = 8192;
export const TERMINAL_LINES = 20;

/** What a failed change printed, as it is told. */
export interface FailedOutput {
  /** Its last lines, printable. */
  readonly lines: readonly string[];
  /** How many lines stand before them. */
  readonly before: number;
  /** Where all of it stands. */
  readonly file?: string;
}

/** What is told of an output. `save` puts all lines somewhere and says where; it is asked for what is too much for a terminal. */
export function failedOutput(output: string, save: (lines: readonly string[]) => string | undefined): FailedOutput {
  const all = printableLines(output);
  const lines = printableLines(output.slice(-CHARACTERS));
  const file = all.length <= TERMINAL_LINES && output.length <= CHARACTERS ? undefined : save(all);
  return { lines, before: all.length - lines.length, ...(file === undefined ? {} : { file }) };
}
