import { SHORTEST_SECRET } from '../core/secret.ts';
import { printable } from './printable.ts';

/** A secret, and each of its lines, in the forms that programs, logs and shells give them. */
export function formsOf(secret: string): readonly string[] {
  const parts = new Set([secret, secret.trim(), ...secret.split(/\r?\n/).map((line) => line.trim())]);
  const forms = [...parts].filter(isLongEnough).flatMap((part) => [part, ...escapedForms(part), ...byteForms(Buffer.from(part))]);
  return [...new Set(forms)].filter(isLongEnough);
}

function isLongEnough(text: string): boolean {
  return text.length >= SHORTEST_SECRET;
}

/** As JSON, a terminal and shells are given it. */
function escapedForms(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  return [
    json,
    json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    printable(text),
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    text.replace(/["$`\\]/g, '\\$&'),
    // As bash's printf %q has it.
    text.replace(/[^\w@%+=:,./-]/g, '\\$&'),
  ];
}

/** As URLs, base64 and hex have it, and as bytes that were taken for one char each. */
function byteForms(bytes: Buffer): readonly string[] {
  const url = encodeURIComponent(bytes.toString());
  const hex = bytes.toString('hex');
  const base64 = [bytes.toString('base64').replace(/=+$/, ''), ...[0, 1, 2].map((shift) => base64Within(bytes, shift))];
  return [
    url,
    url.replaceAll('%20', '+'),
    url.replace(/%../g, (byte) => byte.toLowerCase()),
    hex,
    hex.toUpperCase(),
    bytes.toString('latin1'),
    ...base64.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_'), ...(text.match(/.{1,76}/g) ?? [])]),
  ];
}

/** The signs of base64 that these bytes alone decide where others stand before them, as in `user:password`. */
function base64Within(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}
