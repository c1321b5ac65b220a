import { printableBytes } from './printable.ts';

export type Stream = 'stdout' | 'stderr';

/** What a host's command printed, kept up to a limit. */
export interface Kept {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** How many bytes were not kept. */
  readonly dropped: number;
}

/** Takes a host's output as it comes. */
export interface OutputKeeper {
  /** Keeps the chunk, and returns the lines that it completes, printable. */
  readonly take: (stream: Stream, chunk: Buffer) => readonly string[];
  /** Whether something was not kept. */
  readonly isFull: () => boolean;
  /** What is left of the last line of a stream, once the command has ended. */
  readonly rest: (stream: Stream) => readonly string[];
  readonly kept: () => Kept;
}

/** A line that does not end is given out in pieces of this size, so that no host fills the memory. */
const LONGEST_LINE = 64 * 1024;
const NEWLINE = 10;

/** A keeper for one host that holds no more than so many bytes. */
export function outputKeeper(limit: number): OutputKeeper {
  const chunks: Record<Stream, Buffer[]> = { stdout: [], stderr: [] };
  const open: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  let size = 0;
  let dropped = 0;
  return {
    take: (stream, chunk) => {
      const fits = chunk.subarray(0, Math.max(0, limit - size));
      // A copy: the chunk may be a slice of a larger buffer that would be held as long.
      if (fits.length > 0) chunks[stream].push(Buffer.from(fits));
      size += fits.length;
      dropped += chunk.length - fits.length;
      const { lines, rest } = completeLines(Buffer.concat([open[stream], chunk]));
      open[stream] = rest;
      return lines;
    },
    rest: (stream) => {
      const last = open[stream];
      open[stream] = Buffer.alloc(0);
      return last.length === 0 ? [] : [printableBytes(last)];
    },
    isFull: () => dropped > 0,
    kept: () => ({ stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr), dropped }),
  };
}

/** The lines of bytes, printable; the newline at the end makes no line. */
export function linesOf(bytes: Buffer): readonly string[] {
  const { lines, rest } = completeLines(bytes);
  return rest.length === 0 ? lines : [...lines, printableBytes(rest)];
}

function completeLines(bytes: Buffer): { readonly lines: readonly string[]; readonly rest: Buffer } {
  const lines: string[] = [];
  let from = 0;
  while (from < bytes.length) {
    const end = bytes.indexOf(NEWLINE, from);
    if (end === -1 && bytes.length - from < LONGEST_LINE) break;
    const whole = end !== -1 && end - from <= LONGEST_LINE;
    const to = whole ? end : from + LONGEST_LINE;
    lines.push(printableBytes(bytes.subarray(from, to)));
    from = whole ? to + 1 : to;
  }
  return { lines, rest: Buffer.from(bytes.subarray(from)) };
}
