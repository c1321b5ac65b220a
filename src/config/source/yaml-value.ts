import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { Json } from '../../core/json.ts';
import type { Mistake } from '../../core/mistake.ts';
import { mistakeAt, type Span, showSpan, type TextSource } from './text-source.ts';

/** A document as data, and what its aliases stand for. */
export interface YamlValue {
  readonly value: Json;
  readonly aliases: ReadonlyMap<Alias, Node>;
  readonly mistakes: readonly Mistake[];
}

/** What aliases may add to a document: some lines of them can make billions of values. */
const MOST_REPEATED = 100_000;

interface Reader {
  readonly source: TextSource;
  readonly anchors: Map<string, { readonly node: Node; readonly value: Json; readonly size: number }>;
  readonly aliases: Map<Alias, Node>;
  readonly mistakes: Mistake[];
  size: number;
  repeated: number;
}

/** Reads a parsed document as data, and finds what YAML allows and nobody means. */
export function readYaml(source: TextSource, root: Node): YamlValue {
  const reader: Reader = { source, anchors: new Map(), aliases: new Map(), mistakes: [], size: 0, repeated: 0 };
  const value = read(reader, root);
  return { value, aliases: reader.aliases, mistakes: reader.mistakes };
}

/** The place of a node's text, without the space behind it. */
export function nodeSpan(source: TextSource, node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return { source, start, end };
}

function read(reader: Reader, node: Node | null): Json {
  if (node === null) return null;
  reader.size += 1;
  if (isAlias(node)) return readAlias(reader, node);
  const from = reader.size;
  const value = readContent(reader, node);
  const { anchor } = node as { readonly anchor?: string };
  if (anchor !== undefined) reader.anchors.set(anchor, { node, value, size: reader.size - from + 1 });
  return value;
}

function readContent(reader: Reader, node: Node): Json {
  refuseTag(reader, node);
  if (isScalar(node)) return readScalar(reader, node);
  if (isSeq(node)) return node.items.map((item) => read(reader, item as Node | null));
  return isMap(node) ? readMap(reader, node as YAMLMap<Node, Node | null>) : null;
}

function report(reader: Reader, node: Node, told: { readonly message: string; readonly hint: string }): null {
  reader.mistakes.push(mistakeAt(nodeSpan(reader.source, node), told.message, told.hint));
  return null;
}

function readAlias(reader: Reader, alias: Alias): Json {
  const found = reader.anchors.get(alias.source);
  if (found === undefined) {
    const hint = `\`*\` begins an alias; quote the text if it is meant: "*${alias.source}".`;
    return report(reader, alias, { message: `no anchor \`&${alias.source}\` stands before this alias`, hint });
  }
  const wasTooMuch = reader.repeated > MOST_REPEATED;
  reader.repeated += found.size;
  // Of those that follow the first nothing new is to be said.
  if (wasTooMuch) return null;
  if (reader.repeated > MOST_REPEATED) {
    const hint = 'Write less of it through aliases.';
    return report(reader, alias, { message: `aliases repeat more than ${MOST_REPEATED} values`, hint });
  }
  reader.size += found.size;
  reader.aliases.set(alias, found.node);
  return found.value;
}

function refuseTag(reader: Reader, node: Node): void {
  const { tag } = node as { readonly tag?: string };
  if (tag === undefined || tag.startsWith('tag:yaml.org,2002:')) return;
  const hint =
    tag === '!vault' || tag === '!unsafe'
      ? "Ansible's tags mean nothing here; give the value with -e @file."
      : `Quote the text if it is meant: "${tag}".`;
  const [start] = node.range ?? [0];
  const at = reader.source.text.lastIndexOf(tag, start);
  const span = at < 0 ? nodeSpan(reader.source, node) : { source: reader.source, start: at, end: at + tag.length };
  reader.mistakes.push(mistakeAt(span, `unknown tag \`${tag}\``, hint));
}

function readScalar(reader: Reader, node: Scalar): Json {
  const { value, source = '' } = node;
  if (typeof value !== 'number') return value as Json;
  if (!Number.isFinite(value))
    return report(reader, node, { message: `\`${source}\` is no number that can be used`, hint: 'Quote it if it is text.' });
  if (/^[-+]?0\d/.test(source)) {
    const message = `\`${source}\` without quotes is the number ${value}`;
    return report(reader, node, { message, hint: `Quote it: "${source}".` });
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return report(reader, node, { message: `\`${source}\` has more digits than a number keeps`, hint: `Quote it: "${source}".` });
  }
  return value;
}

function readMap(reader: Reader, map: YAMLMap<Node, Node | null>): Json {
  const seen = new Map<string, Node>();
  const entries: [string, Json][] = [];
  for (const pair of map.items) {
    const key = readKey(reader, pair);
    if (key === undefined) continue;
    const first = seen.get(key);
    if (first !== undefined) {
      const where = showSpan(nodeSpan(reader.source, first));
      report(reader, pair.key, { message: `\`${key}\` stands here a second time`, hint: `The first is at ${where}; remove one.` });
      continue;
    }
    seen.set(key, pair.key);
    entries.push([key, read(reader, pair.value)]);
  }
  return Object.fromEntries(entries);
}

function readKey(reader: Reader, { key }: Pair<Node, Node | null>): string | undefined {
  if (isMap(key) || isSeq(key)) {
    const message = 'a mapping or list cannot be a key';
    report(reader, key, { message, hint: 'Quote templates: "{{ name }}".' });
    return undefined;
  }
  if (!isScalar(key)) {
    report(reader, key, { message: 'an alias cannot be a key', hint: 'Write the key out.' });
    return undefined;
  }
  if (key.value === '<<' || key.value === '__proto__') {
    const hint = key.value === '<<' ? 'Merge keys are of YAML 1.1; write the values out.' : 'Choose another name.';
    report(reader, key, { message: `\`${key.value}\` cannot be a key`, hint });
    return undefined;
  }
  return keyText(key);
}

/** `01:` and `1.10:` are names, whatever number YAML sees in them. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}
