import { DroverError } from '../../core/errors.ts';

/** A word of a command, as the program gets it, and where it stands in the text. */
export interface PlacedWord {
  readonly from: number;
  readonly to: number;
  /** Undefined where it is filled in when the command runs: by a variable, a pattern of file names, another command. */
  readonly value: string | undefined;
  /** For each UTF-16 unit of the value, where the text that stands for it begins and ends. */
  readonly units: readonly Span[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A command of a script or a unit. */
export interface PlacedCommand {
  /** As in `/etc/systemd/system/web01.service:12`. */
  readonly place: string;
  readonly words: readonly PlacedWord[];
}

/** Text in place of other text. */
export interface Splice extends Span {
  readonly text: string;
}

/** A text with the path that it is named by in messages. */
export interface NamedText {
  readonly path: string;
  readonly text: string;
}

/** What is not understood is not edited. */
export function unclear(place: string, why: string, hint = 'Write it out, or change the command by hand.'): DroverError {
  return new DroverError('STATE_UNREADABLE', `${place} ${why}`, { hint });
}

/** A place in words: the path, and the line from 1. */
export function placeOf({ path, text }: NamedText, at: number): string {
  return `${path}:${text.slice(0, at).split('\n').length}`;
}

/** The text with all splices made, of which no two overlap; those at one place stand in the order given. */
export function spliced(text: string, splices: readonly Splice[]): string {
  return splices
    .map((splice, i) => ({ ...splice, i }))
    .toSorted((a, b) => b.from - a.from || b.i - a.i)
    .reduce((edited, { from, to, text: piece }) => edited.slice(0, from) + piece + edited.slice(to), text);
}

/** Letters that mean themselves wherever they stand, in and out of quotes, for a shell and for systemd. */
const PLAIN = /^[\w.,:=/-]*$/;

/** Another text in a part of the word's value. The quotes within it and around it stay. A bug where the new text would need some. */
export function replacePart(word: PlacedWord, { from, to }: Span, text: string): readonly Splice[] {
  if (!PLAIN.test(text)) throw new TypeError(`not plain: ${text}`);
  const { units } = word;
  const [first, ...rest] = units.slice(from, to);
  const at = units[from - 1]?.to ?? units[from]?.from ?? word.from;
  if (first === undefined) return [{ from: at, to: at, text }];
  // A word of which nothing is left would be none.
  if (text === '' && rest.length === units.length - 1) return [{ from: word.from, to: word.to, text: "''" }];
  return [{ ...first, text }, ...rest.map((unit) => ({ ...unit, text: '' }))];
}
