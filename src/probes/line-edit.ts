/** A line of a text file; `end` is what ends it: a last line may have nothing. */
interface Line {
  readonly text: string;
  readonly end: string;
}

/** Which line is meant, and where it goes if there is none. Patterns are tested on each line without its end. */
export interface WantedLine {
  readonly line: string;
  /** The line that it takes the place of. */
  readonly regexp?: RegExp | undefined;
  readonly place?: { readonly side: 'after' | 'before'; readonly regexp: RegExp } | undefined;
}

/** What an edit comes to. Lines are counted from 1. `unclear`: the text does not say which line is meant. */
export type LineEdit =
  | { readonly status: 'same'; readonly numbers: readonly number[] }
  | { readonly status: 'edited'; readonly text: string; readonly because: string }
  | { readonly status: 'unclear'; readonly because: string; readonly hint: string };

/** The text with the line in it and no other one that its pattern matches; every other line keeps its bytes. */
export function withLine(text: string, { line, regexp, place }: WantedLine): LineEdit {
  const { lines } = split(text);
  const present = numbersOf(lines, (other) => other === line);
  const others = numbersOf(lines, (other) => other !== line && regexp?.test(other) === true);
  const [only] = others;
  if (only === undefined) return present.length > 0 ? { status: 'same', numbers: present } : inserted(text, line, place);
  if (others.length + present.length > 1) {
    return unclear(
      present.length > 0 ? `${said(present)} already what is wanted, and ${said(others)} matched too` : `${said(others)} matched`,
      'Make the pattern match one line, or leave one of them in the file.',
    );
  }
  return edited(text, `line ${only} is another one`, (all) => all.map((old, i) => (i === only - 1 ? { ...old, text: line } : old)));
}

/** The text without the lines that are meant; of those that a pattern matches all must be equal. */
export function withoutLine(text: string, isMeant: (line: string) => boolean): LineEdit {
  const { lines } = split(text);
  const numbers = numbersOf(lines, isMeant);
  if (numbers.length === 0) return { status: 'same', numbers };
  if (new Set(lines.filter((line) => isMeant(line.text)).map((line) => line.text)).size > 1) {
    return unclear(`${said(numbers)} matched, and they differ`, 'Write a step for each, with the line itself or a narrower pattern.');
  }
  return edited(text, `${said(numbers)} not to be there`, (all) => all.filter((_, i) => !numbers.includes(i + 1)));
}

/** The numbers of the lines that are meant. */
export function lineNumbers(text: string, isMeant: (line: string) => boolean): readonly number[] {
  return numbersOf(split(text).lines, isMeant);
}

function inserted(text: string, line: string, place: WantedLine['place']): LineEdit {
  const { lines } = split(text);
  if (place === undefined) return edited(text, 'it is not there; it goes to the end', (all) => insertedAt(all, all.length, line));
  const [anchor, ...more] = numbersOf(lines, (other) => place.regexp.test(other));
  if (anchor === undefined) {
    return unclear(`no line matches ${place.side}`, `Correct the pattern, or leave ${place.side} out: the line then goes to the end.`);
  }
  if (more.length > 0) {
    return unclear(`${said([anchor, ...more])} matched by ${place.side}`, 'Make the pattern match one line.');
  }
  const at = place.side === 'after' ? anchor : anchor - 1;
  return edited(text, `it is not there; it goes ${place.side} line ${anchor}`, (all) => insertedAt(all, at, line));
}

/** A new line ends as its neighbour does. It is always a whole one: cron(8), for one, leaves out a last line without an end. */
function insertedAt(lines: readonly Line[], at: number, text: string): readonly Line[] {
  const end = lines[at - 1]?.end || lines[at]?.end || lines.find((line) => line.end !== '')?.end || '\n';
  const above = lines.slice(0, at).map((line) => (line.end === '' ? { ...line, end } : line));
  return [...above, { text, end }, ...lines.slice(at)];
}

function edited(text: string, because: string, edit: (lines: readonly Line[]) => readonly Line[]): LineEdit {
  const { mark, lines } = split(text);
  const body = edit(lines).map((line) => `${line.text}${line.end}`);
  return { status: 'edited', text: `${mark}${body.join('')}`, because };
}

function unclear(because: string, hint: string): LineEdit {
  return { status: 'unclear', because, hint };
}

/** A byte order mark stands before the first line and is no part of it. */
function split(text: string): { readonly mark: string; readonly lines: readonly Line[] } {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const parts = [...text.slice(mark.length).matchAll(/([^\n]*?)(\r?\n|$)/g)];
  const lines = parts.map(([, line = '', end = '']) => ({ text: line, end }));
  // The pattern also matches the nothing after the last end.
  return { mark, lines: lines.filter((line) => line.text !== '' || line.end !== '') };
}

function numbersOf(lines: readonly Line[], isMeant: (line: string) => boolean): readonly number[] {
  return lines.flatMap((line, i) => (isMeant(line.text) ? [i + 1] : []));
}

function said(numbers: readonly number[]): string {
  return numbers.length === 1 ? `line ${numbers[0]} is` : `lines ${numbers.join(', ')} are`;
}
