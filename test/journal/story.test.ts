import { describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/journal/record.ts';
import { storyOf } from '../../src/journal/story.ts';
import { RUN_STARTED, storedChange } from '../support/journal-samples.ts';

const begun = (words: readonly string[], back = false): JournalRecord => ({
  type: 'act begun',
  host: 'a',
  back,
  steps: [{ number: 1, name: 'Say it', task: 'made.up', changes: words.map(storedChange) }],
  at: 11,
});
const ended = (index: number, ok: boolean): JournalRecord => ({
  type: 'change ended',
  host: 'a',
  step: 1,
  index,
  ok,
  ...(ok ? {} : { output: 'broken' }),
  at: 12,
});

/** Host a: its status, and its first step's changes with their ends. */
function told(...records: readonly JournalRecord[]): readonly (string | undefined)[] {
  const [a] = storyOf([RUN_STARTED, ...records]).hosts;
  const changes = a?.steps[0]?.changes.map(({ change: one, end, output = '' }) =>
    `${one.kind === 'run' ? one.argv[0] : ''} ${end} ${output}`.trim(),
  );
  return [a?.status, ...(changes ?? [])];
}

describe('the story of a run', () => {
  const started: JournalRecord = { type: 'host started', host: 'a', at: 10 };
  const failed: JournalRecord = {
    type: 'host ended',
    host: 'a',
    status: 'failed',
    because: 'broken',
    steps: [
      { number: 1, name: 'Say it', task: 'made.up', status: 'failed', because: 'broken', hint: 'mend it', takenBack: 'taken back' },
      { number: 2, status: 'not reached' },
    ],
    at: 20,
  };

  it.each<[string, readonly JournalRecord[], readonly string[]]>([
    ['a host that was not begun', [], ['not started']],
    ['a change under way', [started, begun(['x', 'y']), ended(0, true)], ['running', 'x done', 'y open']],
    [
      'a change that failed, and was taken back',
      [started, begun(['x', 'y']), ended(0, true), ended(1, false), begun(['undo'], true), ended(0, true), failed],
      ['failed', 'x done', 'y failed broken'],
    ],
    [
      'an act that the host did not let in',
      [started, begun(['x']), { type: 'act refused', host: 'a', because: 'busy', at: 12 }],
      ['running'],
    ],
    [
      'a host that was gone on with',
      [started, begun(['x']), ended(0, false), failed, started, begun(['x']), ended(0, true)],
      ['running', 'x failed broken', 'x done'],
    ],
  ])('%s', (_, records, seen) => {
    expect(told(...records)).toEqual(seen);
  });

  it('has steps with their reasons, also of journals that keep no names', () => {
    const [a] = storyOf([RUN_STARTED, started, begun(['x']), failed]).hosts;
    expect(a).toMatchObject({ name: 'a', because: 'broken', beganAt: 10, endedAt: 20 });
    expect(a?.steps.map(({ changes: _, ...step }) => step)).toEqual([
      { number: 1, name: 'Say it', task: 'made.up', status: 'failed', because: 'broken', hint: 'mend it', takenBack: 'taken back' },
      { number: 2, name: 'step 2', task: '', status: 'not reached' },
    ]);
  });

  it('has waves with their times and gates; one that is begun again is not ended', () => {
    const wave = { wave: 'canary', at: 1 };
    const first: readonly JournalRecord[] = [
      { ...wave, type: 'wave started', hosts: ['a'] },
      { ...wave, type: 'wave ended', bad: 1, at: 5 },
      { ...wave, type: 'baking', ms: 100 },
      {
        ...wave,
        type: 'gate judged',
        verdict: 'fail',
        through: false,
        hosts: [{ host: 'a', verdict: 'fail', because: 'down' }],
        unasked: [],
      },
    ];
    expect(storyOf([RUN_STARTED, ...first]).waves).toEqual([
      {
        name: 'canary',
        hosts: ['a'],
        beganAt: 1,
        endedAt: 5,
        bad: 1,
        bakeMs: 100,
        gate: { verdict: 'fail', hosts: [{ host: 'a', verdict: 'fail', because: 'down' }] },
      },
    ]);
    expect(storyOf([RUN_STARTED, ...first, { ...wave, type: 'wave started', hosts: ['a', 'b'], at: 9 }]).waves).toEqual([
      { name: 'canary', hosts: ['a', 'b'], beganAt: 1, bakeMs: 100 },
    ]);
  });
});
