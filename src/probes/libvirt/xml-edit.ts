import { childOf, type XmlElement } from './xml.ts';

/** Attributes to have; an undefined one is not to be there. */
export type XmlAttributes = Readonly<Record<string, string | undefined>>;

/** An element to be made. */
export interface NewElement {
  readonly name: string;
  readonly attributes?: XmlAttributes;
  readonly children?: readonly NewElement[];
  readonly text?: string;
}

/** What is to be done to elements of one text; all else of it keeps its bytes. */
export type XmlEdit =
  | { readonly kind: 'set'; readonly element: XmlElement; readonly attributes: XmlAttributes }
  | { readonly kind: 'add'; readonly parent: XmlElement; readonly child: NewElement }
  | { readonly kind: 'remove'; readonly element: XmlElement }
  | { readonly kind: 'fill'; readonly element: XmlElement; readonly text: string };

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Edits after which the child is there once, with these attributes; none where it is so already. */
export function childWith(parent: XmlElement, name: string, attributes: XmlAttributes): readonly XmlEdit[] {
  const child = childOf(parent, name);
  return child === undefined ? [{ kind: 'add', parent, child: { name, attributes } }] : attributesSet(child, attributes);
}

/** Edits after which the element has these attributes. */
export function attributesSet(element: XmlElement, attributes: XmlAttributes): readonly XmlEdit[] {
  const holds = Object.entries(attributes).every(([key, value]) => element.attributes[key] === value);
  return holds ? [] : [{ kind: 'set', element, attributes }];
}

/** An edit that adds an element below a path, and makes of the path what is not there. */
export function addAt(root: XmlElement, path: readonly string[], child: NewElement): XmlEdit {
  const [name, ...rest] = path;
  if (name === undefined) return { kind: 'add', parent: root, child };
  const next = childOf(root, name);
  if (next !== undefined) return addAt(next, rest, child);
  return { kind: 'add', parent: root, child: path.reduceRight((inner, one) => ({ name: one, children: [inner] }), child) };
}

/** The text with the edits made. Their elements are those that were read from this very text. */
export function edited(text: string, edits: readonly XmlEdit[]): string {
  // From the last to the first, so that no place moves before its turn.
  return splicesFor(text, edits)
    .toSorted((a, b) => b.from - a.from)
    .reduce((whole, { from, to, text: piece }) => whole.slice(0, from) + piece + whole.slice(to), text);
}

function splicesFor(text: string, edits: readonly XmlEdit[]): readonly Splice[] {
  const tags = new Map<XmlElement, { attributes: XmlAttributes; adds: readonly NewElement[] }>();
  const splices: Splice[] = [];
  for (const edit of edits) {
    if (edit.kind === 'remove') splices.push({ from: lineStart(text, edit.element.from), to: edit.element.to, text: '' });
    else if (edit.kind === 'fill') splices.push(filling(text, edit.element, edit.text));
    else {
      const element = edit.kind === 'set' ? edit.element : edit.parent;
      const { attributes, adds } = tags.get(element) ?? { attributes: {}, adds: [] };
      if (edit.kind === 'set') tags.set(element, { attributes: { ...attributes, ...edit.attributes }, adds });
      else tags.set(element, { attributes, adds: merged([...adds, edit.child]) });
    }
  }
  return [...splices, ...[...tags].flatMap(([element, { attributes, adds }]) => tagSplices(text, element, { attributes, adds }))];
}

/** Elements that only hold others are there once: what several edits put into them stands together. */
function merged(elements: readonly NewElement[]): readonly NewElement[] {
  const done: NewElement[] = [];
  for (const one of elements) {
    const place = isHolder(one) ? done.findIndex((other) => other.name === one.name && isHolder(other)) : -1;
    const same = done[place];
    if (same === undefined) done.push(one);
    else done[place] = { name: one.name, children: merged([...(same.children ?? []), ...(one.children ?? [])]) };
  }
  return done;
}

function isHolder({ attributes, text, children }: NewElement): boolean {
  return attributes === undefined && text === undefined && children !== undefined;
}

/**
 * The open tag as it is to be, and the new children behind the others, each on a line of its own, as deep as its siblings. Behind,
 * for order can have a meaning: a domain boots from its first disk.
 */
function tagSplices(
  text: string,
  { name, from, opened, children }: XmlElement,
  want: { readonly attributes: XmlAttributes; readonly adds: readonly NewElement[] },
): readonly Splice[] {
  const tag = retagged(text.slice(from, opened), want.attributes);
  const [first, last] = [children[0], children.at(-1)];
  const space = first === undefined ? '' : text.slice(lineStart(text, first.from), first.from);
  const inner = want.adds.map((one) => space + written(one)).join('');
  if (inner !== '' && tag.endsWith('/>')) return [{ from, to: opened, text: `${tag.slice(0, -2).trimEnd()}>${inner}</${name}>` }];
  if (last === undefined) return [{ from, to: opened, text: tag + inner }];
  return [{ from, to: opened, text: tag }, ...(inner === '' ? [] : [{ from: last.to, to: last.to, text: inner }])];
}

/** The content of an element that has no children. */
function filling(text: string, { name, from, opened, to }: XmlElement, content: string): Splice {
  const tag = text.slice(from, opened);
  const open = tag.endsWith('/>') ? `${tag.slice(0, -2).trimEnd()}>` : tag;
  return { from, to, text: `${open}${escaped(content)}</${name}>` };
}

/** Where the white space before a place begins. */
function lineStart(text: string, place: number): number {
  return text.slice(0, place).trimEnd().length;
}

/** An attribute with the space before it; well-formed tags hold their values in quotes. */
const ATTRIBUTE = /(\s+)([^\s=]+)(\s*=\s*)("[^"]*"|'[^']*')/g;

/** What stays keeps its place, its spaces and its kind of quotes. */
function retagged(tag: string, attributes: XmlAttributes): string {
  const kept = tag.replace(ATTRIBUTE, (whole, space: string, key: string, equals: string, [quote = "'"]: string) => {
    if (!(key in attributes)) return whole;
    const value = attributes[key];
    return value === undefined ? '' : `${space}${key}${equals}${quote}${escaped(value)}${quote}`;
  });
  const there = new Set([...tag.matchAll(ATTRIBUTE)].map(([, , key]) => key));
  const added = Object.fromEntries(Object.entries(attributes).filter(([key]) => !there.has(key)));
  const end = /\s*\/?>$/.exec(kept)?.index ?? kept.length;
  return kept.slice(0, end) + attributeText(added) + kept.slice(end);
}

function written({ name, attributes = {}, children = [], text = '' }: NewElement): string {
  const open = `<${name}${attributeText(attributes)}`;
  const content = escaped(text) + children.map(written).join('');
  return content === '' ? `${open}/>` : `${open}>${content}</${name}>`;
}

function attributeText(attributes: XmlAttributes): string {
  return Object.entries(attributes)
    .map(([key, value]) => (value === undefined ? '' : ` ${key}='${escaped(value)}'`))
    .join('');
}

/** As libvirt writes them; the ampersand first. */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;', '"': '&quot;' } as const;

function escaped(value: string): string {
  return Object.entries(ENTITIES).reduce((text, [sign, entity]) => text.replaceAll(sign, entity), value);
}
