import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { type JsonPath, withMember, withoutMember } from '../../src/probes/json-edit.ts';
import { scanJson } from '../../src/probes/json-scan.ts';

const blanks = fc.constantFrom('', ' ', '\n', '\n  ', '\r\n\t', ' \t');
const key = fc.oneof(fc.constantFrom('mtu', 'bip', '__proto__', 'a.b', ''), fc.string());
const scalar: fc.Arbitrary<string> = fc
  .oneof(fc.boolean(), fc.constant(null), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string())
  .map((value) => JSON.stringify(value));

/** JSON texts as people leave them: any blanks anywhere, no key twice. */
const { object, value } = fc.letrec<{ object: string; value: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, tie('object'), list(tie('value'))),
  object: members(tie('value')),
}));

function list(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(fc.array(fc.tuple(blanks, item, blanks), { maxLength: 3 }), blanks).map(([items, empty]) => {
    return `[${items.length === 0 ? empty : items.map((parts) => parts.join('')).join(',')}]`;
  });
}

function members(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const member = fc.record({ name: key, blanks: fc.tuple(blanks, blanks, blanks, blanks), item });
  const some = fc.uniqueArray(member, { maxLength: 4, selector: ({ name }) => name });
  return fc.tuple(some, blanks).map(([found, empty]) => {
    const texts = found.map(({ name, blanks: [a, b, c, d], item }) => `${a}${JSON.stringify(name)}${b}:${c}${item}${d}`);
    return `{${texts.length === 0 ? empty : texts.join(',')}}`;
  });
}

const text = fc.tuple(fc.constantFrom('', '\uFEFF', '\n'), object, blanks).map((parts) => parts.join(''));
const newValue: fc.Arbitrary<Json> = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null));

function edited(result: ReturnType<typeof withMember>): string {
  if (!result.ok) throw new Error(result.message);
  return result.text;
}

function parsed(json: string): Record<string, Json> {
  return JSON.parse(json.replace(/^\uFEFF/, ''));
}

function absent(json: string, name: string): boolean {
  return !Object.hasOwn(parsed(json), name);
}

describe('edits of a JSON text', () => {
  it('set one member and leave the value of every other', () => {
    fc.assert(
      fc.property(text, key, newValue, (json, name, wanted) => {
        const after = parsed(edited(withMember(json, [name], wanted)));
        expect(after).toEqual({ ...parsed(json), [name]: wanted });
        expect(Object.keys(after).filter((other) => other !== name)).toEqual(Object.keys(parsed(json)).filter((other) => other !== name));
      }),
    );
  });

  it('only add bytes for a new key, and only swap the value of an old one', () => {
    fc.assert(
      fc.property(text, key, newValue, (json, name, wanted) => {
        const after = edited(withMember(json, [name], wanted));
        const head = commonHead(json, after);
        const tail = commonHead(reversed(json).slice(0, json.length - head), reversed(after).slice(0, after.length - head));
        const lost = json.slice(head, json.length - tail);
        if (absent(json, name)) expect(lost).toBe('');
        // Of an old value's text nothing but itself may go.
        else expect(valueText(json, name)).toContain(lost);
      }),
    );
  });

  it('twice are once', () => {
    fc.assert(
      fc.property(text, key, newValue, (json, name, wanted) => {
        const once = edited(withMember(json, [name], wanted));
        expect(edited(withMember(once, [name], wanted))).toBe(once);
      }),
    );
  });

  it('taken back give the same bytes', () => {
    fc.assert(
      fc.property(text, key, newValue, (json, name, wanted) => {
        fc.pre(absent(json, name));
        expect(edited(withoutMember(edited(withMember(json, [name], wanted)), [name]))).toBe(json);
      }),
    );
  });

  it('taken back give the same bytes also where objects were made on the way', () => {
    fc.assert(
      fc.property(text, fc.tuple(key, key, key), newValue, (json, path: JsonPath, wanted) => {
        fc.pre(absent(json, path[0]));
        expect(edited(withoutMember(edited(withMember(json, path, wanted)), path))).toBe(json);
      }),
    );
  });

  it('remove one member and nothing else', () => {
    fc.assert(
      fc.property(text, key, (json, name) => {
        const { [name]: _, ...rest } = parsed(json);
        expect(parsed(edited(withoutMember(json, [name])))).toEqual(rest);
      }),
    );
  });
});

describe('scanning', () => {
  it('agrees with JSON.parse on every text', () => {
    const broken = fc.tuple(value, fc.nat(), fc.constantFrom('', ',', '"', '}', '\\', '\n', '//', "'")).map(([json, at, sign]) => {
      const spot = at % (json.length + 1);
      return json.slice(0, spot) + sign + json.slice(spot + (at % 2));
    });
    fc.assert(
      fc.property(fc.oneof(value, broken, fc.string()), (json) => {
        const scan = scanJson(json);
        if (scan.ok) expect(scan.root.value).toEqual(JSON.parse(json));
        else if (!scan.message.includes('twice')) expect(() => JSON.parse(json)).toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('names a line of the text where it fails', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '"a"', ':', ',', '1', '\n', '[', ']', 'x') }), (json) => {
        const scan = scanJson(json);
        if (scan.ok) return;
        expect(scan.line).toBeGreaterThanOrEqual(1);
        expect(scan.line).toBeLessThanOrEqual(json.split('\n').length);
        expect(scan.message).toMatch(/^[a-z]/);
      }),
    );
  });
});

function valueText(json: string, name: string): string {
  const scan = scanJson(json);
  const node = scan.ok ? scan.root.members?.find((member) => member.key === name)?.node : undefined;
  return json.slice(node?.start, node?.end);
}

function commonHead(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

function reversed(text: string): string {
  return text.split('').reverse().join('');
}
