import { toText } from '../script/text.ts';

/** Of what a command prints so much is kept, from the end: one that says gigabytes must not fill the memory. */
const KEPT_BYTES = 1 << 20;

/** What came since the last mark of an act; of much only the last lines, and how many bytes stood before them. */
export interface OutputTail {
  /** Whether a mark, or its beginning, stands in what came. Until then what is too much is let go. */
  readonly push: (chunk: Buffer) => boolean;
  readonly bytes: () => Buffer;
  /** Begins anew behind a mark. */
  readonly restart: (rest: Buffer) => void;
  /** Bytes as text, with a line that tells of what was let go. */
  readonly told: (bytes: Buffer) => string;
}

/** An empty one. `prefix` is what marks begin with, a newline first. */
export function outputTail(prefix: string): OutputTail {
  let chunks: Buffer[] = [];
  let size = 0;
  let dropped = 0;
  let isMarked = false;
  // The end of what came, in which a mark may have begun.
  let tail: Buffer = Buffer.of();
  const trim = (): void => {
    const all = Buffer.concat(chunks);
    const kept = Buffer.from(wholeLines(all, all.length - KEPT_BYTES));
    dropped += size - kept.length;
    size = kept.length;
    chunks = [kept];
  };
  return {
    push: (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      const seam = Buffer.concat([tail, chunk]);
      tail = seam.subarray(-prefix.length);
      isMarked ||= seam.includes(prefix);
      if (!isMarked && size > 2 * KEPT_BYTES) trim();
      return isMarked;
    },
    bytes: () => Buffer.concat(chunks),
    restart: (rest) => {
      chunks = [rest];
      size = rest.length;
      dropped = 0;
      isMarked = rest.includes(prefix);
    },
    told: (bytes) => {
      if (dropped === 0) return toText(bytes).text;
      const whole = wholeLines(bytes, 0);
      return `(${dropped + bytes.length - whole.length} bytes before this are left out)${toText(whole).text}`;
    },
  };
}

/** From the first newline on, for a mark may begin there: a piece of a line cannot be searched for secrets, and is left out. */
function wholeLines(bytes: Buffer, from: number): Buffer {
  const at = bytes.indexOf('\n', from);
  return at < 0 ? Buffer.of() : bytes.subarray(at);
}
