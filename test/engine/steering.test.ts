import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Helm } from '../../src/core/control.ts';
import type { Event } from '../../src/core/events.ts';
import type { Host } from '../../src/core/host.ts';
import { steady } from '../../src/core/plan.ts';
import { constant } from '../../src/core/probe.ts';
import type { Rollout } from '../../src/core/rollout.ts';
import type { Session } from '../../src/core/session.ts';
import type { FleetOutcome } from '../../src/engine/fleet/fleet.ts';
import { runFleet } from '../../src/engine/fleet/run-fleet.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { localSession } from '../support/local-session.ts';
import { everStep, step } from '../support/made-up-steps.ts';

/** A run over hosts that come to their end when the test lets them. */
interface Stage {
  readonly helm: () => Helm;
  readonly done: Promise<FleetOutcome>;
  readonly started: readonly string[];
  readonly events: readonly Event[];
  /** Lets a host that waits in its connect go on. */
  readonly release: (host: string) => void;
}

interface Setting {
  readonly concurrency?: number;
  readonly agree?: (batch: string, hosts: readonly string[], over: AbortSignal) => Promise<boolean>;
  /** Whether its hosts are changed, so that they bake. */
  readonly changes?: boolean;
}

function stage(rollout: Rollout, { concurrency = 1, agree, changes = false }: Setting = {}): Stage {
  const names = rollout.waves.flatMap(({ hosts }) => hosts);
  const events: Event[] = [];
  const started: string[] = [];
  const released = new Set<string>();
  const stop = new AbortController();
  let helm: Helm | undefined;
  const connect = async ({ name }: Host): Promise<Session> => {
    started.push(name);
    while (!released.has(name)) await setImmediate();
    return localSession();
  };
  const steps = changes ? [everStep(1, ['true'])] : [step(1, constant(steady('it is')))];
  const hosts = names.map((name) => ({ host: { name } as Host, steps }));
  const done = runFleet(
    { name: 'p', hosts, rollout },
    {
      connect,
      concurrency,
      limits: DEFAULT_LIMITS,
      listener: (event) => void events.push(event),
      now: Date.now,
      durable: async () => {},
      interrupt: { stop: stop.signal, cut: new AbortController().signal },
      steering: { attach: (given) => (helm = given), abort: () => stop.abort() },
      ...(agree === undefined ? {} : { agree }),
    },
  );
  return {
    helm: () => {
      if (helm === undefined) throw new Error('nobody was given the helm');
      return helm;
    },
    done,
    started,
    events,
    release: (host) => void released.add(host),
  };
}

async function statuses(done: Promise<FleetOutcome>): Promise<string> {
  return (await done).hosts.map(({ host, status }) => `${host} ${status}`).join(', ');
}

const plain = (hosts: string): Rollout => ({ waves: [{ name: 'all', hosts: [...hosts] }] });

test('a pause starts no further host, and running ones finish; promoted, the rest follow in the same wave', async () => {
  const { helm, done, started, events, release } = stage(plain('abc'));
  await expect.poll(() => started).toEqual(['a']);
  expect(helm().steer('pause', 'ops')).toBeUndefined();
  expect(helm().standing()).toMatchObject({ doing: 'pausing', running: ['a'], waiting: 2, wave: 'all' });
  for (const host of ['a', 'b', 'c']) release(host);
  await expect.poll(() => helm().standing().doing).toBe('paused');
  await setImmediate();
  expect(started).toEqual(['a']);
  expect(helm().steer('pause', 'ops')).toBe('it is paused already');
  expect(helm().steer('promote', 'boss')).toBeUndefined();
  expect(await statuses(done)).toBe('a steady, b steady, c steady');
  expect(events.filter(({ type }) => type === 'wave started')).toHaveLength(1);
  expect(events.filter(({ type }) => type === 'wave ended')).toHaveLength(1);
  expect(events.flatMap((event) => (event.type === 'steered' ? [`${event.what} by ${event.by}`] : []))).toEqual([
    'pause by ops',
    'promote by boss',
  ]);
});

test('a pause that is taken back while hosts still run leaves none out', async () => {
  const { helm, done, started, release } = stage(plain('abcd'), { concurrency: 2 });
  await expect.poll(() => started).toEqual(['a', 'b']);
  helm().steer('pause', 'ops');
  release('a');
  await expect.poll(() => helm().standing().running).toEqual(['b']);
  helm().steer('promote', 'ops');
  for (const host of ['b', 'c', 'd']) release(host);
  expect(await statuses(done)).toBe('a steady, b steady, c steady, d steady');
});

test('between waves it is held, too', async () => {
  const { helm, done, started, release } = stage({
    waves: [
      { name: 'one', hosts: ['a'] },
      { name: 'two', hosts: ['b'] },
    ],
  });
  await expect.poll(() => started).toEqual(['a']);
  helm().steer('pause', 'ops');
  release('a');
  await expect.poll(() => helm().standing()).toMatchObject({ doing: 'paused', wave: 'two', ended: { steady: 1 }, waiting: 1 });
  helm().steer('promote', 'ops');
  release('b');
  expect(await statuses(done)).toBe('a steady, b steady');
});

test('an abort is an interrupt, of a pause as of a wave', async () => {
  const { helm, done, started, release } = stage(plain('abc'));
  await expect.poll(() => started).toEqual(['a']);
  helm().steer('pause', 'ops');
  release('a');
  await expect.poll(() => helm().standing().doing).toBe('paused');
  expect(helm().steer('abort', 'ops')).toBeUndefined();
  expect(helm().steer('abort', 'ops')).toBe('it was interrupted, and ends');
  expect(helm().steer('promote', 'ops')).toBe('it was interrupted, and ends');
  expect(await statuses(done)).toBe('a steady, b not started, c not started');
  expect(await done).toMatchObject({ interrupted: true });
});

test('an abort while hosts run lets them finish', async () => {
  const { helm, done, started, release } = stage(plain('abc'));
  await expect.poll(() => started).toEqual(['a']);
  helm().steer('abort', 'ops');
  expect(helm().standing()).toMatchObject({ doing: 'stopping', running: ['a'] });
  for (const host of ['a', 'b', 'c']) release(host);
  expect(await statuses(done)).toBe('a steady, b not started, c not started');
});

const HOUR = 3_600_000;
const baking: Rollout = {
  waves: [
    { name: 'canary', hosts: ['a'], bakeMs: HOUR },
    { name: 'rest', hosts: ['b'] },
  ],
};

test.each([
  ['promote', 'a changed, b changed'],
  ['abort', 'a changed, b not started'],
] as const)('a bake of an hour is over when it is told %s', async (what, expected) => {
  const { helm, done, started, events, release } = stage(baking, { changes: true });
  await expect.poll(() => started).toEqual(['a']);
  expect(helm().steer('promote', 'ops')).toBe('it waits for nobody');
  for (const host of ['a', 'b']) release(host);
  await expect.poll(() => helm().standing().doing, { timeout: 30_000 }).toBe('baking');
  expect((helm().standing().until ?? 0) - Date.now()).toBeGreaterThan(HOUR / 2);
  expect(helm().steer(what, 'ops')).toBeUndefined();
  expect(await statuses(done)).toBe(expected);
  expect(events.filter(({ type }) => type === 'baked')).toHaveLength(what === 'promote' ? 1 : 0);
});

test.each([
  ['promote', 'a steady', undefined],
  ['abort', 'a not started', undefined],
] as const)('the question before a wave is answered by %s, whatever is typed later', async (what, expected, stopped) => {
  const over: boolean[] = [];
  const agree = (_: string, __: readonly string[], signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        over.push(true);
        resolve(false);
      });
    });
  const { helm, done, release } = stage({ waves: [{ name: 'all', hosts: ['a'], confirm: true }] }, { agree });
  release('a');
  await expect.poll(() => helm().standing().doing).toBe('asking');
  expect(helm().steer(what, 'ops')).toBeUndefined();
  expect(await statuses(done)).toBe(expected);
  expect((await done).stopped).toBe(stopped);
  expect(over).toEqual([true]);
});

test('a wave that was agreed to after a long while starts as many hosts at once as any other', async () => {
  const answers: (() => void)[] = [];
  const agree = (): Promise<boolean> => new Promise((resolve) => answers.push(() => resolve(true)));
  const waves = [
    { name: 'one', hosts: ['a', 'b'] },
    { name: 'two', hosts: ['c', 'd', 'e'], confirm: true as const },
  ];
  const { helm, done, started, release } = stage({ waves }, { agree, concurrency: 3 });
  await expect.poll(() => started).toEqual(['a', 'b']);
  for (const host of ['a', 'b']) release(host);
  await expect.poll(() => helm().standing().doing).toBe('asking');
  answers[0]?.();
  await expect.poll(() => helm().standing().running).toEqual(['c', 'd', 'e']);
  for (const host of ['c', 'd', 'e']) release(host);
  expect(await statuses(done)).toBe('a steady, b steady, c steady, d steady, e steady');
});
