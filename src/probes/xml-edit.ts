import { SaxesParser } from 'saxes';

/** An element with its place in the text it was read from, in UTF-16 units. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The open tag is text.slice(from, opened), the whole element text.slice(from, to). */
  readonly from: number;
  readonly opened: number;
  readonly to: number;
}

/** A child that an element has once, and the attributes it is to have; an undefined one it is not to have. */
export interface WantedChild {
  readonly parent: XmlElement;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  /** Children of that child which do not go with it. */
  readonly drop?: readonly string[];
}

/** A well-formed text's root, or why it is none, with the line. */
export type XmlRead = { readonly ok: true; readonly root: XmlElement } | { readonly ok: false; readonly because: string };

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

interface Open extends Omit<XmlElement, 'to' | 'children'> {
  readonly children: XmlElement[];
}

/** Reads an XML text. What is in comments and CDATA sections is no element. */
export function readXml(text: string): XmlRead {
  const parser = new SaxesParser({ xmlns: false });
  const open: Open[] = [];
  let root: XmlElement | undefined;
  // A well-formed tag has no < but its first, so that tells where it begins.
  const tagStart = () => text.lastIndexOf('<', parser.position - 1);
  parser.on('opentag', ({ name, attributes }) => {
    open.push({ name, attributes, children: [], from: tagStart(), opened: parser.position });
  });
  parser.on('closetag', () => {
    const last = open.pop();
    if (last === undefined) return;
    const element = { ...last, to: parser.position };
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  try {
    parser.write(text).close();
  } catch (error) {
    return { ok: false, because: error instanceof Error ? error.message : String(error) };
  }
  return root === undefined ? { ok: false, because: 'it has no element' } : { ok: true, root };
}

/** The children of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return childrenOf(element, name)[0];
}

/** Whether the child is there as it is wanted. */
export function hasChild({ parent, name, attributes, drop = [] }: WantedChild): boolean {
  const child = childOf(parent, name);
  const isAttributed = Object.entries(attributes).every(([key, value]) => child?.attributes[key] === value);
  return child !== undefined && isAttributed && !child.children.some((one) => drop.includes(one.name));
}

/** The text with the children as they are wanted; all else keeps its bytes. Elements are those that were read from this text. */
export function withChildren(text: string, wanted: readonly WantedChild[]): string {
  const splices = wanted.filter((one) => !hasChild(one)).flatMap((one) => splicesFor(text, one));
  // From the last to the first, so that no place moves before its turn.
  return splices
    .toSorted((a, b) => b.from - a.from)
    .reduce((edited, { from, to, text: piece }) => edited.slice(0, from) + piece + edited.slice(to), text);
}

function splicesFor(text: string, { parent, name, attributes, drop = [] }: WantedChild): readonly Splice[] {
  const child = childOf(parent, name);
  if (child === undefined) return [insertion(text, parent, `<${name}${written(attributes)}/>`)];
  const dropped = child.children
    .filter((one) => drop.includes(one.name))
    .map(({ from, to }) => ({ from: lineStart(text, from), to, text: '' }));
  return [{ from: child.from, to: child.opened, text: retagged(text.slice(child.from, child.opened), attributes) }, ...dropped];
}

/** As the first child, on a line of its own, as deep as its siblings. */
function insertion(text: string, parent: XmlElement, element: string): Splice {
  const tag = text.slice(parent.from, parent.opened);
  if (tag.endsWith('/>')) {
    return { from: parent.from, to: parent.opened, text: `${tag.slice(0, -2)}>${element}</${parent.name}>` };
  }
  const first = parent.children[0];
  const space = first === undefined ? '' : text.slice(lineStart(text, first.from), first.from);
  return { from: parent.opened, to: parent.opened, text: `${space}${element}` };
}

/** Where the white space before a place begins. */
function lineStart(text: string, place: number): number {
  return text.slice(0, place).trimEnd().length;
}

/** An attribute with the space before it; well-formed tags hold their values in quotes. */
const ATTRIBUTE = /\s+([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')/g;

function retagged(tag: string, attributes: WantedChild['attributes']): string {
  const kept = tag.replace(ATTRIBUTE, (whole, key: string) => {
    if (!(key in attributes)) return whole;
    const value = attributes[key];
    return value === undefined ? '' : ` ${key}='${escaped(value)}'`;
  });
  const there = new Set([...tag.matchAll(ATTRIBUTE)].map(([, key]) => key));
  const added = Object.fromEntries(Object.entries(attributes).filter(([key]) => !there.has(key)));
  const end = /\s*\/?>$/.exec(kept)?.index ?? kept.length;
  return kept.slice(0, end) + written(added) + kept.slice(end);
}

function written(attributes: WantedChild['attributes']): string {
  return Object.entries(attributes)
    .map(([key, value]) => (value === undefined ? '' : ` ${key}='${escaped(value)}'`))
    .join('');
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;');
}
