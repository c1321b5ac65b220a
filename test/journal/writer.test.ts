import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readJournal, readObject } from '../../src/journal/reader.ts';
import type { JournalRecord } from '../../src/journal/record.ts';
import { openJournal } from '../../src/journal/writer.ts';
import { tempFolder } from '../support/temp-folder.ts';

const started = (host: string): JournalRecord => ({ type: 'host started', host, at: 1 });

describe('a journal', () => {
  it('is on disk when it says so, for its owner only', async () => {
    const folder = tempFolder();
    const journal = await openJournal(folder);
    journal.append(started('a'));
    journal.append(started('b'));
    await Promise.all([journal.durable(), journal.durable()]);
    expect(readJournal(folder)).toEqual([started('a'), started('b')]);
    expect(statSync(join(folder, 'journal.ndjson')).mode & 0o777).toBe(0o600);
    await journal.close();
  });

  it('keeps equal bytes once, and finds damage', async () => {
    const folder = tempFolder();
    const journal = await openJournal(folder);
    const digest = journal.keep(Buffer.from('text'));
    expect(journal.keep(Buffer.from('text'))).toBe(digest);
    await journal.durable();
    expect(readObject(folder, digest).toString()).toBe('text');
    writeFileSync(join(folder, 'objects', digest), 'other');
    expect(() => readObject(folder, digest)).toThrow('its bytes are not those that were kept');
    await journal.close();
  });

  it('is gone on with behind its last whole record', async () => {
    const folder = tempFolder();
    const first = await openJournal(folder);
    first.append(started('a'));
    await first.durable();
    await first.close();
    appendFileSync(join(folder, 'journal.ndjson'), '{"type":"host st');
    expect(readJournal(folder)).toEqual([started('a')]);
    const second = await openJournal(folder);
    second.append(started('b'));
    await second.durable();
    await second.close();
    expect(readJournal(folder)).toEqual([started('a'), started('b')]);
  });

  it('that cannot be written says so before anything is done', async () => {
    const folder = tempFolder();
    const journal = await openJournal(folder);
    rmSync(join(folder, 'objects'), { recursive: true });
    journal.keep(Buffer.from('text'));
    await expect(journal.durable()).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    await journal.close();
  });

  it('that was cut off in a record by a full disk is gone on with once there is space', async () => {
    const folder = tempFolder();
    const journal = await openJournal(folder);
    journal.append(started('a'));
    await journal.durable();
    const handle = await open(join(folder, 'full'), 'w');
    const appendFile = vi.spyOn(Object.getPrototypeOf(handle), 'appendFile').mockImplementationOnce(async function (
      this: FileHandle,
      text,
    ) {
      await this.write(String(text).slice(0, 12));
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    });
    onTestFinished(() => appendFile.mockRestore());
    await handle.close();
    journal.append(started('b'));
    await expect(journal.durable()).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    journal.append(started('c'));
    await expect(journal.durable()).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    await journal.close();
    const again = await openJournal(folder);
    again.append(started('d'));
    await again.durable();
    await again.close();
    expect(readJournal(folder)).toEqual([started('a'), started('d')]);
  });

  it('whose folder is none cannot be opened, which is said as every failure of it', async () => {
    const file = join(tempFolder(), 'file');
    writeFileSync(file, '');
    await expect(openJournal(file)).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
  });

  it('of another version, or with a line that is none, is refused with its place', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'journal.ndjson'), '{"type":"host started","host":"a","at":1}\n{"type":"from the future"}\n');
    expect(() => readJournal(folder)).toThrow(/journal\.ndjson:2/);
    expect(readFileSync(join(folder, 'journal.ndjson'), 'utf8')).toContain('future');
  });
});
