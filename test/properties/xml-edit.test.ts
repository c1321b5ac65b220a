import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childOf, readXml, type XmlElement } from '../../src/probes/libvirt/xml.ts';
import { addAt, childWith, edited, type XmlAttributes, type XmlEdit } from '../../src/probes/libvirt/xml-edit.ts';

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

function withChild(xml: string, tag: string, attributes: XmlAttributes): string {
  return edited(xml, childWith(rootOf(xml), tag, attributes));
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

describe('any text at all', () => {
  it('is a document, or a line of it is named', async () => {
    const parts = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      ' ',
      '=',
      '"',
      "'",
      '&',
      ';',
      '&amp;',
      '<a>',
      '</a>',
      '<!--',
      '-->',
      '<![CDATA[',
      '\n',
      '?',
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: parts, maxLength: 12 }), fc.string({ unit: 'binary' }), text), async (xml) => {
        const read = readXml(xml);
        if (read.ok) expect(xml.slice(read.root.from, read.root.to)).toMatch(/^<.*>$/s);
        const line = read.ok ? 1 : Number(/^(\d+):/.exec(read.because)?.[1]);
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(xml.split(/\r\n|[\n\r\u0085\u2028]/).length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a wanted child', () => {
  it('is there afterwards, and the second time nothing is to be done', async () => {
    await fc.assert(
      fc.asyncProperty(text, name, wishes, async (xml, tag, attributes) => {
        const root = rootOf(withChild(xml, tag, attributes));
        expect(childOf(root, tag)).toBeDefined();
        expect(childWith(root, tag, attributes)).toEqual([]);
      }),
    );
  });

  it('leaves every byte outside of its own tag', async () => {
    await fc.assert(
      fc.asyncProperty(text, name, wishes, async (xml, tag, attributes) => {
        const child = childOf(rootOf(xml), tag);
        fc.pre(child !== undefined);
        const after = withChild(xml, tag, attributes);
        const tail = xml.length - child.opened;
        expect(after.slice(0, child.from)).toBe(xml.slice(0, child.from));
        expect(after.slice(after.length - tail)).toBe(xml.slice(child.opened));
      }),
    );
  });

  it('comes and goes with what it replaces: setting the old values again changes nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(text, name, wishes, async (xml, tag, attributes) => {
        const before = childOf(rootOf(xml), tag)?.attributes;
        fc.pre(before !== undefined);
        const old = Object.fromEntries(Object.keys(attributes).map((one) => [one, before[one]]));
        const back = withChild(withChild(xml, tag, attributes), tag, old);
        expect(childOf(rootOf(back), tag)?.attributes).toEqual(before);
        // One that was taken out comes back behind the others, and signs with a meaning have several names.
        const isSame = Object.entries(attributes).every(([one, value]) => before[one] === undefined || value !== undefined);
        if (isSame && !Object.values(old).some((value) => /[<>&'"]/.test(value ?? ''))) expect(back).toBe(xml);
      }),
    );
  });
});

/** Without what an edit may bring or take: the text of a document from which its edits were cut out again. */
function removed(xml: string, path: readonly number[]): string {
  const element = path.reduce<XmlElement | undefined>((at, i) => at?.children[i], rootOf(xml));
  return element === undefined ? xml : edited(xml, [{ kind: 'remove', element }]);
}

describe('several edits of one text', () => {
  it('are each as if made alone, and taken out again leave the bytes of before', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.array(value, { minLength: 1, maxLength: 3 }), async (xml, values) => {
        const root = rootOf(xml);
        fc.pre(root.children.length > 0);
        const edits: readonly XmlEdit[] = values.map((one) => addAt(root, ['brought'], { name: 'pin', attributes: { key: one } }));
        const after = edited(xml, edits);
        const brought = childOf(rootOf(after), 'brought');
        expect(brought?.children.map(({ attributes }) => attributes['key'])).toEqual(values);
        expect(removed(after, [root.children.length])).toBe(xml);
      }),
    );
  });

  it('fill an element with a text that reads back, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('<a><n/></a>', '<a><n></n></a>', "<a b='1'><n x='2'>old</n><!-- n --></a>"),
        value,
        async (xml, content) => {
          const element = childOf(rootOf(xml), 'n');
          if (element === undefined) throw new Error('no such element');
          const after = edited(xml, [{ kind: 'fill', element, text: content }]);
          expect(childOf(rootOf(after), 'n')).toMatchObject({ text: content, attributes: element.attributes });
          expect(after.slice(0, element.from) + after.slice(after.length - (xml.length - element.to))).toBe(
            xml.slice(0, element.from) + xml.slice(element.to),
          );
        },
      ),
    );
  });
});
