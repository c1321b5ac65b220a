import type { Json } from '../core/json.ts';
import { type JsonMember, type JsonNode, scanJson } from './json-scan.ts';

/** Keys from the root inwards. */
export type JsonPath = readonly [string, ...string[]];

/** The text with its edit, or why it cannot be edited and the line (from 1) where. */
export type JsonEdit =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** The JSON object with one member set and every other byte kept. A text without a value is taken for an empty object. */
export function withMember(text: string, path: JsonPath, value: Json): JsonEdit {
  if (text.trim() === '') return { ok: true, text: `${JSON.stringify(nest(path, value), null, 2)}\n` };
  return edit(text, path, (found) => (found.rest.length === 0 ? replaced(text, found.at, value) : inserted(text, found, value)));
}

/** The JSON object without one member, and without the objects that it leaves empty; every other byte is kept. */
export function withoutMember(text: string, path: JsonPath): JsonEdit {
  if (text.trim() === '') return { ok: true, text };
  return edit(text, path, (found) => {
    if (found.rest.length > 0) return text;
    const at = found.trail.findLastIndex(({ owner }, depth) => depth === 0 || owner.members?.length !== 1);
    const cut = found.trail[at];
    return cut === undefined ? text : removed(text, cut.owner, cut.index);
  });
}

/** How far a path leads into the text: the last value on it, the members passed, and the keys that are not there. */
interface Found {
  readonly at: JsonNode;
  readonly trail: readonly { readonly owner: JsonNode; readonly index: number }[];
  readonly rest: readonly string[];
}

function edit(text: string, path: JsonPath, change: (found: Found) => string): JsonEdit {
  const scan = scanJson(text);
  if (!scan.ok) return scan;
  const found = follow(scan.root, path);
  if (found.rest.length > 0 && found.at.members === undefined) {
    const key = path[path.length - found.rest.length - 1];
    const line = text.slice(0, found.at.start).split('\n').length;
    return { ok: false, line, message: key === undefined ? 'it is no object' : `${JSON.stringify(key)} is no object` };
  }
  return { ok: true, text: change(found) };
}

function follow(root: JsonNode, path: JsonPath): Found {
  let at = root;
  const trail: { owner: JsonNode; index: number }[] = [];
  for (const [depth, key] of path.entries()) {
    const index = at.members?.findIndex((member) => member.key === key) ?? -1;
    const member = at.members?.[index];
    if (member === undefined) return { at, trail, rest: path.slice(depth) };
    trail.push({ owner: at, index });
    at = member.node;
  }
  return { at, trail, rest: [] };
}

function replaced(text: string, node: JsonNode, value: Json): string {
  if (JSON.stringify(node.value) === JSON.stringify(value)) return text;
  return text.slice(0, node.start) + JSON.stringify(value) + text.slice(node.end);
}

/** Puts a new member behind the last one, spaced as that one is, so that cutting it out again gives the same bytes. */
function inserted(text: string, { at, trail, rest }: Found, value: Json): string {
  const [key = '', ...inner] = rest;
  const last = at.members?.at(-1);
  const spot = last?.node.end ?? at.start + 1;
  const before = last === undefined ? blanksInEmpty(text, at, trail.length) : blanksBefore(text, last.keyStart);
  const colon = last === undefined ? ': ' : text.slice(last.keyEnd, last.node.start);
  const shown = spread(nest(inner, value), before, trail.length);
  return `${text.slice(0, spot)}${last === undefined ? '' : ','}${before}${JSON.stringify(key)}${colon}${shown}${text.slice(spot)}`;
}

/** On lines of its own where its surroundings are, else on one line. */
function spread(value: Json, before: string, depth: number): string {
  if (!before.includes('\n')) return JSON.stringify(value);
  const indent = before.slice(before.lastIndexOf('\n') + 1);
  return JSON.stringify(value, null, unit(indent, depth)).replaceAll('\n', `\n${indent}`);
}

function blanksInEmpty(text: string, node: JsonNode, depth: number): string {
  const inside = text.slice(node.start + 1, node.end - 1);
  if (!inside.includes('\n')) return '';
  const outer = inside.slice(inside.lastIndexOf('\n') + 1);
  return `\n${outer}${depth === 0 ? '  ' : unit(outer, depth - 1)}`;
}

/** The indent of one level, where `indent` is that of the members of an object `depth` levels below the root. */
function unit(indent: string, depth: number): string {
  return indent.slice(0, Math.floor(indent.length / (depth + 1))) || '  ';
}

function blanksBefore(text: string, at: number): string {
  return /[ \t\r\n]*$/.exec(text.slice(0, at))?.[0] ?? '';
}

function removed(text: string, owner: JsonNode, index: number): string {
  const members: readonly (JsonMember | undefined)[] = owner.members ?? [];
  const end = members[index]?.node.end ?? owner.end;
  const next = members[index + 1];
  const previous = members[index - 1];
  if (previous !== undefined) return text.slice(0, previous.node.end) + text.slice(end);
  if (next !== undefined) return text.slice(0, members[0]?.keyStart) + text.slice(next.keyStart);
  return text.slice(0, owner.start + 1) + text.slice(end);
}

function nest(path: readonly string[], value: Json): Json {
  return path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
}
