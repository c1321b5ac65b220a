import { DroverError } from '../../core/errors.ts';

/** A value in a guest's file, and where it stands with its quotes: from `start` up to, not including, `end`. */
export interface XlItem {
  readonly start: number;
  readonly end: number;
  /** A list holds items; numbers are text, as xl keeps them. */
  readonly value: string | readonly XlItem[];
}

/** `name = value`. */
export interface XlSetting {
  readonly name: string;
  readonly start: number;
  /** Whether it is `+=`, which joins the value to the one before. */
  readonly isAdded: boolean;
  readonly item: XlItem;
}

/** The settings in the order of the text, or the first thing that is wrong with it and the line (from 1) where. */
export type XlScan =
  | { readonly ok: true; readonly settings: readonly XlSetting[] }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** Reads a guest's file as libxlu does (xl.cfg(5); tools/libs/util/libxlu_cfg_l.l and _y.y of Xen), and keeps where everything stands. */
export function scanXl(text: string): XlScan {
  const cursor: Cursor = { text, at: 0, depth: 0 };
  const settings: XlSetting[] = [];
  try {
    for (;;) {
      take(cursor, BLANKS);
      if (cursor.at === text.length) return { ok: true, settings };
      if (take(cursor, END) !== undefined) continue;
      settings.push(scanSetting(cursor));
      take(cursor, BLANKS);
      if (cursor.at < text.length && take(cursor, END) === undefined) fail(cursor, 'the end of the line or a ; is expected');
    }
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return { ok: false, line: lineAt(text, cursor.at), message: error.message };
  }
}

/** The number of the line, from 1. */
export function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

interface Cursor {
  readonly text: string;
  at: number;
  depth: number;
}

/** Deeper than any guest's file; it bounds the recursion where the text is hostile. */
const MAX_DEPTH = 50;

const BLANKS = /[ \t]*/y;
/** A comment is part of the end of its line, so that one without that end is a mistake. */
const NEWLINE = /(?:#[^\n]*)?\n/y;
const END = /(?:#[^\n]*)?\n|;/y;
const NAME = /[a-z][_0-9a-z]*/y;
const OPERATOR = /\+?=/y;
const NUMBER = /[0-9][0-9a-fx]*/y;
const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const OPEN = /\[/y;
const COMMA = /,/y;
const CLOSE = /\]/y;

function take(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const [found] = pattern.exec(cursor.text) ?? [];
  if (found !== undefined) cursor.at += found.length;
  return found;
}

/** Stops the scan, the cursor standing where it is wrong. */
function fail(cursor: Cursor, expected: string): never {
  const { text, at } = cursor;
  const isOpenComment = text[at] === '#' && !text.includes('\n', at);
  const said = text[at] === '\r' ? 'xl takes no carriage return' : isOpenComment ? 'a comment must end with its line' : expected;
  throw new DroverError('STATE_UNREADABLE', at >= text.length ? 'it ends too early' : said);
}

function scanSetting(cursor: Cursor): XlSetting {
  const start = cursor.at;
  const name = take(cursor, NAME);
  if (name === undefined) fail(cursor, 'a name in lower case is expected');
  take(cursor, BLANKS);
  const operator = take(cursor, OPERATOR);
  if (operator === undefined) fail(cursor, `= is expected after ${name}`);
  take(cursor, BLANKS);
  const item = scanItem(cursor);
  return { name, start, isAdded: operator === '+=', item };
}

function scanItem(cursor: Cursor): XlItem {
  const start = cursor.at;
  const value = take(cursor, NUMBER) ?? scanString(cursor) ?? scanList(cursor);
  return { start, end: cursor.at, value };
}

function scanString(cursor: Cursor): string | undefined {
  const start = cursor.at;
  const quoted = take(cursor, STRING);
  if (quoted === undefined) return undefined;
  return quoted.slice(1, -1).replace(/\\(.)/g, (_, sign: string) => {
    const meant = ESCAPES[sign];
    if (meant !== undefined) return meant;
    // xl reads \x and octal escapes in ways of its own.
    cursor.at = start;
    return fail(cursor, `\\${sign} in a string is not understood`);
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function scanList(cursor: Cursor): readonly XlItem[] {
  if (take(cursor, OPEN) === undefined) fail(cursor, 'a number, a quoted string or a list is expected');
  if (cursor.depth === MAX_DEPTH) fail(cursor, `lists are nested deeper than ${MAX_DEPTH}`);
  cursor.depth += 1;
  const items: XlItem[] = [];
  skipLines(cursor);
  while (take(cursor, CLOSE) === undefined) {
    if (items.length > 0) {
      if (take(cursor, COMMA) === undefined) fail(cursor, ', or ] is expected');
      skipLines(cursor);
      if (take(cursor, CLOSE) !== undefined) break;
    }
    items.push(scanItem(cursor));
    skipLines(cursor);
  }
  cursor.depth -= 1;
  return items;
}

function skipLines(cursor: Cursor): void {
  do take(cursor, BLANKS);
  while (take(cursor, NEWLINE) !== undefined);
}
