import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inverse, run } from '../../src/core/change.ts';
import { DroverError } from '../../src/core/errors.ts';
import type { HostOutcome } from '../../src/core/outcome.ts';
import type { Session } from '../../src/core/session.ts';
import type { HostStep } from '../../src/core/step.ts';
import { convergeHost, planHost } from '../../src/engine/host/converge.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { localSession } from '../support/local-session.ts';
import { copyStep, textStep, unitHost, unitStep } from '../support/made-up-steps.ts';

const RUNS = { numRuns: 12 };

/** A made-up step in few words: it says what is to be in file `at`, and whether what it changes can be foretold. */
interface Sketch {
  readonly kind: 'text' | 'copy' | 'unit';
  readonly foretold: boolean;
}

interface Playbook {
  readonly sketches: readonly Sketch[];
  /** What is there before: the text that is wanted, another one, or nothing. */
  readonly there: readonly ('wanted' | 'other' | 'nothing')[];
}

const sketch: fc.Arbitrary<Sketch> = fc.record({ kind: fc.constantFrom('text', 'copy', 'unit'), foretold: fc.boolean() });
const there = fc.constantFrom('wanted', 'other', 'nothing');

const playbook: fc.Arbitrary<Playbook> = fc
  .array(fc.tuple(sketch, there), { minLength: 1, maxLength: 6 })
  .map((steps) => ({ sketches: steps.map(([one]) => one), there: steps.map(([, one]) => one) }));

/** Lays the playbook over a folder. File 0 is always there; a copy takes the file of the step before it. */
function layOut({ sketches, there: found }: Playbook) {
  const { folder, env, restarts } = unitHost();
  const files = [join(folder, 'f0')];
  writeFileSync(join(folder, 'f0'), 'begin');
  const texts = ['begin'];
  const steps = sketches.map(({ kind, foretold }, i): HostStep => {
    const number = i + 1;
    const from = files[i] ?? '';
    const text = kind === 'copy' ? (texts[i] ?? '') : `text ${number}`;
    const path = join(folder, kind === 'unit' ? `u${number}.live` : `f${number}`);
    files.push(path);
    texts.push(text);
    if (found[i] !== 'nothing') writeFileSync(path, found[i] === 'wanted' ? text : 'other');
    if (kind === 'unit' && found[i] === 'wanted') writeFileSync(join(folder, `u${number}.conf`), text);
    if (kind === 'copy') return copyStep(number, { from, to: path, foretold });
    return kind === 'unit' ? unitStep(number, { folder, unit: `u${number}`, text, foretold }) : textStep(number, { path, text });
  });
  const content = () => files.map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined));
  return { steps, texts, content, restarts, session: localSession(['sh', '-s'], env) };
}

const OPTIONS = { host: 'web07', limits: DEFAULT_LIMITS, listener: () => {}, now: Date.now, durable: async () => {} };

function statuses({ steps }: HostOutcome): readonly string[] {
  return steps.map(({ outcome }) => outcome.status);
}

test('a host ends as wanted, within one look and act for each change that cannot be foretold; a second run is one look', async () => {
  await fc.assert(
    fc.asyncProperty(playbook, async (book) => {
      const { steps, texts, content, session } = layOut(book);
      const outcome = await convergeHost(session, steps, OPTIONS);
      expect(['steady', 'changed']).toContain(outcome.status);
      expect(content()).toEqual(texts);
      const drifting = statuses(outcome).filter((status) => status === 'changed').length;
      expect(outcome.looks).toBeLessThanOrEqual(1 + drifting);
      expect(outcome.acts).toBe(outcome.looks - 1);
      const again = await convergeHost(session, steps, OPTIONS);
      expect([again.status, again.looks, again.acts]).toEqual(['steady', 1, 0]);
    }),
    RUNS,
  );
});

test('where all can be foretold, a look, an act and a look are enough, and every unit restarts once', async () => {
  // A copy of what a settling brings about has to wait for it, so units stand at the end here.
  const sorted = playbook.map(({ sketches, there: found }) => ({
    sketches: sketches.map(({ kind }) => ({ kind, foretold: true })).sort((a, b) => Number(a.kind === 'unit') - Number(b.kind === 'unit')),
    there: found,
  }));
  await fc.assert(
    fc.asyncProperty(sorted, async (book) => {
      const { steps, session, restarts } = layOut(book);
      const outcome = await convergeHost(session, steps, OPTIONS);
      expect([outcome.looks, outcome.acts]).toEqual(outcome.status === 'steady' ? [1, 0] : [2, 1]);
      const done = existsSync(restarts) ? readFileSync(restarts, 'utf8').trim().split('\n') : [];
      expect(new Set(done).size).toBe(done.length);
    }),
    RUNS,
  );
});

test('a plan changes nothing, and what it tells is what a run does', async () => {
  await fc.assert(
    fc.asyncProperty(playbook, async (book) => {
      const { steps, content, session } = layOut(book);
      const before = content();
      const planned = await planHost({ look: session.look }, steps, OPTIONS);
      expect(content()).toEqual(before);
      const outcome = await convergeHost(session, steps, OPTIONS);
      planned.steps.forEach(({ outcome: told }, i) => {
        const done = outcome.steps[i]?.outcome;
        if (told.status === 'steady') expect(done?.status).toBe('steady');
        if (told.status === 'drift') expect(done).toMatchObject({ status: 'changed', changes: told.changes });
        expect(['steady', 'drift', 'unknown']).toContain(told.status);
      });
    }),
    RUNS,
  );
});

test('a step that fails is taken back byte by byte, and the steps before it stay', async () => {
  await fc.assert(
    fc.asyncProperty(playbook, fc.nat(5), async (book, at) => {
      const { steps, texts, content, session } = layOut({ ...book, there: book.there.map(() => 'other') });
      const before = content();
      const index = at % steps.length;
      const broken = steps.map((one, i) => (i === index ? failing(one) : one));
      const outcome = await convergeHost(session, broken, OPTIONS);
      expect(outcome.status).toBe('failed');
      expect(statuses(outcome)).toEqual(steps.map((_, i) => (i < index ? 'changed' : i === index ? 'failed' : 'not reached')));
      const kept = content();
      // A unit that was restarted is restarted by its way back: what it runs with is not what is taken back.
      const isUnit = book.sketches[index]?.kind === 'unit';
      expect(kept).toEqual(texts.map((text, i) => (i <= index ? text : isUnit && i === index + 1 ? kept[i] : before[i])));
    }),
    RUNS,
  );
});

/** The step, with a last change that fails. */
function failing(one: HostStep): HostStep {
  const fail = run(['false'], { undo: 'not needed', because: 'x', touches: [] });
  return {
    ...one,
    prepare: (registered) => {
      const { reads, parse } = one.prepare(registered);
      return {
        reads,
        parse: (readings) => {
          const found = parse(readings);
          if (!('plan' in found) || found.plan.status !== 'drift') return found;
          return {
            ...found,
            plan: { ...found.plan, changes: [...found.plan.changes.filter((change) => inverse(change) !== 'impossible'), fail] },
          };
        },
      };
    },
  };
}

test('a cut anywhere in an act is unknown, and the next run ends as wanted', async () => {
  await fc.assert(
    fc.asyncProperty(playbook, fc.nat(4000), async (book, bytes) => {
      const { steps, texts, content, session } = layOut({ ...book, there: book.there.map(() => 'nothing') });
      const outcome = await convergeHost(cutAfter(session, bytes), steps, OPTIONS);
      expect(outcome.status).toBe('unknown');
      expect(outcome.error?.code).toBe('CONNECTION_LOST');
      const next = await convergeHost(session, steps, OPTIONS);
      expect(['steady', 'changed']).toContain(next.status);
      expect(content()).toEqual(texts);
    }),
    RUNS,
  );
});

/** The connection ends after so many bytes of what an act reports; the host itself goes on. */
function cutAfter(session: Session, bytes: number): Session {
  return {
    ...session,
    act: async (script, exchange) => {
      let left = bytes;
      const onStdout = (chunk: Buffer): void => {
        exchange.onStdout?.(chunk.subarray(0, left));
        left = Math.max(0, left - chunk.length);
      };
      await session.act(script, { ...exchange, onStdout });
      throw new DroverError('CONNECTION_LOST', 'the connection ended');
    },
  };
}
