import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import type { Event } from '../../src/core/events.ts';
import type { Host } from '../../src/core/host.ts';
import type { HostStatus } from '../../src/core/outcome.ts';
import type { Rollout, WaveSpec } from '../../src/core/rollout.ts';
import type { Session } from '../../src/core/session.ts';
import type { HostStep } from '../../src/core/step.ts';
import type { Work } from '../../src/core/work.ts';
import { type ExecOutcome, execFleet } from '../../src/engine/fleet/exec.ts';
import { exitCode } from '../../src/engine/fleet/exit-code.ts';
import { type FleetOptions, planFleet } from '../../src/engine/fleet/fleet.ts';
import { runFleet } from '../../src/engine/fleet/run-fleet.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { localSession } from '../support/local-session.ts';
import { madeUpHost } from '../support/made-up-host.ts';
import { everStep, step, textStep } from '../support/made-up-steps.ts';
import { tempFolder } from '../support/temp-folder.ts';

function work(
  names: readonly string[],
  { rollout = { waves: [] }, steps = () => [] }: { rollout?: Rollout; steps?: (name: string) => readonly HostStep[] } = {},
): Work {
  return { name: 'p', hosts: names.map((name) => ({ host: madeUpHost(name), steps: steps(name) })), rollout };
}

const refused = () => Promise.reject(new DroverError('HOST_UNREACHABLE', 'connection refused'));

function options(more: Partial<FleetOptions> = {}): FleetOptions & { stop: AbortController; cut: AbortController; events: Event[] } {
  const stop = new AbortController();
  const cut = new AbortController();
  const events: Event[] = [];
  const listener = (event: Event): void => {
    events.push(event);
  };
  const interrupt = { stop: stop.signal, cut: cut.signal };
  const plain = {
    connect: async () => localSession(),
    concurrency: 2,
    limits: DEFAULT_LIMITS,
    listener,
    now: Date.now,
    durable: async () => {},
    interrupt,
  };
  return { ...plain, ...more, stop, cut, events };
}

function statuses({ hosts }: { hosts: readonly { host: string; status: HostStatus }[] }): string {
  return hosts.map((one) => `${one.host} ${one.status}`).join(', ');
}

describe('a run', () => {
  test('brings every host to its state, and one that cannot be reached harms no other', async () => {
    const folder = tempFolder();
    const closed: string[] = [];
    const connect = async ({ name }: Host): Promise<Session> =>
      name === 'b' ? refused() : { ...localSession(), close: async () => void closed.push(name) };
    const run = options({ connect });
    const outcome = await runFleet(
      work(['a', 'b', 'c'], { steps: (name) => [textStep(1, { path: join(folder, name), text: name })] }),
      run,
    );
    expect(statuses(outcome)).toBe('a changed, b unreachable, c changed');
    expect(outcome.hosts[1]).toMatchObject({
      error: { code: 'HOST_UNREACHABLE', where: { host: 'b' } },
      steps: [{ outcome: { status: 'not reached', because: 'connection refused' } }],
    });
    expect(readdirSync(folder)).toEqual(['a', 'c']);
    expect(closed.sort()).toEqual(['a', 'c']);
    expect(run.events.filter(({ type }) => type === 'host ended')).toHaveLength(3);
    expect(exitCode(outcome, { detailed: false })).toBe(4);
  });

  test('a plan is given nothing that can change a host', async () => {
    const folder = tempFolder();
    const connect = async (): Promise<Session> => ({ ...localSession(), act: () => Promise.reject(new RangeError('acted')) });
    const steps = (name: string) => [textStep(1, { path: join(folder, name), text: name }), everStep(2, ['false'])];
    const outcome = await planFleet(
      work(['a', 'b'], { steps, rollout: { waves: [], budget: { bad: 1, per: 'run' } } }),
      options({ connect }),
    );
    expect(statuses(outcome)).toBe('a drift, b drift');
    expect(readdirSync(folder)).toEqual([]);
    expect([exitCode(outcome, { detailed: false }), exitCode(outcome, { detailed: true })]).toEqual([0, 3]);
  });

  test('a bug on one host ends the run as a bug, after the others came to their end', async () => {
    const bug = step(1, {
      reads: [],
      parse: () => {
        throw new RangeError('bug');
      },
    });
    const run = options();
    await expect(runFleet(work(['a', 'b', 'c', 'd'], { steps: (name) => (name === 'a' ? [bug] : []) }), run)).rejects.toThrow(RangeError);
    expect(run.events.filter(({ type }) => type === 'host ended')).toHaveLength(1);
  });
});

describe('interrupts', () => {
  test('the first starts no further host and lets the others end', async () => {
    const run: ReturnType<typeof options> = options({
      concurrency: 1,
      connect: async ({ name }) => {
        if (name === 'b') run.stop.abort();
        return localSession();
      },
    });
    const folder = tempFolder();
    const outcome = await runFleet(work(['a', 'b', 'c'], { steps: (name) => [textStep(1, { path: join(folder, name), text: 'x' })] }), run);
    expect(statuses(outcome)).toBe('a changed, b changed, c not started');
    expect(outcome.interrupted).toBe(true);
    expect(exitCode(outcome, { detailed: false })).toBe(130);
  });

  test('the second closes what runs', async () => {
    const run: ReturnType<typeof options> = options({
      connect: async () => {
        let end = (_: unknown): void => {};
        const never = new Promise<never>((_, reject) => {
          end = reject;
        });
        const close = async (): Promise<void> => end(new DroverError('CONNECTION_LOST', 'closed'));
        const act = (): Promise<never> => {
          run.stop.abort();
          run.cut.abort();
          return never;
        };
        return { ...localSession(), act, close };
      },
    });
    const outcome = await runFleet(work(['a'], { steps: () => [everStep(1, ['true'])] }), run);
    expect(statuses(outcome)).toBe('a unknown');
    expect(exitCode(outcome, { detailed: false })).toBe(130);
  });

  test('the second ends a connect, whatever it throws then', async () => {
    const run: ReturnType<typeof options> = options({
      connect: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          run.cut.abort();
        }),
    });
    expect(statuses(await runFleet(work(['a']), run))).toBe('a unreachable');
  });
});

/** Hosts a to f in every pattern of good and bad, and every way to have two waves. */
function* scenarios() {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (let n = 1; n <= names.length; n++) {
    for (let pattern = 0; pattern < 1 << n; pattern++) {
      const hosts = names.slice(0, n);
      const bad = new Set(hosts.filter((_, i) => pattern & (1 << i)));
      for (const split of new Set([0, 1, Math.ceil(n / 2)])) yield { hosts, bad, split };
    }
  }
}

test('no host starts after the budget is spent, or before the waves before it have ended: all of up to six hosts', async () => {
  for (const { hosts, bad, split } of scenarios()) {
    for (const per of ['wave', 'run'] as const) {
      for (const [limit, concurrency] of [
        [1, 1],
        [1, 3],
        [2, 1],
        [2, 2],
        [3, 6],
      ] as const) {
        const waves: WaveSpec[] =
          split === 0
            ? []
            : [
                { name: 'one', hosts: hosts.slice(0, split) },
                { name: 'two', hosts, size: { count: 2 } },
              ];
        const waveOf = (name: string): string => (split === 0 ? 'all' : hosts.indexOf(name) < split ? 'one' : 'two');
        const ended: string[] = [];
        const spentIn = (wave: string): boolean =>
          ended.filter((name) => bad.has(name) && (per === 'run' || waveOf(name) === wave)).length >= limit;
        const connect = async ({ name }: Host): Promise<Session> => {
          // Whatever ended before this start must not have spent the budget, in this wave or in the one before it.
          expect(spentIn(waveOf(name)) || (waveOf(name) === 'two' && spentIn('one'))).toBe(false);
          if (waveOf(name) === 'two') expect(ended).toEqual(expect.arrayContaining(hosts.slice(0, split)));
          await setImmediate();
          return bad.has(name) ? refused() : localSession();
        };
        const run = options({ connect, concurrency, listener: (event) => event.type === 'host ended' && ended.push(event.host) });
        const outcome = await runFleet(work(hosts, { rollout: { waves, budget: { bad: limit, per } } }), run);
        const started = outcome.hosts.filter(({ status }) => status !== 'not started').map((one) => one.host);
        expect(started).toEqual([...ended].sort());
        expect(outcome.stopped !== undefined).toBe(started.length < hosts.length);
        if (started.length === hosts.length)
          expect(outcome.hosts.map(({ status }) => status === 'unreachable')).toEqual(hosts.map((name) => bad.has(name)));
        const code = exitCode(outcome, { detailed: false });
        expect(code).toBe(outcome.stopped ? 6 : started.some((name) => bad.has(name)) ? 4 : 0);
      }
    }
  }
});

test('waves are told with their batches, and why the run stopped', async () => {
  const rollout: Rollout = {
    waves: [
      { name: 'canary', hosts: ['a', 'b'] },
      { name: 'rest', hosts: ['c', 'd'] },
    ],
    budget: { bad: 1, per: 'wave' },
  };
  const run = options({ connect: ({ name }) => (name === 'b' ? refused() : Promise.resolve(localSession())) });
  const outcome = await runFleet(work(['a', 'b', 'c', 'd'], { rollout }), run);
  expect(outcome.stopped).toEqual({ because: '1 bad of 1 ended in wave canary, the budget is 1' });
  expect(outcome.hosts[2]?.steps).toEqual([]);
  expect(run.events.filter(({ type }) => !type.startsWith('host')).map(({ at: _, ...event }) => event)).toEqual([
    { type: 'wave started', wave: 'canary', hosts: ['a', 'b'] },
    { type: 'stopped', because: '1 bad of 1 ended in wave canary, the budget is 1' },
    { type: 'wave ended', wave: 'canary', bad: 1 },
  ]);
});

describe('exec', () => {
  test('runs on each host, tells what comes, and keeps failures apart', async () => {
    const heard: string[] = [];
    const ends: ExecOutcome[] = [];
    const { interrupt } = options();
    const outcomes = await execFleet(['a', 'b'].map(madeUpHost), {
      connect: ({ name }) => (name === 'b' ? refused() : Promise.resolve(localSession())),
      concurrency: 5,
      interrupt,
      command: 'cat; echo err >&2; exit 3',
      stdin: Buffer.from('in'),
      timeoutMs: 5000,
      maxBytes: 1000,
      onOutput: (name, stream, chunk) => heard.push(`${name} ${stream} ${chunk}`),
      onEnd: (outcome) => ends.push(outcome),
    });
    expect(outcomes).toMatchObject([
      { host: 'a', kind: 'ended', output: { status: 3, stdout: Buffer.from('in') } },
      { host: 'b', kind: 'failed', error: { code: 'HOST_UNREACHABLE', where: { host: 'b' } } },
    ]);
    expect(heard.sort()).toEqual(['a stderr err\n', 'a stdout in']);
    expect(ends).toHaveLength(2);
  });
});

test.each([
  [['steady', 'changed'], {}, 0],
  [['drift'], {}, 0],
  [['failed', 'unreachable'], {}, 2],
  [['blocked'], {}, 2],
  [['unknown', 'steady'], {}, 4],
  [['failed', 'not started'], { stopped: { because: 'x' } }, 6],
  [['failed'], { interrupted: true, stopped: { because: 'x' } }, 130],
  [['stale'], {}, 8],
  [['stale', 'unreachable'], {}, 4],
  [['stale', 'failed'], {}, 2],
  [['held', 'steady'], {}, 7],
  [['held', 'stale'], {}, 7],
  [['held', 'unreachable'], {}, 4],
  [['held', 'failed'], {}, 2],
] as const)('the exit status of %j %j is %d', (names, more, code) => {
  const hosts = names.map((name) => {
    const base = { host: 'h', steps: [], looks: 0, acts: 0, durationMs: 0 };
    if (name === 'stale') return { ...base, status: 'failed' as const, error: new DroverError('PLAN_STALE', 'x') };
    if (name === 'held') return { ...base, status: 'failed' as const, error: new DroverError('LEASE_HELD', 'x') };
    return { ...base, status: name };
  });
  expect(exitCode({ hosts, interrupted: false, ...more }, { detailed: false })).toBe(code);
});
