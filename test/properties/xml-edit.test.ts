import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childOf, hasChild, readXml, type WantedChild, withChildren, type XmlElement } from '../../src/probes/xml-edit.ts';

const name = fc.constantFrom('cpu', 'disk', 'driver', 'a-b');
const key = fc.constantFrom('mode', 'cache', 'io', 'x:y');
const value = fc.constantFrom('', 'none', "it's", '<&"', 'a > b', 'ä𝄞', '$&');
const space = fc.constantFrom('', '\n', '\n  ', '\t', '<!-- <cpu mode="x"> -->', 'text &amp; more', '<![CDATA[<driver/>]]>');

function quoted(one: string): string {
  const text = one.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return text.includes("'") ? `"${text.replaceAll('"', '&quot;')}"` : `'${text}'`;
}

/** Well-formed texts as people and programs leave them: any quotes, spaces, comments and CDATA sections. */
const element: fc.Memo<string> = fc.memo((depth) =>
  fc
    .tuple(
      name,
      fc.dictionary(key, value, { maxKeys: 3 }),
      fc.constantFrom(' ', '\n   '),
      depth > 1 ? fc.array(fc.tuple(space, element()), { maxLength: 3 }) : fc.constant([]),
      space,
    )
    .map(([tag, attributes, gap, inner, end]) => {
      const open = `${tag}${Object.entries(attributes)
        .map(([one, text]) => `${gap}${one}${gap === ' ' ? '=' : ' = '}${quoted(text)}`)
        .join('')}`;
      const content = `${inner.flat().join('')}${end}`;
      return content === '' ? `<${open}${gap}/>` : `<${open}>${content}</${tag} >`;
    }),
);
const text = fc.tuple(fc.constantFrom('', '<?xml version="1.0"?>\n', '<!-- <x> -->\n'), element(3)).map((parts) => `${parts.join('')}\n`);

function rootOf(xml: string): XmlElement {
  const read = readXml(xml);
  if (!read.ok) throw new Error(read.because);
  return read.root;
}

function wantIn(xml: string, tag: string, attributes: WantedChild['attributes']): WantedChild {
  return { parent: rootOf(xml), name: tag, attributes };
}

const wishes = fc.dictionary(key, fc.option(value, { nil: undefined }), { maxKeys: 3 });

describe('the places of elements', () => {
  it('begin at their name and end at their end', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (xml) => {
        const visit = ({ name: tag, from, to, opened, children }: XmlElement): void => {
          expect(xml.slice(from, from + tag.length + 1)).toBe(`<${tag}`);
          expect(xml.slice(opened - 1, opened) + xml.slice(to - 1, to)).toBe('>>');
          children.forEach(visit);
        };
        visit(rootOf(xml));
      }),
    );
  });
});

describe('a wanted child', () => {
  it('is there afterwards, and the second time nothing is to be done', async () => {
    await fc.assert(
      fc.asyncProperty(text, name, wishes, async (xml, tag, attributes) => {
        const edited = withChildren(xml, [wantIn(xml, tag, attributes)]);
        expect(hasChild(wantIn(edited, tag, attributes))).toBe(true);
        expect(withChildren(edited, [wantIn(edited, tag, attributes)])).toBe(edited);
      }),
    );
  });

  it('leaves every byte outside of its own tag', async () => {
    await fc.assert(
      fc.asyncProperty(text, name, wishes, async (xml, tag, attributes) => {
        const child = childOf(rootOf(xml), tag);
        fc.pre(child !== undefined);
        const edited = withChildren(xml, [wantIn(xml, tag, attributes)]);
        const tail = xml.length - child.opened;
        expect(edited.slice(0, child.from)).toBe(xml.slice(0, child.from));
        expect(edited.slice(edited.length - tail)).toBe(xml.slice(child.opened));
      }),
    );
  });

  it('comes and goes with what it replaces: setting the old values again changes nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(text, name, wishes, async (xml, tag, attributes) => {
        const before = childOf(rootOf(xml), tag)?.attributes;
        fc.pre(before !== undefined);
        const edited = withChildren(xml, [wantIn(xml, tag, attributes)]);
        const old = Object.fromEntries(Object.keys(attributes).map((one) => [one, before[one]]));
        expect(childOf(rootOf(withChildren(edited, [wantIn(edited, tag, old)])), tag)?.attributes).toEqual(before);
      }),
    );
  });
});
