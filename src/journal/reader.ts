import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DroverError } from '../core/errors.ts';
import { JournalRecord } from './record.ts';
import { JOURNAL, OBJECTS } from './writer.ts';

/** All records of a run's journal, also while it is being written: a last line without its end is not there yet. */
export function readJournal(folder: string): readonly JournalRecord[] {
  const lines = readText(folder).split('\n').slice(0, -1);
  return lines.map((line, i) => {
    const place = `${join(folder, JOURNAL)}:${i + 1}`;
    const parsed = JournalRecord.safeParse(parsedJson(line, place));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw unreadable(`${place}: ${issue?.path.join('.') || 'record'}: ${issue?.message ?? 'not understood'}`);
  });
}

/** The bytes that the journal keeps under a digest, seen to be those. */
export function readObject(folder: string, digest: string): Buffer {
  const path = join(folder, OBJECTS, digest);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unreadable(`${path}: ${(error as Error).message}`);
  }
  if (createHash('sha256').update(bytes).digest('hex') !== digest) throw unreadable(`${path}: its bytes are not those that were kept`);
  return bytes;
}

function readText(folder: string): string {
  try {
    return readFileSync(join(folder, JOURNAL), 'utf8');
  } catch (error) {
    throw unreadable(`${folder}: ${(error as Error).message}`);
  }
}

function parsedJson(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw unreadable(`${place}: no JSON`);
  }
}

function unreadable(message: string): DroverError {
  return new DroverError('JOURNAL_UNREADABLE', message);
}
