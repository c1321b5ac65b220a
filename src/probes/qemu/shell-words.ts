import { type NamedText, type PlacedCommand, type PlacedWord, placeOf, type Span, unclear } from './placed-word.ts';

interface Cursor extends NamedText {
  at: number;
}

interface Building {
  value: string;
  readonly units: Span[];
  isKnown: boolean;
}

/**
 * The commands of a shell script, in order, whatever branch or function they stand in; arrays and the insides of substitutions are
 * none. Not a grammar: words, quotes, comments, redirections and what stands between commands. Throws STATE_UNREADABLE.
 */
export function shellCommands(source: NamedText): readonly PlacedCommand[] {
  const cursor: Cursor = { ...source, at: 0 };
  const { text } = source;
  const carriage = text.indexOf('\r');
  if (carriage >= 0) throw unclear(placeOf(source, carriage), 'has a carriage return, which becomes a part of a word');
  const commands: PlacedWord[][] = [[]];
  while (cursor.at < text.length) {
    const words = commands.at(-1) ?? [];
    if (skipGap(cursor)) continue;
    const char = text[cursor.at] ?? '';
    if (/[<>]/.test(char)) redirection(cursor, words);
    else if (char === '(') opening(cursor, words) && commands.push([]);
    else if (/[\n;&|)]/.test(char)) {
      cursor.at += 1;
      commands.push([]);
    } else words.push(word(cursor));
  }
  return commands.flatMap((words) => (words[0] === undefined ? [] : [{ place: placeOf(source, words[0].from), words }]));
}

/** Blanks, continued lines and comments. */
function skipGap(cursor: Cursor): boolean {
  const gap = /(?:[ \t]|\\\n)+|#[^\n]*/y;
  gap.lastIndex = cursor.at;
  const found = gap.exec(cursor.text);
  cursor.at += found?.[0].length ?? 0;
  return found !== null;
}

/** Whether a new command begins behind the parenthesis; an array is skipped as a whole. */
function opening(cursor: Cursor, words: readonly PlacedWord[]): boolean {
  const { text, at } = cursor;
  const last = words.at(-1);
  if (last?.to === at && text[at - 1] === '=') {
    skipParentheses(cursor);
    return false;
  }
  if (last?.to === at && text[at + 1] !== ')') throw unclear(placeOf(cursor, at), 'has a parenthesis within a word');
  cursor.at += 1;
  return true;
}

/** What a command is redirected to is no word of it, and neither is the number before the sign. */
function redirection(cursor: Cursor, words: PlacedWord[]): void {
  const { text, at } = cursor;
  if (text.startsWith('<<', at)) throw unclear(placeOf(cursor, at), 'has a here-document');
  if (text[at + 1] === '(') throw unclear(placeOf(cursor, at), 'has a process substitution');
  const last = words.at(-1);
  if (last?.to === at && /^\d+$/.test(text.slice(last.from, last.to))) words.pop();
  cursor.at += /[<>&|]/.test(text[at + 1] ?? '') ? 2 : 1;
  while (/[ \t]/.test(text[cursor.at] ?? '')) cursor.at += 1;
  if (isEnd(text[cursor.at])) throw unclear(placeOf(cursor, at), 'is redirected to nothing');
  word(cursor);
}

function isEnd(char: string | undefined): boolean {
  return char === undefined || ' \t\n;&|()<>'.includes(char);
}

function word(cursor: Cursor): PlacedWord {
  const { text } = cursor;
  const from = cursor.at;
  const built: Building = { value: '', units: [], isKnown: true };
  while (!isEnd(text[cursor.at])) {
    const char = text[cursor.at] ?? '';
    if (char === "'") single(cursor, built);
    else if (char === '"') double(cursor, built);
    else if (char === '$' || char === '`') substitution(cursor, built);
    else if (char === '\\') escaped(cursor, built);
    else {
      // Patterns of file names, braces and homes are replaced by other words.
      if ('*?[{~'.includes(char)) built.isKnown = false;
      literal(cursor, built, 1);
    }
  }
  return { from, to: cursor.at, value: built.isKnown ? built.value : undefined, units: built.units };
}

/** The last of that many characters stands for itself; those before it only make it do so. */
function literal(cursor: Cursor, built: Building, length: number): void {
  const to = cursor.at + length;
  built.value += cursor.text.slice(to - 1, to);
  built.units.push({ from: cursor.at, to });
  cursor.at = to;
}

/** A backslash and what follows it; a continued line is nothing at all. */
function escaped(cursor: Cursor, built: Building): void {
  const next = cursor.text[cursor.at + 1];
  if (next === undefined) throw unclear(placeOf(cursor, cursor.at), 'ends with a backslash');
  if (next === '\n') cursor.at += 2;
  else literal(cursor, built, 2);
}

function single(cursor: Cursor, built: Building): void {
  const end = cursor.text.indexOf("'", cursor.at + 1);
  if (end < 0) throw unclear(placeOf(cursor, cursor.at), "has a ' without an end");
  cursor.at += 1;
  while (cursor.at < end) literal(cursor, built, 1);
  cursor.at += 1;
}

function double(cursor: Cursor, built: Building): void {
  const { text, at: from } = cursor;
  cursor.at += 1;
  while (text[cursor.at] !== '"') {
    const char = text[cursor.at];
    if (char === undefined) throw unclear(placeOf(cursor, from), 'has a " without an end');
    if (char === '$' && /["']/.test(text[cursor.at + 1] ?? '')) {
      // A lone dollar is itself, until a name is written behind it.
      built.isKnown = false;
      cursor.at += 1;
    } else if (char === '`' || char === '$') substitution(cursor, built);
    else if (char === '\\' && '$`"\\\n'.includes(text[cursor.at + 1] ?? ' ')) escaped(cursor, built);
    else literal(cursor, built, 1);
  }
  cursor.at += 1;
}

/** Names, special parameters, and names with a default or a pattern, nested once; or a lone dollar. */
const PARAMETER = /\$(?:\w+|[@*#?$!-]|\{(?:[^{}'"`\\\n]|\$\{[^{}'"`\\\n]*\})*\}|(?=[^\w{('"]|$))/y;

function substitution(cursor: Cursor, built: Building): void {
  const { text, at } = cursor;
  built.isKnown = false;
  if (text.startsWith('$(', at)) {
    cursor.at += 1;
    skipParentheses(cursor);
    return;
  }
  const pattern = text[at] === '`' ? /`(?:[^`\\]|\\.)*`/sy : PARAMETER;
  pattern.lastIndex = at;
  const [found] = pattern.exec(text) ?? [];
  if (found === undefined) throw unclear(placeOf(cursor, at), 'has a substitution that is not understood');
  cursor.at += found.length;
}

/** From an opening parenthesis to behind the one that closes it. */
function skipParentheses(cursor: Cursor): void {
  const { text, at: from } = cursor;
  for (let depth = 0; ; ) {
    if (skipGap(cursor)) continue;
    const char = text[cursor.at];
    if (char === undefined) throw unclear(placeOf(cursor, from), 'has a ( without an end');
    if (text.startsWith('<<', cursor.at)) throw unclear(placeOf(cursor, cursor.at), 'has a here-document');
    if (!isEnd(char)) {
      // The patterns of `case` end with a parenthesis that opens nowhere.
      if (word(cursor).value === 'case') throw unclear(placeOf(cursor, from), 'has `case` in a substitution');
      continue;
    }
    cursor.at += 1;
    depth += char === '(' ? 1 : char === ')' ? -1 : 0;
    if (depth === 0) return;
  }
}
