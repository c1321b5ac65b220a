import { describe, expect, it } from 'vitest';
import { paintFor } from '../../src/report/paint.ts';
import { type StatusReport, statusJson, statusLines } from '../../src/report/status-text.ts';

const plain = paintFor('plain');

function report(standing: Partial<StatusReport['standing']>, more: Partial<StatusReport> = {}): StatusReport {
  return { run: 'r1', name: 'web', state: 'running', steered: [], ...more, standing: { ended: {}, running: [], waiting: 0, ...standing } };
}

describe('the status of a run', () => {
  it('tells what it waits for, how it fares, and what a person can do', () => {
    const standing = {
      doing: 'baking',
      wave: 'canary',
      ended: { changed: 1 },
      waiting: 3,
      until: 61_000,
      bad: 0,
      budget: { bad: 1, per: 'run' },
    } as const;
    const steered = [{ what: 'pause', by: 'ops, process 7', at: 0 }] as const;
    expect(statusLines(report(standing, { process: 42, steered }), plain, 1000)).toEqual([
      'r1: web',
      'baking, wave canary, 1m00s left (process 42)',
      '4 hosts: 1 changed, 3 not started',
      '0 bad in this run; it stops at 1',
      'pause by ops, process 7, 1.0 s ago',
      '`drover promote r1` goes on; `drover abort r1` ends it',
    ]);
  });

  it.each([
    ['running', '`drover pause r1` holds it; `drover abort r1` ends it'],
    ['paused', '`drover promote r1` goes on; `drover abort r1` ends it'],
    ['stopping', 'running: a'],
  ] as const)('of one that is %s ends in: %s', (doing, last) => {
    expect(statusLines(report({ doing, running: ['a'] }), plain, 0).at(-1)).toBe(last);
  });

  it('of a dead one is what the journal knows', () => {
    const dead = report(
      { wave: 'rest', ended: { failed: 1 }, running: ['b'], waiting: 1, stopped: 'the gate \u001b[31m' },
      { state: 'cut' },
    );
    expect(statusLines(dead, plain, 0)).toEqual([
      'r1: web',
      'cut, wave rest',
      '3 hosts: 1 failed, 1 under way, 1 not started',
      'in doubt: b',
      'stopped: the gate \\x1b[31m',
      '`drover resume r1` goes on; `drover rollback r1` takes it back',
    ]);
    expect(statusJson(dead)).toMatchObject({ run: 'r1', state: 'cut', wave: 'rest', counts: { failed: 1 }, running: ['b'], waiting: 1 });
  });
});
