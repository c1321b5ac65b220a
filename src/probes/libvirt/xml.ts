import { SaxesParser } from 'saxes';

/** An element with its place in the text it was read from, in UTF-16 units. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text that stands in it directly, without that of its children. */
  readonly text: string;
  /** The open tag is text.slice(from, opened), the whole element text.slice(from, to). */
  readonly from: number;
  readonly opened: number;
  readonly to: number;
}

/** A well-formed text's root, or why it is none, the line and the column first. */
export type XmlRead = { readonly ok: true; readonly root: XmlElement } | { readonly ok: false; readonly because: string };

interface Open extends Omit<XmlElement, 'to' | 'children' | 'text'> {
  readonly children: XmlElement[];
  readonly texts: string[];
}

/** Reads an XML text. What is in comments and CDATA sections is no element. */
export function readXml(text: string): XmlRead {
  const parser = new SaxesParser({ xmlns: false });
  const open: Open[] = [];
  let root: XmlElement | undefined;
  // A well-formed tag has no < but its first, so that tells where it begins.
  const tagStart = () => text.lastIndexOf('<', parser.position - 1);
  parser.on('opentag', ({ name, attributes }) => {
    open.push({ name, attributes, children: [], texts: [], from: tagStart(), opened: parser.position });
  });
  parser.on('text', (piece) => {
    open.at(-1)?.texts.push(piece);
  });
  parser.on('closetag', () => {
    const last = open.pop();
    if (last === undefined) return;
    const { texts, ...rest } = last;
    const element = { ...rest, text: texts.join('').trim(), to: parser.position };
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  try {
    parser.write(text).close();
  } catch (error) {
    return { ok: false, because: error instanceof Error ? error.message : String(error) };
  }
  return root === undefined ? { ok: false, because: '1: it has no element' } : { ok: true, root };
}

/** The children of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return childrenOf(element, name)[0];
}

/** The first element down a path of names. */
export function elementAt(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce(childOf, element);
}
