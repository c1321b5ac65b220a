import type { JournalRecord, StoredChange } from '../../src/journal/record.ts';

/** The first record of a run of two hosts. */
export const RUN_STARTED = {
  type: 'run started',
  version: 1,
  run: 'r',
  command: 'run',
  name: 'n',
  args: {},
  cwd: '/',
  digest: 'd',
  rollout: { waves: [] },
  hosts: ['a', 'b'].map((name) => ({ name, groups: [], connection: {} })),
  at: 0,
} satisfies JournalRecord;

/** A change that runs one word, for good. */
export function storedChange(word: string): StoredChange {
  return { kind: 'run', argv: [word], undo: 'impossible', because: 'x', touches: [] };
}
