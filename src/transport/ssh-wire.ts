/** Reads the fields of an SSH structure one after another (RFC 4251 §5). Throws RangeError where it ends too early. */
export interface WireReader {
  readonly string: () => Buffer;
  readonly u32: () => number;
  readonly u64: () => bigint;
  readonly offset: () => number;
  readonly isAtEnd: () => boolean;
}

/** A string field: its length, then its bytes. */
export function wireString(value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([wireU32(bytes.length), bytes]);
}

/** A number field of four bytes. */
export function wireU32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A reader at the start of a structure. */
export function wireReader(data: Buffer): WireReader {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > data.length) throw new RangeError('ssh structure ends too early');
    at += length;
    return data.subarray(at - length, at);
  };
  const u32 = () => take(4).readUInt32BE();
  return {
    string: () => take(u32()),
    u32,
    u64: () => take(8).readBigUInt64BE(),
    offset: () => at,
    isAtEnd: () => at === data.length,
  };
}

/** The strings that a string field is made of. */
export function wireStrings(data: Buffer): readonly Buffer[] {
  const reader = wireReader(data);
  const found: Buffer[] = [];
  while (!reader.isAtEnd()) found.push(reader.string());
  return found;
}

/** The type that stands at the head of a key, a certificate or a signature. */
export function wireType(blob: Buffer): string {
  return wireReader(blob).string().toString('latin1');
}
