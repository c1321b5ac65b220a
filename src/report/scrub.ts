import { DroverError } from '../core/errors.ts';
import { SHORTEST_SECRET } from '../core/secret.ts';
import { SETTLING_ORDER } from '../core/settling.ts';
import { formsOf } from './secret-forms.ts';

/** Takes secrets out of a text that is about to leave the program. */
export interface Scrub {
  (text: string): string;
  /** Whether it knows of no secret, so that every text would come out as it is. */
  readonly isIdle: () => boolean;
}

const MASK = '********';

/** Masks these values in all their forms, and those that are added to them later. */
export function scrubber(secrets: ReadonlySet<string>): Scrub {
  const index: Index = { byHead: new Map(), heads: new Uint8Array(1 << 16) };
  let known = 0;
  const scrub = (text: string) => {
    if (secrets.size > known) for (const secret of [...secrets].slice(known)) learn(index, secret);
    known = secrets.size;
    return known === 0 ? text : masked(text, index);
  };
  return Object.assign(scrub, { isIdle: () => secrets.size === 0 });
}

/** All strings of a value masked, but for the program's own words, which tell what the value is; the value itself while there are no secrets. */
export function hidden<T>(value: T, scrub: Scrub): T {
  return scrub.isIdle() ? value : (hiddenAt('', value, scrub) as T);
}

const OWN_WORDS: ReadonlySet<string> = new Set(['type', 'kind', 'status', 'code', 'takenBack', 'encoding']);

function hiddenAt(key: string, value: unknown, scrub: Scrub): unknown {
  if (typeof value === 'string') {
    const isOwn = OWN_WORDS.has(key) || (key === 'what' && SETTLING_ORDER.some((word) => word === value));
    return isOwn ? value : scrub(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => hiddenAt(key, item, scrub));
  if (value instanceof DroverError) {
    const { code, message, hint, where } = value;
    return new DroverError(code, scrub(message), { hint: scrub(hint), where: hidden(where, scrub) });
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hiddenAt(name, item, scrub)]));
}

/** Forms by their first signs, the longest first. `heads` says of two signs whether any form may begin with them. */
interface Index {
  readonly byHead: Map<string, string[]>;
  readonly heads: Uint8Array;
}

function learn({ byHead, heads }: Index, secret: string): void {
  for (const form of formsOf(secret)) {
    const head = form.slice(0, SHORTEST_SECRET);
    const others = byHead.get(head) ?? [];
    const at = others.findIndex((other) => other.length <= form.length);
    others.splice(at < 0 ? others.length : at, 0, form);
    byHead.set(head, others);
    heads[headHash(form, 0)] = 1;
  }
}

function headHash(text: string, at: number): number {
  return (text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) & 0xffff;
}

/** Finds also what overlaps: the end of one secret may be the beginning of another. */
function masked(text: string, index: Index): string {
  let clear = '';
  let to = 0;
  for (let at = 0; at + SHORTEST_SECRET <= text.length; at++) {
    const length = index.heads[headHash(text, at)] === 1 ? longestAt(text, at, index) : 0;
    if (length === 0) continue;
    if (to === 0) clear = text.slice(0, at);
    else if (at > to) clear += MASK + text.slice(to, at);
    to = Math.max(to, at + length);
  }
  return to === 0 ? text : clear + MASK + text.slice(to);
}

function longestAt(text: string, at: number, { byHead }: Index): number {
  const forms = byHead.get(text.slice(at, at + SHORTEST_SECRET)) ?? [];
  return forms.find((form) => text.startsWith(form, at))?.length ?? 0;
}
