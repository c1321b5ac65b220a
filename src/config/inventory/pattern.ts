import type { Checked, Mistake } from '../../core/mistake.ts';
import { fold } from '../../core/nodeset.ts';
import { mistakeAt, type Span } from '../source/text-source.ts';
import type { Inventory } from './inventory.ts';
import { matchPart, type PartMatch } from './pattern-part.ts';

/** A pattern with the way back to where it was written. */
export interface PatternText {
  readonly text: string;
  readonly spanOf: (from: number, to: number) => Span;
  /** For `@file` parts, where they are allowed; undefined where there is no such file. */
  readonly readFile?: (name: string) => string | undefined;
}

/** Ansible's grammar with clush's ranges and groups: `a:b`, `a,b`, `:&c`, `:!d`, `*`, `~regex`, `grp[0:2]`, `kvm[01-20]`, `@grp`. Never empty. */
export function matchPattern(inventory: Inventory, pattern: PatternText): Checked<readonly string[]> {
  const whole = pattern.spanOf(0, pattern.text.length);
  if (pattern.text.trim() === '') return refuse(whole, 'an empty pattern', 'It never means all hosts; for these write `all`.');
  if (inventory.hosts.size === 0) return refuse(whole, 'the inventory has no hosts', 'Add hosts to it, or name another one with -i.');
  const mistakes: Mistake[] = [];
  const sets: Record<Sign, string[][]> = { '': [], '&': [], '!': [] };
  for (const part of splitPattern(pattern.text)) {
    const span = pattern.spanOf(part.from, part.to);
    const match = part.body === '' ? EMPTY_PART : matchPart(inventory, part.body, pattern.readFile);
    if (match.ok) sets[part.sign].push([...match.names]);
    else mistakes.push(mistakeAt(span, match.problem, match.hint));
  }
  if (mistakes.length > 0) return { ok: false, mistakes };
  const plain = sets[''].length === 0 ? [...inventory.hosts.keys()] : sets[''].flat();
  const wanted = sets['&'].map((names) => new Set(names));
  const left = new Set(plain.filter((name) => wanted.every((names) => names.has(name))));
  for (const name of sets['!'].flat()) left.delete(name);
  if (left.size === 0)
    return refuse(whole, `\`${pattern.text}\` leaves no host`, 'Each part matches hosts; together they exclude each other.');
  return { ok: true, value: [...inventory.hosts.keys()].filter((name) => left.has(name)) };
}

const EMPTY_PART: PartMatch = { ok: false, problem: 'an empty part of a pattern', hint: 'It never means all hosts; remove the separator.' };

function refuse(span: Span, message: string, hint: string): { readonly ok: false; readonly mistakes: readonly Mistake[] } {
  return { ok: false, mistakes: [mistakeAt(span, message, hint)] };
}

type Sign = '' | '&' | '!';

interface Part {
  readonly sign: Sign;
  readonly body: string;
  readonly from: number;
  readonly to: number;
}

/** `:` and `,` separate but within brackets, where ranges, slices and regular expressions have a use for them. */
function splitPattern(text: string): readonly Part[] {
  const parts: Part[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const letter = text[at] ?? '';
    if (letter !== '' && '[({'.includes(letter)) depth += 1;
    if (letter !== '' && '])}'.includes(letter)) depth -= 1;
    if (at < text.length && !(depth <= 0 && (letter === ':' || letter === ','))) continue;
    parts.push(partOf(text, from, at));
    from = at + 1;
  }
  return parts;
}

function partOf(text: string, from: number, to: number): Part {
  const raw = text.slice(from, to);
  const trimmed = raw.trim();
  const sign = trimmed.startsWith('&') ? '&' : trimmed.startsWith('!') ? '!' : '';
  const begin = from + raw.indexOf(trimmed);
  return { sign, body: trimmed.slice(sign.length).trim(), from: begin, to: Math.max(begin + trimmed.length, begin + 1) };
}

/** What a limit and an exclusion leave of the hosts. */
export interface Narrowing {
  readonly limit?: PatternText;
  readonly exclude?: PatternText;
}

/** The hosts of a pattern that a limit and an exclusion leave. Never empty. */
export function selectNames(inventory: Inventory, pattern: PatternText, { limit, exclude }: Narrowing): Checked<readonly string[]> {
  const all = matchPattern(inventory, pattern);
  const kept = limit === undefined ? undefined : matchPattern(inventory, limit);
  const out = exclude === undefined ? undefined : matchPattern(inventory, exclude);
  const mistakes = [all, kept, out].flatMap((checked) => (checked === undefined || checked.ok ? [] : checked.mistakes));
  if (!all.ok || mistakes.length > 0) return { ok: false, mistakes };
  const inside = kept?.ok ? new Set(kept.value) : undefined;
  const outside = new Set(out?.ok ? out.value : []);
  const left = all.value.filter((name) => (inside?.has(name) ?? true) && !outside.has(name));
  if (left.length > 0) return { ok: true, value: left };
  const narrow = limit ?? exclude ?? pattern;
  const hint = `\`${pattern.text}\` has ${fold(all.value)}.`;
  return refuse(narrow.spanOf(0, narrow.text.length), `\`${narrow.text}\` leaves no host of \`${pattern.text}\``, hint);
}
