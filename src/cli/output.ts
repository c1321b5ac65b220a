import type { Json } from '../core/json.ts';
import type { Mistake } from '../core/mistake.ts';
import { mistakeJson } from '../report/json.ts';
import { mistakeLines, warningLines } from '../report/mistakes-text.ts';
import { paintFor, type TextStyle } from '../report/paint.ts';
import { printableJson } from '../report/printable.ts';
import { hidden, type Scrub, scrubber } from '../report/scrub.ts';
import type { Io } from './io.ts';

/** The flags that decide how a command speaks. */
export interface OutputArgs {
  readonly format: 'human' | 'json' | 'ndjson';
  readonly verbose: number;
  readonly diff?: boolean | undefined;
  readonly fold?: boolean | undefined;
}

/** How a command speaks: data on stdout, talk on stderr, secrets on neither. */
export interface Output {
  readonly format: OutputArgs['format'];
  /** For lines that go to stdout. */
  readonly style: TextStyle;
  /** For lines that go to stderr. */
  readonly talkStyle: TextStyle;
  readonly data: (lines: readonly string[]) => void;
  readonly json: (value: Json) => void;
  readonly talk: (lines: readonly string[]) => void;
  readonly scrub: Scrub;
}

/** An output that masks secrets wherever they turn up. */
export function outputFor(args: OutputArgs, io: Io): Output {
  const scrub = scrubber(io.secrets);
  const { format, verbose, diff = false, fold } = args;
  return {
    format,
    style: { paint: paintFor(io.out.colours), verbose, diff, fold },
    talkStyle: { paint: paintFor(io.talk.colours), verbose, diff, fold },
    data: (lines) => io.out.lines(lines.map(scrub)),
    json: (value) => io.out.lines([printableJson(JSON.stringify(hidden(value, scrub), undefined, format === 'json' ? 2 : 0))]),
    talk: (lines) => io.talk.lines(lines.map(scrub)),
    scrub,
  };
}

/** Tells of mistakes; the exit status that they lead to. */
export function refuse(output: Output, mistakes: readonly Mistake[]): number {
  if (output.format === 'human') output.talk(mistakeLines(mistakes, output.talkStyle));
  else output.json({ exit: 5, mistakes: mistakes.map(mistakeJson) });
  return 5;
}

/** Tells of what is allowed and yet probably not meant. */
export function warn(output: Output, warnings: readonly Mistake[]): void {
  output.talk(warningLines(warnings, output.talkStyle));
}
