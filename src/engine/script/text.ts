/** Bytes as text: UTF-8 where they are UTF-8, else one char a byte, and `encoding` says so. */
export interface Text {
  readonly text: string;
  readonly encoding?: 'latin1';
}

const LONGEST_LINE = 400;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes as text from which the very same bytes can be made again. */
export function toText(bytes: Buffer): Text {
  try {
    return { text: UTF8.decode(bytes) };
  } catch {
    return { text: bytes.toString('latin1'), encoding: 'latin1' };
  }
}

/** The bytes of a text. */
export function toBytes({ text, encoding }: Text): Buffer {
  return Buffer.from(text, encoding ?? 'utf8');
}

/** What a program said last. A long line is left out whole: what is cut cannot be searched for secrets. */
export function lastLine(bytes: Buffer): string {
  const line = bytes.toString().trim().split('\n').at(-1) ?? '';
  return line.length > LONGEST_LINE ? `a line of ${line.length} characters` : line;
}
