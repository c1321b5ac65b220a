import { describe, expect, test } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import type { Event } from '../../src/core/events.ts';
import type { GateCondition, Measures } from '../../src/core/gate.ts';
import type { Host } from '../../src/core/host.ts';
import { command, map } from '../../src/core/probe.ts';
import type { Session } from '../../src/core/session.ts';
import type { Work } from '../../src/core/work.ts';
import { judgeFleet } from '../../src/engine/fleet/judge-fleet.ts';
import { runFleet } from '../../src/engine/fleet/run-fleet.ts';
import { comparedWith, middleOf, sampleOf } from '../../src/engine/fleet/untouched.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { localSession } from '../support/local-session.ts';
import { everStep } from '../support/made-up-steps.ts';

describe('of several hosts', () => {
  test.each<[string, readonly Measures[], Measures]>([
    ['the middle value counts', [{ x: 9 }, { x: 1 }, { x: 2 }], { x: 2 }],
    ['of an even number the lower one', [{ x: 4 }, { x: 1 }, { x: 3 }, { x: 2 }], { x: 2 }],
    ['texts likewise', [{ x: 'b' }, { x: 'a' }, { x: 'c' }], { x: 'b' }],
    ['what could not be read is left out', [{ x: null }, { x: 5 }, { x: null }], { x: 5 }],
    ['nothing is known where none could be read', [{ x: null }, { x: null }], { x: null }],
    ['numbers and texts cannot be compared', [{ x: 1 }, { x: 'a' }], { x: null }],
    ['numbers are no texts', [{ x: 10 }, { x: 9 }, { x: 8 }], { x: 9 }],
  ])('%s', (_, hosts, expected) => {
    expect(middleOf(hosts)).toEqual(expected);
  });

  test('five at most are looked at, spread over all', () => {
    const hosts = Array.from({ length: 100 }, (_, i) => `h${i}`);
    expect(sampleOf(hosts)).toEqual(['h0', 'h20', 'h40', 'h60', 'h80']);
    expect(sampleOf(['a', 'b'])).toEqual(['a', 'b']);
    expect(sampleOf([])).toEqual([]);
  });

  test('who was not measured both times is left out of both', () => {
    const before = new Map([
      ['a', { x: 1 }],
      ['b', { x: 100 }],
    ]);
    expect(comparedWith(['a', 'b', 'c'], before, new Map([['a', { x: 2 }]]))).toEqual({ before: { x: 1 }, after: { x: 2 } });
  });
});

/** Grows by no more than on untouched hosts. */
const grows: GateCondition = {
  text: 'grows no more',
  source: 'p.yaml:1:1',
  compares: true,
  judge: ({ before, after, untouched }) => {
    if (untouched === undefined) return { verdict: 'inconclusive', because: 'there is no other host' };
    const [own, other] = [Number(after['x']) - Number(before?.['x']), Number(untouched.after['x']) - Number(untouched.before['x'])];
    return Number.isNaN(own + other)
      ? { verdict: 'inconclusive', because: 'could not be read' }
      : { verdict: own <= other ? 'pass' : 'fail', because: `${own} and ${other}` };
  },
};

/** A run over hosts, each of whose connections finds another number; `undefined` is a host that does not answer. */
async function play(waves: readonly string[], measure: (host: string, nth: number) => number | undefined, conditions = [grows]) {
  const dialled = new Map<string, number>();
  const connect = async ({ name }: Host): Promise<Session> => {
    const nth = dialled.get(name) ?? 0;
    dialled.set(name, nth + 1);
    const value = measure(name, nth);
    if (value === undefined) throw new DroverError('HOST_UNREACHABLE', 'no route');
    return localSession(undefined, { ...process.env, MEASURED: String(value) });
  };
  const judged: string[] = [];
  const listener = (event: Event): void => {
    if (event.type === 'gate judged')
      judged.push(`${event.wave} ${event.verdict}${event.unasked.length > 0 ? `, not asked: ${event.unasked.join()}` : ''}`);
  };
  const never = new AbortController().signal;
  const plain = { limits: DEFAULT_LIMITS, now: Date.now, durable: async () => {}, interrupt: { stop: never, cut: never } };
  const work: Work = {
    name: 'p',
    hosts: [...waves.join('')].map((name) => ({ host: { name } as Host, steps: [everStep(1, ['true'])] })),
    rollout: { waves: waves.map((hosts) => ({ name: hosts, hosts: [...hosts] })), budget: { bad: 1, per: 'run' } },
    gate: { measure: map(command('sh', '-c', 'echo "$MEASURED"'), ({ stdout }) => ({ x: Number(stdout) })), conditions },
  };
  const options = { ...plain, connect, concurrency: 1, listener };
  return { work, options, dialled, judged };
}

describe('a rollout whose gate compares', () => {
  test('goes on where the whole fleet has the same trouble, and says at the end that it did not compare', async () => {
    const { work, options, judged } = await play(['a', 'b', 'cd'], (_, nth) => nth);
    expect(await runFleet(work, options)).toMatchObject({ hosts: [{ status: 'changed' }, {}, {}, { status: 'changed' }] });
    expect(judged).toEqual(['a pass', 'b pass', 'cd not asked, not asked: grows no more']);
  });

  test('stops where the trouble is its own', async () => {
    const { work, options, judged } = await play(['a', 'bcd'], (host, nth) => (host === 'a' ? nth : 0));
    const { stopped, hosts } = await runFleet(work, options);
    expect(stopped?.because).toBe('the gate of wave a failed: a: 1 and 0');
    expect(hosts.map(({ status }) => status)).toEqual(['failed', 'not started', 'not started', 'not started']);
    expect(judged).toEqual(['a fail']);
  });

  test('is not misled by one odd host, nor by one that does not answer', async () => {
    const measure = (host: string, nth: number) => ({ a: nth, b: 50 * nth, c: undefined, d: 0, e: 0 })[host];
    const { work, options, judged } = await play(['a', 'bcde'], measure);
    expect((await runFleet(work, options)).stopped?.because).toContain('1 and 0');
    expect(judged).toEqual(['a fail']);
  });

  test('holds where no untouched host answers', async () => {
    const { work, options } = await play(['a', 'b'], (host) => (host === 'a' ? 0 : undefined));
    expect((await runFleet(work, options)).stopped?.because).toBe('the gate of wave a could not be told: a: could not be read');
  });

  test('asks what else there is behind the last batch', async () => {
    const other = { ...grows, text: 'is small', compares: false, judge: () => ({ verdict: 'pass' as const, because: '' }) };
    const { work, options, judged } = await play(['a'], () => 0, [grows, other]);
    await runFleet(work, options);
    expect(judged).toEqual(['a pass, not asked: grows no more']);
  });

  test('looks at no other host where no condition compares', async () => {
    const { work, options, dialled } = await play(['a', 'b'], () => 0, [{ ...grows, compares: false }]);
    expect((await runFleet(work, options)).stopped?.because).toContain('there is no other host');
    expect([...dialled]).toEqual([['a', 2]]);
  });
});

describe('a gate that is tried alone', () => {
  test('compares each host with others as they are now', async () => {
    const { work, options } = await play(['abc'], () => 0);
    expect((await judgeFleet(work, options)).map(({ host, verdict }) => `${host} ${verdict}`)).toEqual(['a pass', 'b pass', 'c pass']);
  });

  test('cannot be told of a host without others', async () => {
    const { work, options } = await play(['a'], () => 0);
    expect(await judgeFleet(work, options)).toEqual([{ host: 'a', verdict: 'inconclusive', because: 'there is no other host' }]);
  });
});
