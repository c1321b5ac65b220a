import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { write } from '../../src/core/change.ts';
import type { FileImage } from '../../src/core/file.ts';
import { JournalRecord } from '../../src/journal/record.ts';
import { restoreChange, storeChange } from '../../src/journal/stored.ts';

const conceal = (text: string): string => text.replaceAll('hunter2', '***');

/** What is kept beside the journal. */
function shelf() {
  const objects = new Map<string, Buffer>();
  return {
    objects,
    keep: (bytes: Buffer) => {
      const digest = createHash('sha256').update(bytes).digest('hex');
      objects.set(digest, bytes);
      return digest;
    },
    read: (digest: string) => objects.get(digest) ?? Buffer.from('not kept'),
  };
}

const image = (content: string, encoding?: 'latin1'): FileImage => ({
  content,
  ...(encoding === undefined ? {} : { encoding }),
  mode: 0o640,
  owner: 'root',
  group: 'adm',
});

/** As it comes out of the journal: through a line of text, checked against the schema. */
function throughTheJournal(change: ReturnType<typeof write>, { keep, read }: ReturnType<typeof shelf>) {
  const steps = [{ number: 1, name: 'a', task: 'file.content', changes: [storeChange(change, { keep, conceal })] }];
  const line = JSON.stringify({ type: 'act begun', host: 'h', back: false, steps, at: 1 });
  const record = JournalRecord.parse(JSON.parse(line));
  const stored = record.type === 'act begun' ? record.steps[0]?.changes[0] : undefined;
  return stored === undefined || stored.kind === 'secret' ? stored : restoreChange(stored, read);
}

describe('a stored change', () => {
  it('comes back byte for byte, whatever is in the files and however long they are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 }).map((part) => part.repeat(30));
    const bytes = fc.uint8Array({ maxLength: 2000 }).map((raw) => image(Buffer.from(raw).toString('latin1'), 'latin1'));
    const file = fc.oneof(
      fc.constant(undefined),
      text.map((content) => image(content.toWellFormed())),
      bytes,
    );
    fc.assert(
      fc.property(file, file, (before, after) => {
        const change = write('/etc/a', before, after, 'it differs');
        expect(throughTheJournal(change, shelf())).toEqual(change);
      }),
    );
  });

  it('keeps long texts once, beside the journal, and short ones in it', () => {
    const beside = shelf();
    throughTheJournal(write('/etc/a', image('x'.repeat(513)), image('y'.repeat(512)), 'it differs'), beside);
    throughTheJournal(write('/etc/b', undefined, image('x'.repeat(513)), 'it differs'), beside);
    expect([...beside.objects.values()].map(String)).toEqual(['x'.repeat(513)]);
  });

  it('is words only where it holds a secret', () => {
    const beside = shelf();
    const change = write('/etc/a', undefined, image(`password = hunter2${' '.repeat(600)}`), 'it differs');
    expect(throughTheJournal(change, beside)).toEqual({ kind: 'secret', what: 'create /etc/a', because: 'it differs' });
    expect(beside.objects.size).toBe(0);
  });
});
