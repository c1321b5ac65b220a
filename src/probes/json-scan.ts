import { DroverError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';

/** A value in a JSON text, and where it stands: from `start` up to, not including, `end`. */
export interface JsonNode {
  readonly start: number;
  readonly end: number;
  readonly value: Json;
  /** Of an object, in the order of the text; of anything else, undefined. */
  readonly members: readonly JsonMember[] | undefined;
}

/** A key of an object with its value. */
export interface JsonMember {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly node: JsonNode;
}

/** The text's value, or the first thing that is wrong with it and the line (from 1) where. */
export type JsonScan =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** Reads a JSON text (RFC 8259) and keeps where everything stands. A byte order mark in front is passed over; a key that stands twice is refused. */
export function scanJson(text: string): JsonScan {
  const cursor: Cursor = { text, at: text.startsWith('\uFEFF') ? 1 : 0, depth: 0 };
  try {
    skipBlanks(cursor);
    const root = scanValue(cursor);
    skipBlanks(cursor);
    if (cursor.at < text.length) fail(cursor, 'text after the end');
    return { ok: true, root };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return { ok: false, line: text.slice(0, cursor.at).split('\n').length, message: error.message };
  }
}

/** Deeper than any config; it bounds the recursion where the text is hostile. */
const MAX_DEPTH = 200;

interface Cursor {
  readonly text: string;
  at: number;
  depth: number;
}

/** Stops the scan, the cursor standing where it is wrong. */
function fail(cursor: Cursor, message: string): never {
  throw new DroverError('STATE_UNREADABLE', cursor.at >= cursor.text.length ? 'it ends too early' : message);
}

function skipBlanks(cursor: Cursor): void {
  while (' \t\r\n'.includes(cursor.text[cursor.at] ?? '!')) cursor.at += 1;
}

function scanValue(cursor: Cursor): JsonNode {
  const start = cursor.at;
  const sign = cursor.text[start];
  if (sign !== '{' && sign !== '[') return scanScalar(cursor);
  if (cursor.depth === MAX_DEPTH) fail(cursor, `nested deeper than ${MAX_DEPTH}`);
  cursor.depth += 1;
  const found = sign === '{' ? scanObject(cursor) : { value: scanArray(cursor), members: undefined };
  cursor.depth -= 1;
  return { start, end: cursor.at, ...found };
}

function scanObject(cursor: Cursor): { value: Json; members: readonly JsonMember[] } {
  const members: JsonMember[] = [];
  scanList(cursor, '}', () => {
    const keyStart = cursor.at;
    if (cursor.text[keyStart] !== '"') fail(cursor, 'a key in double quotes is expected');
    const key = scanString(cursor);
    const keyEnd = cursor.at;
    if (members.some((member) => member.key === key)) {
      cursor.at = keyStart;
      fail(cursor, `the key ${JSON.stringify(key)} stands twice`);
    }
    skipBlanks(cursor);
    if (cursor.text[cursor.at] !== ':') fail(cursor, 'a colon is expected');
    cursor.at += 1;
    skipBlanks(cursor);
    members.push({ key, keyStart, keyEnd, node: scanValue(cursor) });
  });
  return { value: Object.fromEntries(members.map(({ key, node }) => [key, node.value])), members };
}

function scanArray(cursor: Cursor): Json {
  const items: Json[] = [];
  scanList(cursor, ']', () => items.push(scanValue(cursor).value));
  return items;
}

function scanList(cursor: Cursor, close: '}' | ']', scanItem: () => void): void {
  cursor.at += 1;
  skipBlanks(cursor);
  if (cursor.text[cursor.at] === close) {
    cursor.at += 1;
    return;
  }
  for (;;) {
    scanItem();
    skipBlanks(cursor);
    const sign = cursor.text[cursor.at];
    if (sign !== ',' && sign !== close) fail(cursor, `a comma or ${close} is expected`);
    cursor.at += 1;
    if (sign === close) return;
    skipBlanks(cursor);
  }
}

const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function scanScalar(cursor: Cursor): JsonNode {
  const start = cursor.at;
  if (cursor.text[start] === '"') return { start, value: scanString(cursor), end: cursor.at, members: undefined };
  SCALAR.lastIndex = start;
  const word = SCALAR.exec(cursor.text)?.[0];
  if (word === undefined) fail(cursor, 'a value is expected');
  cursor.at += word.length;
  return { start, end: cursor.at, value: JSON.parse(word) as Json, members: undefined };
}

function scanString(cursor: Cursor): string {
  const { text, at: start } = cursor;
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  if (end >= text.length) fail(cursor, 'a string does not end');
  try {
    const value = JSON.parse(text.slice(start, end + 1)) as string;
    cursor.at = end + 1;
    return value;
  } catch {
    return fail(cursor, 'a string holds a sign that must be escaped');
  }
}
