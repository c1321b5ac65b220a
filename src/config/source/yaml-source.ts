import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import type { Json } from '../../core/json.ts';
import type { Checked, Mistake } from '../../core/mistake.ts';
import { mistakeAt, type Span, type TextSource, wholeSpan, within } from './text-source.ts';
import { keyText, nodeSpan, readYaml } from './yaml-value.ts';

/** A YAML text as data, with the way back from a path to its place. */
export interface YamlDocument {
  readonly source: TextSource;
  readonly value: Json;
  readonly root: Node;
  readonly aliases: ReadonlyMap<Alias, Node>;
}

/** Keys and indexes from the root. */
export type Path = readonly (string | number)[];

/** Parses YAML 1.2 (core schema) with all that is wrong in it. */
export function parseYaml(source: TextSource): Checked<YamlDocument> {
  const document = parseDocument(source.text, { uniqueKeys: false, prettyErrors: false });
  // What follows the first error is mostly its consequence.
  const error = document.errors.find(({ code }) => code === 'MULTILINE_IMPLICIT_KEY') ?? document.errors[0];
  if (error !== undefined) return { ok: false, mistakes: [syntaxMistake(source, error)] };
  const root = document.contents as Node | null;
  if (root === null || (isScalar(root) && root.type === 'PLAIN' && root.source === '')) {
    return {
      ok: false,
      mistakes: [mistakeAt({ source, start: 0, end: 0 }, 'there is nothing in it', 'See `drover schema` for what may stand here.')],
    };
  }
  const { value, aliases, mistakes } = readYaml(source, root);
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value: { source, value, root, aliases } };
}

/** What the parser says of the commonest slips, in words that tell what to do; its own words for the others. */
const SYNTAX: Readonly<Record<string, { readonly message?: string; readonly hint: string }>> = {
  TAB_AS_INDENT: { message: 'a tab cannot indent YAML', hint: 'Use spaces.' },
  MULTIPLE_DOCS: { message: 'a second document begins here', hint: 'Remove the `---`, or make it a file of its own.' },
  BAD_SCALAR_START: { hint: 'Put the text into quotes.' },
  BAD_ALIAS: { message: '`*` alone is an alias without a name', hint: 'Put it into quotes: "*".' },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second `: ` in one line',
    hint: 'Put text that holds `: ` into quotes; a nested mapping begins on a line of its own.',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'this value goes on in the next line, and a key stands there',
    hint: 'Keys of one mapping begin in the same column.',
  },
  UNEXPECTED_TOKEN: { hint: 'Put the whole text into quotes, also where only a part of it stands in quotes.' },
  BAD_INDENT: { hint: 'Keys of one mapping begin in the same column; brackets are closed.' },
  MISSING_CHAR: { hint: 'A key is followed by `: ` and its value; quotes and brackets are closed.' },
  RESOURCE_EXHAUSTION: { message: 'too many brackets within each other', hint: 'Write less of them; perhaps some are not closed.' },
  BAD_DQ_ESCAPE: { hint: 'Use single quotes, where a backslash is a backslash.' },
};

function syntaxMistake(source: TextSource, error: YAMLParseError): Mistake {
  const [start, end] = error.pos;
  const tab = error.code === 'TAB_AS_INDENT' ? source.text.indexOf('\t', start) : indentingTab(source.text, start);
  const known = SYNTAX[tab === undefined ? error.code : 'TAB_AS_INDENT'];
  const message = known?.message ?? error.message.charAt(0).toLowerCase() + error.message.slice(1);
  const span = tab === undefined ? { source, start, end } : { source, start: tab, end: tab + 1 };
  return mistakeAt(span, message, known?.hint ?? 'This is no YAML 1.2.');
}

/** Where a tab indents a key or an entry in the line of an error or behind it: the parser often takes that for something else. */
function indentingTab(text: string, at: number): number | undefined {
  const from = text.lastIndexOf('\n', at - 1) + 1;
  const lines = text.slice(from).split('\n', 2).join('\n');
  const found = /^ *(?=\t\s*(?:- |[\w."'-]+:(?:\s|$)))/m.exec(lines);
  return found === null ? undefined : from + found.index + found[0].length;
}

/** The node at a path; undefined where there is none. */
export function nodeAt(document: YamlDocument, path: Path): Node | undefined {
  let node: Node | undefined = document.root;
  for (const step of path) node = childOf(document, node, step)?.value;
  return node;
}

interface Child {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

function childOf(document: YamlDocument, parent: Node | undefined, step: string | number): Child | undefined {
  const node = isAlias(parent) ? document.aliases.get(parent) : parent;
  if (isSeq(node)) return { key: undefined, value: (node.items[Number(step)] ?? undefined) as Node | undefined };
  if (!isMap(node)) return undefined;
  const pair = pairsOf(node).get(String(step));
  return pair === undefined ? undefined : { key: pair.key as Node, value: (pair.value ?? undefined) as Node | undefined };
}

/** Inventories hold mappings of many thousand keys. */
const PAIRS = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = PAIRS.get(map);
  if (known !== undefined) return known;
  const pairs = new Map(map.items.map((pair) => [keyText(pair.key) ?? '', pair]));
  PAIRS.set(map, pairs);
  return pairs;
}

/** Where the value at a path stands; where there is none, the nearest key above. */
export function valueSpan(document: YamlDocument, path: Path): Span {
  const node = nodeAt(document, path);
  const isBlock = (isMap(node) || isSeq(node)) && !(node as { readonly flow?: boolean }).flow;
  if (node === undefined || (isBlock && path.length > 0 && typeof path.at(-1) === 'string')) return keySpan(document, path);
  const span = nodeSpan(document.source, node);
  return isBlock ? { ...span, end: span.start + 1 } : span;
}

/** Where the key at a path stands; where there is none, the nearest one above. */
export function keySpan(document: YamlDocument, path: Path): Span {
  if (path.length === 0) return { ...wholeSpan(document.source), end: 1, start: document.root.range?.[0] ?? 0 };
  const parent = nodeAt(document, path.slice(0, -1));
  const child = childOf(document, parent, path.at(-1) ?? '');
  if (child?.key !== undefined) return nodeSpan(document.source, child.key);
  if (child?.value !== undefined) return valueSpan(document, path);
  const up = path.slice(0, -1);
  return typeof up.at(-1) === 'number' ? valueSpan(document, up) : keySpan(document, up);
}

/** A part of a text value, by offsets in the value. Exact where the file holds the value letter for letter, and in `|` blocks. */
export function textSpan(document: YamlDocument, path: Path, part: { readonly from: number; readonly to: number }): Span {
  const found = nodeAt(document, path);
  const node = isAlias(found) ? document.aliases.get(found) : found;
  const span = valueSpan(document, path);
  if (!isScalar(node) || typeof node.value !== 'string') return span;
  const raw = document.source.text.slice(span.start, span.end);
  const at = raw.indexOf(node.value);
  if (at >= 0) return within(span, at + part.from, at + Math.max(part.to, part.from + 1));
  return inBlock(span, node, part) ?? span;
}

/** `|` blocks keep their lines; each is indented in the file. */
function inBlock(span: Span, node: Scalar, part: { readonly from: number; readonly to: number }): Span | undefined {
  if (node.type !== 'BLOCK_LITERAL' || typeof node.value !== 'string') return undefined;
  const before = node.value.slice(0, part.from).split('\n');
  const lines = span.source.text.slice(span.start, span.end).split('\n');
  const skipped = lines.slice(0, before.length).reduce((sum, line) => sum + line.length + 1, 0);
  const [first = ''] = node.value.split('\n');
  const indent = (lines[1] ?? '').indexOf(first);
  const from = skipped + Math.max(0, indent) + (before.at(-1) ?? '').length;
  return within(span, from, from + Math.max(1, part.to - part.from));
}
