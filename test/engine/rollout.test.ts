import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/core/gate.ts';
import { type HostStatus, isBad } from '../../src/core/outcome.ts';
import type { Budget } from '../../src/core/rollout.ts';
import { afterEvent, beginRollout, mayStart, type RolloutStart, type RolloutState, waiting } from '../../src/engine/fleet/rollout.ts';
import type { HostVerdict } from '../../src/engine/fleet/verdict.ts';
import type { Batch } from '../../src/engine/fleet/waves.ts';

/** How the world answers a rollout. */
interface World {
  readonly status: (host: string) => HostStatus;
  /** What the gate says of a host that was changed. */
  readonly verdict: (host: string) => Verdict;
  readonly agrees: boolean;
  /** Hosts that run at once. */
  readonly concurrency: number;
  /** What a person tells it before its nth move. */
  readonly told?: (move: number) => Told | undefined;
}

type Told = 'paused' | 'promoted' | 'interrupted';

/** What was seen of a rollout that was played to its end. */
interface Played {
  readonly log: readonly string[];
  readonly state: RolloutState;
}

/** Plays a rollout: hosts start while they may, and end in the order in which they started. Checks the laws at every step. */
function play(start: RolloutStart, world: World): Played {
  let state = beginRollout(start);
  const log: string[] = [];
  let moves = 0;
  const tell = (type: Told): void => {
    log.push(type);
    state = afterEvent(state, { type });
  };
  /** Lets a person have a say; whether that changed what is to be done. */
  const heard = (): boolean => {
    const { order } = state;
    const told = world.told?.(moves);
    moves += 1;
    if (told !== undefined) tell(told);
    return state.order !== order;
  };
  for (let steps = 0; state.order.do !== 'end'; steps += 1) {
    if (steps > 1000) throw new Error('it does not end');
    if (heard()) continue;
    const batch = state.batches[state.at];
    if (batch === undefined) throw new Error('no batch');
    if (state.order.do === 'pause') {
      // Somebody promotes it in the end.
      tell('promoted');
      continue;
    }
    if (state.order.do !== 'run') {
      log.push(`${state.order.do} ${batch.name}`);
      if (state.order.do === 'ask') state = afterEvent(state, { type: 'answered', yes: world.agrees });
      else if (state.order.do === 'bake') state = afterEvent(state, { type: 'baked' });
      else state = afterEvent(state, { type: 'judged', hosts: judgedHosts(state, batch, world) });
      continue;
    }
    const running: string[] = [];
    for (;;) {
      heard();
      const [next] = waiting(state);
      if (next !== undefined && running.length < world.concurrency && mayStart(state)) {
        running.push(next);
        log.push(`start ${next}`);
        state = afterEvent(state, { type: 'host started', host: next });
        continue;
      }
      const ended = running.shift();
      if (ended === undefined) break;
      log.push(`end ${ended}`);
      state = afterEvent(state, { type: 'host ended', host: ended, status: world.status(ended) });
    }
    state = afterEvent(state, { type: 'batch ended' });
  }
  return { log, state };
}

/** The gate asks the changed hosts of a batch. */
function judgedHosts({ ended }: RolloutState, { hosts }: Batch, { verdict }: World): readonly HostVerdict[] {
  return hosts.filter((host) => ended.get(host)?.status === 'changed').map((host) => ({ host, verdict: verdict(host), because: 'x' }));
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const STATUSES = ['steady', 'changed', 'failed', 'unreachable'] as const satisfies readonly HostStatus[];

function batchesFrom(cuts: readonly number[], count: number, more: Partial<Batch> = {}): readonly Batch[] {
  const ends = [...cuts.filter((cut) => cut < count), count];
  return ends.map((end, i) => {
    const hosts = NAMES.slice(i === 0 ? 0 : ends[i - 1], end);
    return { wave: `w${i}`, name: `w${i}`, hosts, ...more };
  });
}

/** The laws, whatever the world is like. Half a million times `expect` would take longer than all that it is asked about. */
function expectLawful({ log, state }: Played, start: RolloutStart, world: World): void {
  const law = (holds: boolean, words: string): void => {
    if (!holds) expect.fail(`${words}\n${log.join('\n')}`);
  };
  const earlier = start.earlier?.ended ?? new Map<string, HostStatus>();
  const started = log.filter((line) => line.startsWith('start ')).map((line) => line.slice(6));
  law(new Set(started).size === started.length, 'no host starts twice');
  law(!started.some((host) => earlier.has(host)), 'no host starts that an earlier part has ended');
  const known = [...earlier.keys()].filter((host) => start.batches.some(({ hosts }) => hosts.includes(host)));
  law(state.ended.size === started.length + known.length, 'what has started or was known has ended');
  const changedOf = (batch: string): readonly string[] => {
    const hosts = start.batches.find(({ name }) => name === batch)?.hosts ?? [];
    return hosts.filter((host) => (started.includes(host) ? world.status(host) : earlier.get(host)) === 'changed');
  };
  const gateFailed = (batch: string): readonly string[] => changedOf(batch).filter((host) => world.verdict(host) === 'fail');
  const waveOf = (host: string): number => start.batches.findIndex(({ hosts }) => hosts.includes(host));
  let bad = [...earlier].filter(([host, status]) => waveOf(host) >= 0 && isBad(status)).map(([host]) => waveOf(host));
  const running = new Set<string>();
  let held = '';
  for (const line of log) {
    const [word = '', name = ''] = line.split(' ');
    if (word === 'paused' && held !== 'interrupted') held = 'paused';
    if (word === 'promoted' && held === 'paused') held = '';
    if (word === 'interrupted') held = 'interrupted';
    if (word === 'start') {
      law(held === '', `no host starts while the run is held: ${name}`);
      const counted = start.budget?.per === 'run' ? bad.length : bad.filter((wave) => wave === waveOf(name)).length;
      law(counted < (start.budget?.bad ?? Number.POSITIVE_INFINITY), `no host starts behind the budget: ${name}`);
      law(
        [...running].every((other) => waveOf(other) === waveOf(name)),
        `waves do not overlap: ${name}`,
      );
      running.add(name);
    }
    if (word === 'end') {
      running.delete(name);
      if (isBad(world.status(name))) bad = [...bad, waveOf(name)];
    }
    if (word === 'bake' || word === 'ask') law(held !== 'interrupted', `a run that ends does not ${word}`);
    if (word === 'judge' || word === 'bake' || word === 'ask') law(running.size === 0, `no ${word} while hosts run`);
    // A host whose gate fails is bad from then on, and counted once: it was none of the others.
    if (word === 'judge') bad = [...bad, ...gateFailed(name).map(waveOf)];
  }
  law([...state.ended.values()].filter(({ status }) => isBad(status)).length === bad.length, 'bad hosts are counted once');
  // Between a wave that changed something and the next start stands its gate, and it could be told.
  if (start.hasGate) {
    start.batches.forEach(({ name }, i) => {
      const isLater = (line: string): boolean => line.startsWith('start ') && waveOf(line.slice(6)) > i;
      const changed = changedOf(name);
      if (changed.length === 0 || start.earlier?.passed.has(name) === true || !log.some(isLater)) return;
      const judged = log.indexOf(`judge ${name}`);
      const verdicts = changed.map(world.verdict);
      law(judged >= 0 && judged < log.findIndex(isLater), `the gate of ${name} is asked before the next wave`);
      law(!verdicts.includes('inconclusive'), `the gate of ${name} could be told`);
      law(start.budget !== undefined || !verdicts.includes('fail'), `the gate of ${name} passed`);
    });
  }
}

describe('a rollout', () => {
  it('keeps its laws for up to six hosts, in all waves, with all ends and budgets', () => {
    let played = 0;
    for (let count = 1; count <= 6; count += 1) {
      for (let cut = 0; cut < 2 ** (count - 1); cut += 1) {
        const cuts = NAMES.slice(0, count - 1).flatMap((_, i) => ((cut >> i) & 1 ? [i + 1] : []));
        // Of four ends, those that differ for a rollout are three: steady, changed, bad.
        for (let ends = 0; ends < 3 ** count; ends += 1) {
          const status = (host: string): HostStatus =>
            (['steady', 'changed', 'failed'] as const)[Math.floor(ends / 3 ** NAMES.indexOf(host as never)) % 3] ?? 'steady';
          const budget: Budget = { bad: 1 + (ends % 2), per: cut % 2 === 0 ? 'wave' : 'run' };
          const start = { batches: batchesFrom(cuts, count), budget, hasGate: true };
          const world: World = {
            status,
            verdict: (name) => (ends % 5 === 0 && (name === 'b' || name === 'c') ? 'fail' : 'pass'),
            agrees: true,
            concurrency: 1 + (ends % 3),
            told: (move) => (move === ends % 11 ? 'paused' : move === 3 + (ends % 13) && ends % 7 === 0 ? 'interrupted' : undefined),
          };
          expectLawful(play(start, world), start, world);
          played += 1;
        }
      }
    }
    expect(played).toBeGreaterThan(20_000);
  });

  it('keeps its laws in random worlds, also when it is gone on with', () => {
    const worlds = fc.record({
      cuts: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }).map((cuts) => cuts.sort()),
      ends: fc.array(fc.constantFrom(...STATUSES), { minLength: 6, maxLength: 6 }),
      verdicts: fc.array(fc.constantFrom<Verdict>('pass', 'pass', 'pass', 'fail', 'inconclusive'), { minLength: 6, maxLength: 6 }),
      bad: fc.integer({ min: 1, max: 4 }),
      per: fc.constantFrom<Budget['per']>('wave', 'run'),
      earlier: fc.array(fc.constantFrom(undefined, ...STATUSES), { minLength: 6, maxLength: 6 }),
      concurrency: fc.integer({ min: 1, max: 4 }),
      hasGate: fc.boolean(),
      agrees: fc.boolean(),
      told: fc.array(fc.constantFrom<Told | undefined>(undefined, undefined, undefined, 'paused', 'promoted', 'interrupted'), {
        maxLength: 20,
      }),
    });
    fc.assert(
      fc.property(worlds, ({ cuts, ends, verdicts, bad, per, earlier, concurrency, hasGate, agrees, told }) => {
        const ended = new Map(NAMES.flatMap((name, i) => (earlier[i] === undefined ? [] : [[name, earlier[i]] as const])));
        const batches = batchesFrom(cuts, 6, agrees ? { bakeMs: 5 } : { confirm: true });
        const start = { batches, budget: { bad, per }, hasGate, earlier: { ended, passed: new Set<string>() } };
        const world: World = {
          status: (host) => ends[NAMES.indexOf(host as never)] ?? 'steady',
          verdict: (host) => verdicts[NAMES.indexOf(host as never)] ?? 'pass',
          agrees,
          concurrency,
          told: (move) => told[move],
        };
        expectLawful(play(start, world), start, world);
      }),
      { numRuns: 2000 },
    );
  });

  const plain = { batches: batchesFrom([1], 2, { bakeMs: 1000 }), budget: undefined, hasGate: true };
  const world: World = { status: () => 'changed', verdict: () => 'pass', agrees: true, concurrency: 1 };

  it.each<[string, RolloutStart, World, readonly string[], string | undefined]>([
    [
      'bakes, then asks the gate',
      plain,
      world,
      ['start a', 'end a', 'bake w0', 'judge w0', 'start b', 'end b', 'bake w1', 'judge w1'],
      undefined,
    ],
    [
      'does neither where nothing changed',
      plain,
      { ...world, status: () => 'steady' },
      ['start a', 'end a', 'start b', 'end b'],
      undefined,
    ],
    [
      'holds where the gate fails',
      plain,
      { ...world, verdict: () => 'fail' },
      ['start a', 'end a', 'bake w0', 'judge w0'],
      'the gate of wave w0 failed: a: x',
    ],
    [
      'holds where the gate cannot tell',
      plain,
      { ...world, verdict: () => 'inconclusive' },
      ['start a', 'end a', 'bake w0', 'judge w0'],
      'the gate of wave w0 could not be told: a: x',
    ],
    [
      'goes on where the budget bears the host whose gate fails, and counts it',
      { ...plain, batches: batchesFrom([1, 2], 3), budget: { bad: 2, per: 'run' } },
      { ...world, verdict: () => 'fail' },
      ['start a', 'end a', 'judge w0', 'start b', 'end b', 'judge w1'],
      'the gate of wave w1 failed: b: x',
    ],
    [
      'starts nobody while it is paused, and goes on where it was',
      { ...plain, batches: batchesFrom([], 3) },
      { ...world, status: () => 'steady', told: (move) => (move === 2 ? 'paused' : undefined) },
      ['start a', 'paused', 'end a', 'promoted', 'start b', 'end b', 'start c', 'end c'],
      undefined,
    ],
    [
      'asks its gate while it is paused, and then holds the next wave',
      plain,
      { ...world, told: (move) => (move === 2 ? 'paused' : undefined) },
      ['start a', 'paused', 'end a', 'bake w0', 'judge w0', 'promoted', 'start b', 'end b', 'bake w1', 'judge w1'],
      undefined,
    ],
    [
      'bakes no longer when it is promoted, and asks the gate all the same',
      plain,
      { ...world, told: (move) => (move === 4 ? 'promoted' : undefined) },
      ['start a', 'end a', 'promoted', 'judge w0', 'start b', 'end b', 'bake w1', 'judge w1'],
      undefined,
    ],
    [
      'takes a promotion for an answer',
      { ...plain, batches: batchesFrom([], 1, { confirm: true }) },
      { ...world, agrees: false, status: () => 'steady', told: (move) => (move === 0 ? 'promoted' : undefined) },
      ['promoted', 'start a', 'end a'],
      undefined,
    ],
    [
      'asks no gate and starts nobody after an interrupt',
      plain,
      { ...world, told: (move) => (move === 2 ? 'interrupted' : undefined) },
      ['start a', 'interrupted', 'end a'],
      undefined,
    ],
    [
      'holds where nobody agrees',
      { ...plain, batches: batchesFrom([1], 2, { confirm: true }) },
      { ...world, agrees: false },
      ['ask w0'],
      'nobody agreed to wave w0',
    ],
    [
      'asks a gate again that had not passed when the run was cut',
      { ...plain, earlier: { ended: new Map([['a', 'changed' as const]]), passed: new Set() } },
      world,
      ['bake w0', 'judge w0', 'start b', 'end b', 'bake w1', 'judge w1'],
      undefined,
    ],
    [
      'leaves behind what had passed',
      { ...plain, earlier: { ended: new Map([['a', 'changed' as const]]), passed: new Set(['w0']) } },
      world,
      ['start b', 'end b', 'bake w1', 'judge w1'],
      undefined,
    ],
  ])('%s', (_, start, given, expected, stopped) => {
    const { log, state } = play(start, given);
    expect(log).toEqual(expected);
    expect(state.stopped).toBe(stopped);
  });
});
