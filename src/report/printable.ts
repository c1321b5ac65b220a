import { isUtf8 } from 'node:buffer';

/** Controls, format characters (bidi overrides among them), lone surrogates and line separators; a tab is harmless. */
const UNSAFE = /(?!\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text as one line that a terminal shows and does not obey. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** The lines of a text, each printable; the newline at the end makes no line. */
export function printableLines(text: string): readonly string[] {
  if (text === '') return [];
  return text.replace(/\n$/, '').split('\n').map(printable);
}

/** As `printable`, for bytes: what is no UTF-8 is shown byte by byte. */
export function printableBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return printable(bytes.toString('utf8'));
  let shown = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    shown += length === 0 ? hex(bytes[at] ?? 0) : printable(bytes.toString('utf8', at, at + length));
    at += Math.max(1, length);
  }
  return shown;
}

/** JSON text in which the characters that a terminal might obey are escapes; it means the same. Newlines between values stay. */
export function printableJson(json: string): string {
  return json.replace(UNSAFE, (sign) => (sign === '\n' ? sign : sign.split('').map(jsonEscape).join('')));
}

function jsonEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** How many bytes from here make one valid character; 0 where none does. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}

function escaped(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  if (code === 10) return '\\n';
  if (code === 13) return '\\r';
  if (code <= 0xff) return hex(code);
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
