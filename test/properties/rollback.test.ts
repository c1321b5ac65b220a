import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { standingOn } from '../../src/cli/past-run.ts';
import { map } from '../../src/core/probe.ts';
import type { Session } from '../../src/core/session.ts';
import type { HostStep } from '../../src/core/step.ts';
import type { Finding } from '../../src/core/task.ts';
import { rollbackSteps } from '../../src/engine/fleet/rollback.ts';
import { convergeHost } from '../../src/engine/host/converge.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { historyOf } from '../../src/journal/history.ts';
import { journalListener } from '../../src/journal/listener.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { openJournal } from '../../src/journal/writer.ts';
import { RUN_STARTED } from '../support/journal-samples.ts';
import { localSession } from '../support/local-session.ts';
import { copyStep, everStep, textStep, unitHost, unitStep } from '../support/made-up-steps.ts';
import { tempFolder } from '../support/temp-folder.ts';

type Kind = 'text' | 'same text' | 'copy' | 'unit';

/** Steps over a folder, some of which write the same file after each other. */
function layOut(kinds: readonly Kind[], there: readonly boolean[]) {
  const { folder, env } = unitHost();
  writeFileSync(join(folder, 'f0'), 'begin');
  let last = join(folder, 'f0');
  const files = [last];
  const steps = kinds.map((kind, i): HostStep => {
    const number = i + 1;
    const path = kind === 'same text' ? join(folder, 'f0') : join(folder, `f${number}`);
    if (kind === 'unit') {
      files.push(join(folder, `u${number}.conf`), join(folder, `u${number}.live`));
      return unitStep(number, { folder, unit: `u${number}`, text: `text ${number}`, foretold: false });
    }
    files.push(path);
    if (there[i] === true && kind !== 'same text') writeFileSync(path, 'other');
    const from = last;
    last = path;
    if (kind === 'copy') return copyStep(number, { from, to: path, foretold: i % 2 === 0 });
    return textStep(number, { path, text: kind === 'same text' ? 'one text' : `text ${number}` });
  });
  const content = () => files.map((path) => (existsSync(path) && !path.endsWith('.live') ? readFileSync(path, 'utf8') : undefined));
  return { folder, steps: steps.map(withParams), content, session: localSession(['sh', '-s'], env) };
}

/** A step whose number is its params, by which the journal finds it again. */
function withParams(step: HostStep): HostStep {
  const prepare: HostStep['prepare'] = (registered) =>
    map(step.prepare(registered), (found) => ('skipped' in found ? found : { ...found, params: step.number }));
  return { ...step, prepare };
}

type Laid = ReturnType<typeof layOut>;

/** Runs the steps with a journal; what it says of the host afterwards. */
async function runRecorded(
  { steps, session }: { readonly steps: readonly HostStep[]; readonly session: Session },
  conceal = (text: string) => text,
) {
  const path = tempFolder();
  const journal = await openJournal(path);
  journal.append({ ...RUN_STARTED, hosts: [{ name: 'web07', groups: [], connection: {} }] });
  const listener = journalListener(journal, conceal);
  const options = { host: 'web07', limits: DEFAULT_LIMITS, listener, now: () => 0, durable: journal.durable };
  listener({ type: 'host started', host: 'web07', at: 0 });
  const outcome = await convergeHost(session, steps, options);
  listener({ type: 'host ended', host: 'web07', outcome, at: 0 });
  await journal.close();
  const [host] = historyOf(readJournal(path), path).hosts;
  if (host === undefined) throw new Error('no host on record');
  return { outcome, text: readFileSync(join(path, 'journal.ndjson'), 'utf8'), standing: standingOn(host, { run: 'r', path }) };
}

function stepsBack({ steps }: Pick<Laid, 'steps'>, standing: Awaited<ReturnType<typeof runRecorded>>['standing']) {
  return rollbackSteps(standing, (_, params) => {
    const step = steps.find(({ number }) => number === params);
    return step && map(step.prepare({}), (found) => found as Finding);
  });
}

test('a rollback brings back what stood there before, and is steady after that', async () => {
  const kind = fc.constantFrom<Kind>('text', 'same text', 'copy', 'unit');
  const plays = fc.array(fc.tuple(kind, fc.boolean()), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(plays, async (play) => {
      const laid = layOut(
        play.map(([one]) => one),
        play.map(([, one]) => one),
      );
      const before = laid.content();
      const { outcome, standing } = await runRecorded(laid);
      fc.pre(outcome.status !== 'failed');
      const back = stepsBack(laid, standing);
      const first = await runRecorded({ steps: back, session: laid.session });
      expect(first.outcome.error).toBeUndefined();
      expect(laid.content()).toEqual(before);
      const taken = first.standing.map(({ params }) => params);
      const rest = standing.filter(({ number }) => !taken.some((params) => isDeepStrictEqual(params, { step: number })));
      expect((await runRecorded({ steps: stepsBack(laid, rest), session: laid.session })).outcome.acts).toBe(0);
    }),
    { numRuns: 15 },
  );
});

describe('a rollback', () => {
  it('refuses what somebody changed since, and leaves all as it is', async () => {
    const laid = layOut(['text'], [true]);
    const { standing } = await runRecorded(laid);
    writeFileSync(join(laid.folder, 'f1'), 'by hand');
    const { outcome } = await runRecorded({ steps: stepsBack(laid, standing), session: laid.session });
    expect(outcome.steps[0]?.outcome).toMatchObject({ status: 'blocked', because: expect.stringContaining('was changed since the run') });
    expect(readFileSync(join(laid.folder, 'f1'), 'utf8')).toBe('by hand');
  });

  it('refuses a command whose outcome somebody changed since', async () => {
    const laid = layOut(['text', 'copy'], [true, true]);
    const { standing } = await runRecorded(laid);
    writeFileSync(join(laid.folder, 'f2'), 'by hand');
    const { outcome } = await runRecorded({ steps: stepsBack(laid, standing), session: laid.session });
    // It is no copy any more, which is how it was before the run: nothing to take back, and the text goes back.
    expect(outcome.status).toBe('changed');
    expect(readFileSync(join(laid.folder, 'f2'), 'utf8')).toBe('by hand');
  });

  it('skips what has no way back, and says so', async () => {
    const laid = layOut([], []);
    const { standing } = await runRecorded({ steps: [everStep(1, ['true'])], session: laid.session });
    const { outcome } = await runRecorded({ steps: stepsBack(laid, standing), session: laid.session });
    expect(outcome.steps[0]?.outcome).toEqual({ status: 'skipped', because: 'it cannot be taken back: run true' });
  });

  it('knows nothing of what is secret, and keeps nothing of it', async () => {
    const laid = layOut(['text'], [false]);
    const { standing, text } = await runRecorded(laid, (word) => word.replaceAll('text 1', '****'));
    expect(text).not.toContain('text 1');
    expect(standing).toMatchObject([{ changes: [], secret: [expect.stringContaining('create')] }]);
  });
});
