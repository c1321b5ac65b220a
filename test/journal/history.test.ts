import { describe, expect, it } from 'vitest';
import { historyOf } from '../../src/journal/history.ts';
import type { JournalRecord } from '../../src/journal/record.ts';
import { RUN_STARTED, storedChange } from '../support/journal-samples.ts';

const begun = (number: number, words: readonly string[], back = false): JournalRecord => ({
  type: 'act begun',
  host: 'a',
  back,
  steps: [{ number, name: `step ${number}`, task: 'made.up', changes: words.map(storedChange) }],
  at: 1,
});
const end = (step: number, index: number, ok: boolean): JournalRecord => ({ type: 'change ended', host: 'a', step, index, ok, at: 2 });
const hostStarted: JournalRecord = { type: 'host started', host: 'a', at: 0 };
const hostEnded = (status: 'changed' | 'failed' | 'unknown', takenBack?: string): JournalRecord => ({
  type: 'host ended',
  host: 'a',
  status,
  steps: [{ number: 1, status, ...(takenBack === undefined ? {} : { takenBack }) }],
  at: 3,
});

/** What of host a stands: each step's words, with `?` where it is in doubt. */
function standing(...records: readonly JournalRecord[]): readonly string[] {
  const { hosts } = historyOf([RUN_STARTED, ...records], 'r1');
  const [a] = hosts;
  return (a?.standing ?? []).map(
    ({ number, changes, inDoubt }) =>
      `${number}: ${changes.map((one) => (one.kind === 'run' ? one.argv[0] : '')).join(' ')}${inDoubt ? ' ?' : ''}`,
  );
}

describe('what stands on a host', () => {
  it.each<[string, readonly JournalRecord[], readonly string[]]>([
    ['what was made', [hostStarted, begun(1, ['x', 'y']), end(1, 0, true), end(1, 1, true), hostEnded('changed')], ['1: x y']],
    ['what was begun and not seen to end', [hostStarted, begun(1, ['x', 'y']), end(1, 0, true)], ['1: x y ?']],
    ['nothing of what was taken back', [hostStarted, begun(1, ['x']), end(1, 0, true), hostEnded('failed', 'taken back')], []],
    [
      'what was made before a failure',
      [hostStarted, begun(1, ['x', 'y']), end(1, 0, true), end(1, 1, false), hostEnded('failed', 'stands')],
      ['1: x'],
    ],
    [
      'what was in doubt when the connection was lost',
      [hostStarted, begun(1, ['x', 'y']), end(1, 0, true), hostEnded('unknown', 'stands')],
      ['1: x y ?'],
    ],
    [
      'nothing of an act that the host refused',
      [hostStarted, begun(1, ['x']), { type: 'act refused', host: 'a', because: 'held', at: 1 }, begun(1, ['y']), end(1, 0, true)],
      ['1: y'],
    ],
    [
      'both parts of a step that was gone through twice',
      [hostStarted, begun(1, ['x']), hostStarted, begun(1, ['y']), end(1, 0, true), hostEnded('changed')],
      ['1: x ?', '1: y'],
    ],
  ])('is %s', (_, records, expected) => {
    expect(standing(...records)).toEqual(expected);
  });

  it('leaves a host that was begun running, and others not started', () => {
    expect(historyOf([RUN_STARTED, hostStarted], 'r1').hosts.map(({ status }) => status)).toEqual(['running', 'not started']);
  });

  it.each([
    ['changed', 'not reached', true],
    ['drift', 'not reached', true],
    ['drift', 'declined', false],
    ['changed', 'changed', false],
    ['failed', 'not reached', false],
    ['blocked', 'not reached', false],
  ] as const)('that ended %s, with a step %s: whether it is left to be gone on with is %s', (status, step, isLeft) => {
    const steps = [
      { number: 1, status: 'changed' },
      { number: 2, status: step },
    ];
    const ended: JournalRecord = { type: 'host ended', host: 'a', status, steps, at: 3 };
    expect(historyOf([RUN_STARTED, hostStarted, ended], 'r1').hosts[0]).toMatchObject({ status, isLeft });
    expect(historyOf([RUN_STARTED, hostStarted, ended, hostStarted], 'r1').hosts[0]).toMatchObject({ status: 'running', isLeft: false });
  });

  it('forgets how a run ended when it is gone on with', () => {
    const records: JournalRecord[] = [RUN_STARTED, { type: 'stopped', because: 'x', at: 1 }, { type: 'run ended', exit: 6, at: 1 }];
    expect(historyOf(records, 'r1')).toMatchObject({ stopped: 'x', end: { exit: 6 } });
    const again = historyOf([...records, { type: 'run continued', how: 'resume', hosts: ['b'], at: 2 }], 'r1');
    expect(again).toMatchObject({ continued: 1 });
    expect([again.stopped, again.end]).toEqual([undefined, undefined]);
  });
});

describe('a host whose gate fails', () => {
  const waveStarted: JournalRecord = { type: 'wave started', wave: 'w', hosts: ['a'], at: 0 };
  const judged = (verdict: 'pass' | 'fail', through: boolean): JournalRecord => {
    const hosts = verdict === 'pass' ? [] : [{ host: 'a', verdict, because: 'it is down' }];
    return { type: 'gate judged', wave: 'w', verdict, through, hosts, unasked: [], at: 4 };
  };
  const changed = [waveStarted, hostStarted, hostEnded('changed')];
  const continued: JournalRecord = { type: 'run continued', how: 'resume', hosts: ['b'], at: 5 };

  it.each<[string, readonly JournalRecord[], object, readonly string[]]>([
    ['is held there', [judged('fail', false)], { status: 'failed', because: 'it is down', gate: 'held' }, []],
    ['is borne by the budget', [judged('fail', true)], { status: 'failed', because: 'it is down', gate: 'failed' }, ['w']],
    ['is let through when the gate is asked again', [judged('fail', false), continued, judged('pass', true)], { status: 'changed' }, ['w']],
    ['is held again', [judged('fail', false), continued, judged('fail', false)], { status: 'failed', gate: 'held' }, []],
  ])('%s', (_, records, expected, passed) => {
    const history = historyOf([RUN_STARTED, ...changed, ...records], 'r1');
    expect(history.hosts[0]).toMatchObject(expected);
    expect(history.hosts[0]?.gate).toBe('gate' in expected ? expected.gate : undefined);
    expect(history.passed).toEqual(passed);
  });
});
