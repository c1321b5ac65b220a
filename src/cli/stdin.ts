import { usageError } from './usage.ts';

/** Every host is fed from memory. */
const LONGEST = 64 << 20;

/** All of stdin. */
export async function readStdin(stdin: NodeJS.ReadStream): Promise<Buffer> {
  if (stdin.isTTY === true) throw usageError('--stdin: stdin is a terminal', 'Give it a file or a pipe.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST) throw usageError(`--stdin: more than ${LONGEST >> 20} MiB`, 'Put the file on the hosts, and read it there.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
