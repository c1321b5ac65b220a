import fc from 'fast-check';

/** A secret that nothing else holds: telling letters around signs that shells, URLs, JSON and terminals write in other ways. */
export interface Canary {
  readonly text: string;
  /** The letters that alone would give it away. */
  readonly tells: readonly string[];
}

const letters = (count: number) =>
  fc.string({ unit: fc.constantFrom(...'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'), minLength: count, maxLength: count });
const signs = fc.string({ unit: fc.constantFrom(...`'"\\$%& /+=\`\t<>é😀\u200b`, '\n'), maxLength: 8 });

export const canaries: fc.Arbitrary<Canary> = fc
  .record({ head: letters(12), signs, tail: letters(12) })
  .map(({ head, signs: between, tail }) => ({ text: `${head}${between}${tail}`, tells: [head, tail] }));

/** What of a canary stands in a text, in whatever form: any six of its letters, any ten signs of an encoding. */
export function tracesOf({ text, tells }: Canary, seen: string): readonly string[] {
  const bytes = Buffer.from(text);
  const encoded = ['base64', 'base64url', 'hex'].map((form) => bytes.toString(form as BufferEncoding).replace(/=+$/, ''));
  const within = [1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift, 'x'), bytes])
      .toString('base64')
      .slice(4)
      .replace(/=+$/, ''),
  );
  const parts = [...tells.flatMap((tell) => pieces(tell, 6)), ...[...encoded, ...within].flatMap((form) => pieces(form, 10))];
  return parts.filter((part) => seen.includes(part));
}

function pieces(text: string, length: number): readonly string[] {
  return Array.from({ length: Math.max(0, text.length - length + 1) }, (_, from) => text.slice(from, from + length));
}
