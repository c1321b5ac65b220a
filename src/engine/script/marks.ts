import { randomBytes } from 'node:crypto';

/** What a script printed between one of its marks and the next. */
interface Marked {
  /** The mark's words. */
  readonly words: readonly string[];
  readonly payload: Buffer;
}

/** 128 random bits for the marks of one exchange, so that nothing that a host holds can look like one. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}

/**
 * Cuts a stream at its marks, which are lines `nonce word …` with a newline of their own before them: so an answer without
 * a final newline stays exact. What stands before the first mark (login noise) and a mark that was cut off are left out.
 */
export function splitMarks(stream: Buffer, nonce: string): readonly Marked[] {
  const found: Marked[] = [];
  // One char a byte: a string is searched many times faster than a buffer, and places in it are those in the stream.
  const text = stream.toString('latin1');
  let at = nextMark(text, nonce, 0);
  while (at !== undefined) {
    const next = nextMark(text, nonce, at.to);
    found.push({ words: at.words, payload: stream.subarray(at.to, next?.from ?? stream.length) });
    at = next;
  }
  return found;
}

function nextMark(text: string, nonce: string, start: number) {
  const from = text.indexOf(`\n${nonce} `, start);
  const end = from < 0 ? -1 : text.indexOf('\n', from + 1);
  if (end < 0) return undefined;
  return { words: text.slice(from + nonce.length + 2, end).split(' '), from, to: end + 1 };
}

/** Shell functions that make the marks, on stdout and on stderr. */
export function markFunctions(nonce: string): string {
  return `_m() { printf '\\n%s %s\\n' ${nonce} "$*"; }
_e() { _m "$@" >&2; }`;
}
