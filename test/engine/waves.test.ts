import { describe, expect, test } from 'vitest';
import { constant } from '../../src/core/probe.ts';
import type { BatchSize, Rollout, WaveSpec } from '../../src/core/rollout.ts';
import type { HostWork, Work } from '../../src/core/work.ts';
import { spent } from '../../src/engine/fleet/budget.ts';
import { rolloutLines } from '../../src/engine/fleet/rollout-text.ts';
import { batchesOf } from '../../src/engine/fleet/waves.ts';
import { textStep } from '../support/made-up-steps.ts';

const HOSTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

function wave(name: string, hosts: string, size?: BatchSize): WaveSpec {
  return { name, hosts: [...hosts], ...(size === undefined ? {} : { size }) };
}

function batches(waves: readonly WaveSpec[], hosts: readonly string[] = HOSTS): readonly string[] {
  return batchesOf({ waves }, hosts).map((batch) => `${batch.name}: ${batch.hosts.join('')}`);
}

describe('batches', () => {
  test.each([
    ['no waves are one wave of all', [], ['all: abcdefg']],
    ['each host goes in the first wave that names it', [wave('canary', 'ba'), wave('rest', 'abcdefg')], ['canary: ba', 'rest: cdefg']],
    ['a count', [wave('w', 'abcdefg', { count: 3 })], ['w 1/3: abc', 'w 2/3: def', 'w 3/3: g']],
    ['a percentage is rounded down', [wave('w', 'abcdefg', { percent: 50 })], ['w 1/3: abc', 'w 2/3: def', 'w 3/3: g']],
    ['a percentage is one host at least', [wave('w', 'abc', { percent: 1 })], ['w 1/3: a', 'w 2/3: b', 'w 3/3: c']],
    [
      'a percentage is of what earlier waves left',
      [wave('x', 'abc'), wave('w', 'abcdefg', { percent: 50 })],
      ['x: abc', 'w 1/2: de', 'w 2/2: fg'],
    ],
    ['a size above the wave is all of it', [wave('w', 'ab', { count: 9 })], ['w: ab']],
    ['hosts that are not of this run are left out', [wave('w', 'xay'), wave('r', 'bcdefg')], ['w: a', 'r: bcdefg']],
    ['a host that is named twice goes once', [wave('w', 'aab')], ['w: ab']],
  ])('%s', (_, waves, expected) => {
    expect(batches(waves)).toEqual(expected);
  });

  test('no hosts are no batches', () => {
    expect(batches([], [])).toEqual([]);
  });
});

describe('the budget', () => {
  const ended = (['steady', 'failed', 'unreachable'] as const).map((status) => ({ wave: 'one', status }));

  test('is spent when it is reached, in the wave or in the run', () => {
    expect(spent(undefined, ended, 'one')).toBeUndefined();
    expect(spent({ bad: 3, per: 'wave' }, ended, 'one')).toBeUndefined();
    expect(spent({ bad: 2, per: 'wave' }, ended, 'one')).toBe('2 bad of 3 ended in wave one, the budget is 2');
    expect(spent({ bad: 1, per: 'wave' }, ended, 'two')).toBeUndefined();
    expect(spent({ bad: 2, per: 'run' }, ended, 'two')).toBe('2 bad of 3 ended in this run, the budget is 2');
  });

  test.each(['failed', 'blocked', 'unreachable', 'unknown', 'steady', 'changed', 'drift', 'not started'] as const)('%s', (status) => {
    const bad = ['failed', 'blocked', 'unreachable', 'unknown'].includes(status);
    expect(spent({ bad: 1, per: 'run' }, [{ wave: 'w', status }], 'w') !== undefined).toBe(bad);
  });
});

describe('the arithmetic', () => {
  const rest = { ...wave('rest', 'abcdefg', { count: 4 }), confirm: true as const, concurrency: 2 };
  const waves = [{ ...wave('canary', 'a'), bakeMs: 90_000 }, rest];
  const hostWork = (name: string): HostWork => ({ host: { name } as HostWork['host'], steps: [] });
  const told = (rollout: Partial<Rollout>, work: Partial<Work> = {}) =>
    rolloutLines({ name: 'p', hosts: HOSTS.map(hostWork), ...work, rollout: { waves, ...rollout } });

  test('is told for people: hosts, waves, batches, and where it stops', () => {
    expect(told({ budget: { bad: 1, per: 'wave' } })).toEqual([
      'wave canary: a (1 host), bakes for 90 s, stops at 1 bad',
      'wave rest: b,c,d,e,f,g (6 hosts), 4 at a time, at most 2 at once, asks before each batch, stops at 1 bad',
      '  1/2: b,c,d,e',
      '  2/2: f,g',
    ]);
    expect(told({ budget: { bad: 3, per: 'run' }, onStop: 'rollback' }).slice(4)).toEqual([
      'the run stops at 3 bad',
      'where it stops, its changes are taken back',
    ]);
  });

  test('says so where a budget cannot be reached', () => {
    expect(told({ waves: [wave('canary', 'a'), wave('rest', 'bcdefg')], budget: { bad: 2, per: 'wave' } })).toEqual([
      'wave canary: a (1 host), cannot stop: 2 bad are more than its 1 host',
      'wave rest: b,c,d,e,f,g (6 hosts), stops at 2 bad',
    ]);
    expect(told({ budget: { bad: 8, per: 'run' } }).at(-1)).toBe('the run cannot stop: 8 bad are more than its 7 hosts');
  });

  test('has the gate, the lot, and what is done once', () => {
    const judge = () => ({ verdict: 'pass' as const, because: '' });
    const gate = { measure: constant({}), conditions: [{ text: 'after.x == 0', source: 'p.yaml:1:1', compares: false, judge }] };
    expect(told({}, { gate }).slice(4)).toEqual(['behind each wave a gate: after.x == 0', 'no budget: bad hosts do not stop the run']);
    const comparing = { ...gate, conditions: [{ text: 'untouched.after.x == 0', source: 'p.yaml:1:1', compares: true, judge }] };
    expect(told({}, { gate: comparing }).at(-2)).toBe('not asked behind rest 2/2, where no host is left untouched: untouched.after.x == 0');
    const step = { ...textStep(2, { path: '/x', text: 'x' }), once: 'wave' as const };
    const hosts = HOSTS.map((name) => ({ ...hostWork(name), steps: name === 'a' || name === 'b' ? [step] : [] }));
    const shuffled = [{ ...wave('all', 'gfedcba'), seed: '7' }];
    expect(told({ waves: shuffled, budget: { bad: 1, per: 'run' } }, { hosts }).slice(1)).toEqual([
      'shuffled by --seed 7',
      `step 2 ${step.name}: once a wave, on a,b`,
      'the run stops at 1 bad',
    ]);
  });

  test('tells of many batches the first', () => {
    const many = Array.from({ length: 20 }, (_, i) => `h${i + 1}`);
    const lines = told({ waves: [{ name: 'all', hosts: many, size: { count: 1 } }] }, { hosts: many.map(hostWork) });
    expect(lines).toHaveLength(1 + 12 + 1 + 1);
    expect(lines.slice(12, 14)).toEqual(['  12/20: h12', '  and 8 more']);
  });
});
