import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describe as words } from '../../src/core/change.ts';
import type { DroverError } from '../../src/core/errors.ts';
import type { Event } from '../../src/core/events.ts';
import type { Host } from '../../src/core/host.ts';
import type { HostOutcome } from '../../src/core/outcome.ts';
import { constant } from '../../src/core/probe.ts';
import type { AskedStep, HostStep, StepAnswer } from '../../src/core/step.ts';
import { exitCode } from '../../src/engine/fleet/exit-code.ts';
import { runFleet } from '../../src/engine/fleet/run-fleet.ts';
import { convergeHost } from '../../src/engine/host/converge.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { leasedHost, leasing } from '../support/leased-host.ts';
import { localSession } from '../support/local-session.ts';
import { copyStep, step, textStep } from '../support/made-up-steps.ts';
import { bootStep, rebootingHost } from '../support/rebooting-host.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** What is answered, question by question. */
type Answering = readonly StepAnswer[] | ((asked: AskedStep, nth: number) => StepAnswer);

function answering(answers: Answering) {
  const asked: string[] = [];
  const ask = async (one: AskedStep): Promise<StepAnswer> => {
    asked.push(`${one.number}: ${one.changes.map(words).join(', ')}`);
    if (typeof answers === 'function') return answers(one, asked.length);
    const answer = answers[asked.length - 1];
    if (answer === undefined) throw new Error(`nobody expected to be asked of ${asked.at(-1)}`);
    return answer;
  };
  return { asked, ask };
}

async function converge(steps: readonly HostStep[], answers: Answering, more: Partial<Parameters<typeof convergeHost>[2]> = {}) {
  const { asked, ask } = answering(answers);
  const base = { host: 'web07', limits: DEFAULT_LIMITS, listener: () => {}, now: Date.now, durable: async () => {} };
  const outcome = await convergeHost(localSession(), steps, { ...base, ...more, ask });
  return { ...brief(outcome), asked, outcome };
}

function brief({ status, steps, acts }: HostOutcome) {
  return { said: `${status}: ${steps.map(({ outcome }) => outcome.status).join(', ')}`, acts };
}

/** Files in a folder of their own, by name; `path` of each. */
function folderOf(files: Readonly<Record<string, string>> = {}) {
  const folder = tempFolder();
  const path = (name: string): string => join(folder, name);
  for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text);
  return { path, read: (name: string) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8') : undefined) };
}

describe('one host', () => {
  test('is asked of each step before it is made, and of none that is steady', async () => {
    const { path, read } = folderOf({ b: 'B' });
    const steps = ['a', 'b', 'c'].map((name, i) => textStep(i + 1, { path: path(name), text: name.toUpperCase() }));
    const seen: (string | undefined)[] = [];
    const { said, asked, acts } = await converge(steps, (one) => {
      seen.push(read('a'));
      return one.number === 1 || one.number === 3 ? 'yes' : 'no';
    });
    expect({ said, asked, acts }).toEqual({
      said: 'changed: changed, steady, changed',
      asked: [`1: create ${path('a')}`, `3: create ${path('c')}`],
      acts: 2,
    });
    expect(seen).toEqual([undefined, 'A']);
  });

  test('plans what follows a declined step by the host as it is, not as it would have been', async () => {
    const { path, read } = folderOf({ a: 'old' });
    const steps = [
      textStep(1, { path: path('a'), text: 'new' }),
      copyStep(2, { from: path('a'), to: path('b'), foretold: true }),
      copyStep(3, { from: path('b'), to: path('c'), foretold: true }),
    ];
    const { said, outcome } = await converge(steps, ['no', 'yes', 'yes']);
    expect(said).toBe('changed: declined, changed, changed');
    expect([read('a'), read('b'), read('c')]).toEqual(['old', 'old', 'old']);
    expect(outcome.steps[0]?.outcome).toMatchObject({ changes: [{ path: path('a') }] });
  });

  test('is blocked where a step cannot do without the declined one', async () => {
    const { path } = folderOf();
    const steps = [textStep(1, { path: path('a'), text: 'A' }), copyStep(2, { from: path('a'), to: path('b'), foretold: true })];
    expect((await converge(steps, ['no'])).said).toBe('blocked: declined, blocked');
  });

  test('leaves out what rests on the result of a declined step, also by way of others', async () => {
    const { path, read } = folderOf();
    const needing = (number: number, needs: string, text: string): HostStep => ({
      ...textStep(number, { path: path(text), text }),
      needs: [needs],
      register: `r${number}`,
    });
    const first = textStep(1, { path: path('a'), text: 'A' }, { register: 'r1' });
    const steps = [first, needing(2, 'r1', 'B'), needing(3, 'r2', 'C'), textStep(4, { path: path('d'), text: 'D' })];
    const { said, outcome } = await converge(steps, ['no', 'yes']);
    expect(said).toBe('changed: declined, skipped, skipped, changed');
    expect(outcome.steps[2]?.outcome).toMatchObject({ because: 'it rests on what step 1 registers, and that was declined' });
    expect([read('B'), read('C'), read('d')]).toEqual([undefined, undefined, 'D']);
  });

  test('makes all that is left at once after `continue`', async () => {
    const { path } = folderOf();
    const steps = ['a', 'b', 'c'].map((name, i) => textStep(i + 1, { path: path(name), text: 'x' }));
    const { said, asked, acts } = await converge(steps, ['no', 'continue']);
    expect({ said, asked: asked.length, acts }).toEqual({ said: 'changed: declined, changed, changed', asked: 2, acts: 1 });
  });

  test('ends at `quit`, with nothing wrong with it', async () => {
    const { path, read } = folderOf({ c: 'x' });
    const steps = ['a', 'b', 'c', 'd'].map((name, i) => textStep(i + 1, { path: path(name), text: 'x' }));
    const { said, outcome } = await converge(steps, ['yes', 'quit']);
    expect(said).toBe('changed: changed, not reached, not reached, not reached');
    expect(outcome.error).toBeUndefined();
    expect((await converge([textStep(1, { path: path('e'), text: 'x' })], ['quit'])).said).toBe('drift: not reached');
    expect([read('b'), read('d'), read('e')]).toEqual([undefined, undefined, undefined]);
  });

  test('is asked anew where it has moved while a person thought', async () => {
    const { path, read } = folderOf();
    const { said, asked } = await converge([textStep(1, { path: path('a'), text: 'A' })], (_, nth) => {
      if (nth === 1) writeFileSync(path('a'), 'somebody else');
      return 'yes';
    });
    expect(said).toBe('changed: changed');
    expect(asked).toEqual([`1: create ${path('a')}`, `1: edit ${path('a')}`]);
    expect(read('a')).toBe('A');
  });

  test('is steady where somebody else has done meanwhile what was declined', async () => {
    const { path } = folderOf();
    const { said } = await converge([textStep(1, { path: path('a'), text: 'A' })], () => {
      writeFileSync(path('a'), 'A');
      return 'no';
    });
    expect(said).toBe('steady: steady');
  });

  test('holds against a saved plan what was not declined', async () => {
    const { path } = folderOf();
    const steps = ['a', 'b'].map((name, i) => textStep(i + 1, { path: path(name), text: 'x' }));
    const seen: (readonly number[])[] = [];
    const object = (plans: readonly { readonly number: number }[]): DroverError | undefined => {
      seen.push(plans.map(({ number }) => number));
      return undefined;
    };
    await converge(steps, ['no', 'yes'], { object });
    expect(seen).toEqual([[1, 2], [2], [2], []]);
  });
});

test('a host is not held while a person thinks, and what another run does meanwhile is seen', async () => {
  const host = leasedHost();
  const steps = ['a', 'b'].map((name, i) => textStep(i + 1, { path: host.path(name), text: 'x' }));
  const base = { host: 'web07', limits: DEFAULT_LIMITS, listener: () => {}, now: Date.now, durable: async () => {} };
  const others: string[] = [];
  const ask = async ({ number }: AskedStep): Promise<StepAnswer> => {
    const other = textStep(1, { path: host.path(`other${number}`), text: 'x' });
    others.push((await convergeHost(host.open(), [other], { ...base, lease: leasing('b') })).status);
    return 'yes';
  };
  const outcome = await convergeHost(host.open(), steps, { ...base, lease: leasing('a'), ask });
  expect([outcome.status, ...others]).toEqual(['changed', 'changed', 'changed']);
});

describe('a reboot', () => {
  const boots = async (answers: readonly StepAnswer[]) => {
    const host = rebootingHost(['new boot']);
    const { session, rebooting, now } = host;
    const { asked, ask } = answering(answers);
    const base = { host: 'kvm01', limits: DEFAULT_LIMITS, listener: () => {}, durable: async () => {} };
    const outcome = await convergeHost(session, [bootStep(1, host, 'A'), bootStep(2, host, 'B')], { ...base, now, rebooting, ask });
    return { said: brief(outcome).said, asked: asked.map((text) => text.replace(/ \S+\/configured/, '')), reboots: host.reboots() };
  };

  test('is asked of for each step that wants it, and made once for those that got a yes', async () => {
    expect(await boots(['yes', 'yes', 'yes', 'yes'])).toEqual({
      said: 'changed: changed, changed',
      asked: ['1: create', '2: edit', '1: reboot', '2: reboot'],
      reboots: 1,
    });
  });

  test('that nobody agrees to is waited for', async () => {
    expect(await boots(['yes', 'no', 'no'])).toEqual({
      said: 'drift: drift, declined',
      asked: ['1: create', '2: edit', '1: reboot'],
      reboots: 0,
    });
  });
});

describe('hosts of a wave', () => {
  interface Played {
    readonly answers: (hosts: readonly string[], number: number) => StepAnswer;
    readonly concurrency?: number;
    readonly names?: string;
    readonly steps: (host: string) => readonly HostStep[];
  }

  async function play({ answers, concurrency = 10, names = 'abc', steps }: Played) {
    const events: Event[] = [];
    const asked: string[] = [];
    const stop = new AbortController();
    const never = new AbortController().signal;
    const hosts = [...names].map((name) => ({ host: { name } as Host, steps: steps(name) }));
    const outcome = await runFleet(
      { name: 'p', hosts, rollout: { waves: [] } },
      {
        connect: async () => localSession(),
        concurrency,
        limits: DEFAULT_LIMITS,
        listener: (event) => void events.push(event),
        now: Date.now,
        durable: async () => {},
        interrupt: { stop: stop.signal, cut: never },
        askStep: async (asking) => {
          const on = asking.map(({ host }) => host).sort();
          asked.push(`${asking[0].number} ${on.join('')}`);
          const answer = answers(on, asking[0].number);
          if (answer === 'quit') stop.abort();
          return answer;
        },
      },
    );
    const told = events.flatMap((event) => (event.type === 'step answered' ? [`${event.step} ${event.answer}`] : []));
    return { asked, told, said: outcome.hosts.map((one) => brief(one).said), exit: exitCode(outcome, { detailed: true }) };
  }

  /** A host's own file for each step; those that are there already are steady. */
  const texts =
    (path: (name: string) => string, count: number) =>
    (host: string): readonly HostStep[] =>
      Array.from({ length: count }, (_, i) => textStep(i + 1, { path: path(`${host}${i + 1}`), text: 'x' }));

  test('come to one question a step, whoever is steady by then', async () => {
    const { path } = folderOf({ b1: 'x', c2: 'x' });
    const { asked, told, said, exit } = await play({ steps: texts(path, 2), answers: () => 'yes' });
    expect(asked).toEqual(['1 ac', '2 ab']);
    expect(told).toEqual(['1 yes', '2 yes']);
    expect(said).toEqual(['changed: changed, changed', 'changed: steady, changed', 'changed: changed, steady']);
    expect(exit).toBe(0);
  });

  test('end with 3 where something was declined', async () => {
    const { path } = folderOf({ b1: 'x' });
    const { said, exit } = await play({ steps: texts(path, 1), names: 'ab', answers: () => 'no' });
    expect(said).toEqual(['drift: declined', 'steady: steady']);
    expect(exit).toBe(3);
    const half = await play({ steps: texts(path, 2), names: 'b', answers: () => 'yes' });
    expect(half.said).toEqual(['changed: steady, changed']);
    expect((await play({ steps: texts(path, 2), names: 'a', answers: (_, number) => (number === 1 ? 'no' : 'yes') })).exit).toBe(3);
  });

  test('that find no room are asked of when they come, and not at all after `continue`', async () => {
    const { path } = folderOf();
    const { asked, said } = await play({ steps: texts(path, 1), concurrency: 1, answers: (on) => (on.includes('b') ? 'continue' : 'no') });
    expect(asked).toEqual(['1 a', '1 b']);
    expect(said).toEqual(['drift: declined', 'changed: changed', 'changed: changed']);
  });

  test('take the place of one that has ended before the next question', async () => {
    const { path } = folderOf({ a1: 'x' });
    const { asked } = await play({ steps: texts(path, 1), concurrency: 2, answers: () => 'yes' });
    expect(asked).toEqual(['1 bc']);
  });

  test('are left as they are after `quit`, and no other starts', async () => {
    const { path, read } = folderOf({ b1: 'x' });
    const answers = (_: readonly string[], number: number): StepAnswer => (number === 1 ? 'yes' : 'quit');
    const { asked, told, said, exit } = await play({ steps: texts(path, 3), concurrency: 2, answers });
    expect(asked).toEqual(['1 a', '2 ab']);
    expect(told).toEqual(['1 yes', '2 quit']);
    expect(said).toEqual([
      'changed: changed, not reached, not reached',
      'drift: steady, not reached, not reached',
      'not started: not reached, not reached, not reached',
    ]);
    expect(exit).toBe(130);
    expect([read('a2'), read('b2'), read('c1')]).toEqual([undefined, undefined, undefined]);
  });

  test('need no answer of a host that fails', async () => {
    const { path } = folderOf();
    const failing = step(1, constant({ status: 'blocked', because: 'no', hint: 'no' }));
    const steps = (host: string) => (host === 'b' ? [failing] : texts(path, 1)(host));
    const { asked, said } = await play({ steps, answers: () => 'yes' });
    expect(asked).toEqual(['1 ac']);
    expect(said).toEqual(['changed: changed', 'blocked: blocked', 'changed: changed']);
  });
});
