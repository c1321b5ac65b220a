import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverError } from '../core/errors.ts';
import type { JournalRecord } from './record.ts';

export const JOURNAL = 'journal.ndjson';
export const OBJECTS = 'objects';

/** An open journal of one run. */
export interface Journal {
  readonly append: (record: JournalRecord) => void;
  /** Keeps bytes beside the journal; their SHA-256. They are on disk before any record that was added after them. */
  readonly keep: (bytes: Buffer) => string;
  /** Settles when all that was added so far would outlast a power loss. Throws JOURNAL_FAILED. */
  readonly durable: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What goes out in one block. */
interface Block {
  readonly lines: string[];
  readonly objects: Map<string, Buffer>;
  /** Who waits for it to be on disk. */
  readonly waiting: (() => void)[];
}

/** Opens a run's journal and adds to its end. What an earlier writer left half-written there is cut off. */
export async function openJournal(folder: string): Promise<Journal> {
  const objects = join(folder, OBJECTS);
  const { handle, known } = await opened(folder, objects);

  let pending = empty();
  let failed: DroverError | undefined;
  let writing: Promise<void> | undefined;

  // One writer at a time; what comes meanwhile goes into the next block, so that many hosts share one fsync.
  const drain = async (): Promise<void> => {
    while (pending.lines.length > 0 || pending.waiting.length > 0) {
      const block = pending;
      pending = empty();
      try {
        // Behind a record that was cut off nothing could be read any more.
        if (failed === undefined) await writeBlock(handle, objects, block);
      } catch (error) {
        failed = journalFailed(folder, error);
      }
      for (const tell of block.waiting) tell();
    }
    writing = undefined;
  };
  const flush = (): Promise<void> => {
    writing ??= Promise.resolve().then(drain);
    return writing;
  };

  return {
    append: (record) => {
      pending.lines.push(`${JSON.stringify(record)}\n`);
      void flush();
    },
    keep: (bytes) => {
      const digest = createHash('sha256').update(bytes).digest('hex');
      if (!known.has(digest)) pending.objects.set(digest, bytes);
      known.add(digest);
      return digest;
    },
    durable: async () => {
      await new Promise<void>((tell) => {
        pending.waiting.push(tell);
        void flush();
      });
      if (failed !== undefined) throw failed;
    },
    close: async () => {
      await flush();
      await handle.close();
    },
  };
}

/** The journal at its last whole record, and what is kept beside it already. */
async function opened(folder: string, objects: string): Promise<{ readonly handle: FileHandle; readonly known: Set<string> }> {
  try {
    await mkdir(objects, { recursive: true, mode: 0o700 });
    const known = new Set(await readdir(objects));
    const handle = await open(join(folder, JOURNAL), 'a+', 0o600);
    await cutTorn(handle);
    return { handle, known };
  } catch (error) {
    throw journalFailed(folder, error);
  }
}

function empty(): Block {
  return { lines: [], objects: new Map(), waiting: [] };
}

async function writeBlock(handle: FileHandle, folder: string, { objects, lines, waiting }: Block): Promise<void> {
  if (objects.size > 0) await writeObjects(folder, objects);
  await handle.appendFile(lines.join(''));
  if (waiting.length > 0) await handle.datasync();
}

async function writeObjects(folder: string, objects: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [digest, bytes] of objects) {
    const half = join(folder, `${digest}.half`);
    const file = await open(half, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(half, join(folder, digest));
  }
  // A new name lasts only when its folder is written, too: fsync(2).
  const names = await open(folder, 'r');
  try {
    await names.sync();
  } finally {
    await names.close();
  }
}

/** A record that was being written when the power went has no newline. */
async function cutTorn(handle: FileHandle): Promise<void> {
  const text = await handle.readFile();
  const end = text.lastIndexOf(0x0a) + 1;
  if (end < text.length) await handle.truncate(end);
}

function journalFailed(folder: string, cause: unknown): DroverError {
  if (!(cause instanceof Error) || !('code' in cause)) throw cause;
  return new DroverError('JOURNAL_FAILED', `${folder}: the journal cannot be written: ${cause.message}`, { cause });
}
