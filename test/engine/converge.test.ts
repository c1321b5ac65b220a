import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run, settle, write } from '../../src/core/change.ts';
import { DroverError } from '../../src/core/errors.ts';
import type { Event } from '../../src/core/events.ts';
import { file } from '../../src/core/file.ts';
import type { HostOutcome } from '../../src/core/outcome.ts';
import { blocked, drift, type Plan, steady } from '../../src/core/plan.ts';
import { command, map } from '../../src/core/probe.ts';
import type { Session } from '../../src/core/session.ts';
import type { HostStep } from '../../src/core/step.ts';
import { convergeHost, planHost } from '../../src/engine/host/converge.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { localSession } from '../support/local-session.ts';
import { copyStep, everStep, registerStep, step, textImage, textStep, unitHost, unitStep } from '../support/made-up-steps.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function converge(steps: readonly HostStep[], session: Session = localSession()) {
  const events: Event[] = [];
  const outcome = await convergeHost(session, steps, {
    host: 'web07',
    limits: DEFAULT_LIMITS,
    listener: (event) => events.push(event),
    now: Date.now,
    durable: async () => {},
  });
  return { ...outcome, events };
}

function plan(steps: readonly HostStep[], session: Session = localSession()): Promise<HostOutcome> {
  return planHost(session, steps, { host: 'web07', limits: DEFAULT_LIMITS, listener: () => {}, now: Date.now, durable: async () => {} });
}

function brief({ status, steps, looks, acts }: HostOutcome) {
  return { status, steps: steps.map(({ outcome }) => outcome.status).join(' '), exchanges: `${looks}+${acts}` };
}

const touching = { because: 'x', touches: ['*'] } as const;

describe('exchanges', () => {
  test('a converged host takes exactly one look', async () => {
    const folder = tempFolder();
    for (const name of ['a', 'b']) writeFileSync(join(folder, name), name);
    const steps = ['a', 'b'].map((name, i) => textStep(i + 1, { path: join(folder, name), text: name }));
    expect(brief(await converge(steps))).toEqual({ status: 'steady', steps: 'steady steady', exchanges: '1+0' });
  });

  test('where all can be foretold: one look, one act, one look', async () => {
    const { folder, env, restarts } = unitHost();
    const path = join(folder, 'a');
    const steps = [
      textStep(1, { path, text: 'A' }),
      copyStep(2, { from: path, to: join(folder, 'b'), foretold: true }),
      copyStep(3, { from: join(folder, 'b'), to: join(folder, 'c'), foretold: true }),
      unitStep(4, { folder, unit: 'web', text: 'W', foretold: true }),
    ];
    const outcome = await converge(steps, localSession(['sh', '-s'], env));
    expect(brief(outcome)).toEqual({ status: 'changed', steps: 'changed changed changed changed', exchanges: '2+1' });
    expect(readFileSync(join(folder, 'c'), 'utf8')).toBe('A');
    expect(readFileSync(restarts, 'utf8')).toBe('web\n');
  });

  test('each change that cannot be foretold costs one more look and act', async () => {
    const folder = tempFolder();
    const paths = ['a', 'b', 'c', 'd'].map((name) => join(folder, name));
    const copies = paths.slice(1).map((to, i) => copyStep(i + 2, { from: paths[i] ?? '', to, foretold: false }));
    const outcome = await converge([textStep(1, { path: paths[0] ?? '', text: 'A' }), ...copies]);
    expect(brief(outcome)).toEqual({ status: 'changed', steps: 'changed changed changed changed', exchanges: '4+3' });
  });

  test('settlings of several steps are done once', async () => {
    const { folder, env, restarts } = unitHost();
    const reload = settle({ what: 'restart', unit: 'web' }, { because: 'x', touches: [] });
    const steps = ['a', 'b', 'c'].map((name, i) => textStep(i + 1, { path: join(folder, name), text: name, after: [reload] }));
    const { status, events } = await converge(steps, localSession(['sh', '-s'], env));
    expect(status).toBe('changed');
    expect(readFileSync(restarts, 'utf8')).toBe('web\n');
    expect(events.filter((event) => event.type === 'change ended' && event.change.kind === 'settle')).toHaveLength(3);
  });

  test('commands planned for what a settling leads to wait until it is done', async () => {
    const { folder, env } = unitHost();
    const live = join(folder, 'web.live');
    const steps = [
      unitStep(1, { folder, unit: 'web', text: 'W', foretold: true }),
      copyStep(2, { from: live, to: join(folder, 'copy'), foretold: true }),
    ];
    const outcome = await converge(steps, localSession(['sh', '-s'], env));
    expect(brief(outcome)).toEqual({ status: 'changed', steps: 'changed changed', exchanges: '3+2' });
    expect(readFileSync(join(folder, 'copy'), 'utf8')).toBe('W');
  });

  test('a plan is one look and tells each step over the changes before it', async () => {
    const folder = tempFolder();
    const a = join(folder, 'a');
    const steps = [
      textStep(1, { path: a, text: 'A' }),
      copyStep(2, { from: a, to: join(folder, 'b'), foretold: false }),
      copyStep(3, { from: join(folder, 'b'), to: join(folder, 'c'), foretold: false }),
      everStep(4, ['true']),
    ];
    const outcome = await plan(steps);
    expect(brief(outcome)).toEqual({ status: 'drift', steps: 'drift drift unknown drift', exchanges: '1+0' });
    expect(outcome.steps[2]?.outcome).toMatchObject({ after: 2, because: expect.stringMatching(/^step 2 changes the answer to: file \//) });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('steps that need what others register', () => {
  const needing = (number: number, path: string, name = 'word'): HostStep => ({
    ...textStep(number, { path, text: '' }),
    needs: [name],
    prepare: ({ [name]: word }) => {
      if (typeof word !== 'string') throw new DroverError('PLAYBOOK_INVALID', 'word is no text');
      return textStep(number, { path, text: word }).prepare({});
    },
  });

  test.each(['word', 'constructor', '__proto__'])('are looked at once it is known, also by a plan: %s', async (name) => {
    const folder = tempFolder();
    const steps = [
      registerStep(
        1,
        name,
        map(command('printf', 'hey'), ({ stdout }) => stdout),
      ),
      needing(2, join(folder, 'a'), name),
    ];
    expect(brief(await plan(steps))).toEqual({ status: 'drift', steps: 'steady drift', exchanges: '2+0' });
    expect(brief(await converge(steps))).toEqual({ status: 'changed', steps: 'steady changed', exchanges: '3+1' });
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('hey');
  });

  test('take what holds after the changes of the step that registers it', async () => {
    const folder = tempFolder();
    const source = join(folder, 'source');
    writeFileSync(source, 'old');
    const registering: HostStep = {
      ...textStep(1, { path: source, text: 'new' }),
      register: 'word',
      prepare: () =>
        map(file(source), (text) => ({
          plan: text === 'new' ? steady('x') : drift(write(source, textImage('old'), textImage('new'), 'x')),
          result: text ?? null,
        })),
    };
    const steps = [registering, needing(2, join(folder, 'a')), everStep(3, ['true'])];
    const planned = await plan(steps);
    expect(brief(planned)).toEqual({ status: 'drift', steps: 'drift unknown drift', exchanges: '1+0' });
    expect(planned.steps[1]?.outcome).toMatchObject({ after: 1, because: 'it needs what step 1 registers' });
    expect((await converge(steps)).status).toBe('changed');
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('new');
  });

  test('a value that is another at every look ends the host, it does not keep it looking', async () => {
    const clock = tempFolder();
    let looks = 0;
    const session = localSession();
    const ticking: Session = {
      ...session,
      look: (script, exchange) => {
        writeFileSync(join(clock, 'now'), `${looks++}`);
        return session.look(script, exchange);
      },
    };
    const steps = [
      registerStep(
        1,
        'word',
        map(file(join(clock, 'now')), (text) => text ?? null),
      ),
      {
        ...needing(2, ''),
        prepare: ({ word }: Readonly<Record<string, unknown>>) => textStep(2, { path: join(clock, `${word}`), text: 'x' }).prepare({}),
      },
    ];
    const outcome = await converge(steps, ticking);
    expect(outcome).toMatchObject({
      status: 'failed',
      looks: 3,
      error: { code: 'STATE_UNREADABLE', message: expect.stringMatching(/^step 2: what it needs/) },
    });
  });

  test('one look is enough where it asked all that they read', async () => {
    const skipping: HostStep = {
      ...everStep(2, ['true']),
      needs: ['word'],
      prepare: () => ({ reads: [], parse: () => ({ skipped: 'when is false' }) }),
    };
    const outcome = await plan([
      registerStep(
        1,
        'word',
        map(command('true'), () => null),
      ),
      skipping,
    ]);
    expect(brief(outcome)).toEqual({ status: 'steady', steps: 'steady skipped', exchanges: '1+0' });
  });

  test('a value that does not fit fails the step, after the steps before it', async () => {
    const folder = tempFolder();
    const steps = [
      registerStep(
        1,
        'word',
        map(command('true'), () => 7),
      ),
      textStep(2, { path: join(folder, 'a'), text: 'a' }),
      needing(3, join(folder, 'b')),
      textStep(4, { path: join(folder, 'c'), text: 'c' }),
    ];
    const outcome = await converge(steps);
    expect(brief(outcome).steps).toBe('steady changed failed not reached');
    expect(outcome.status).toBe('failed');
    expect(outcome.steps[2]?.outcome).toMatchObject({
      error: { code: 'PLAYBOOK_INVALID', where: { host: 'web07', step: 'step 3', source: 'p.yaml:3:3' } },
    });
    expect(readdirSync(folder)).toEqual(['a']);
  });
});

describe('blocked', () => {
  const stuck = (number: number, more?: Partial<HostStep>): HostStep =>
    step(
      number,
      map(command('true'), () => blocked('guests are running', 'Drain it.')),
      more,
    );

  test('ends the host after the steps before it', async () => {
    const folder = tempFolder();
    const steps = [textStep(1, { path: join(folder, 'a'), text: 'a' }), stuck(2), textStep(3, { path: join(folder, 'b'), text: 'b' })];
    const outcome = await converge(steps);
    expect(brief(outcome)).toEqual({ status: 'blocked', steps: 'changed blocked not reached', exchanges: '2+1' });
    expect(outcome.steps[2]?.outcome).toEqual({ status: 'not reached', because: 'step 2 is blocked' });
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('does not where the step is optional', async () => {
    const folder = tempFolder();
    const steps = [stuck(1, { optional: true }), textStep(2, { path: join(folder, 'b'), text: 'b' })];
    expect(brief(await converge(steps))).toEqual({ status: 'changed', steps: 'blocked changed', exchanges: '2+1' });
  });

  test('what is blocked only after its own changes is blocked, and what was changed with it is told', async () => {
    const path = join(tempFolder(), 'a');
    const probe = map(
      file(path),
      (text): Plan => (text === 'a' ? blocked('waits for reboot', 'Reboot it.') : drift(write(path, undefined, textImage('a'), 'x'))),
    );
    expect(brief(await converge([step(1, probe), textStep(2, { path: `${path}2`, text: 'x' })]))).toMatchObject({
      status: 'blocked',
      steps: 'blocked changed',
    });
  });
});

describe('after its changes a step must be steady', () => {
  test('a command that repeats is run once and counts as changed', async () => {
    const path = join(tempFolder(), 'log');
    const outcome = await converge([everStep(1, ['sh', '-c', `echo x >>${path}`]), textStep(2, { path: `${path}2`, text: 'x' })]);
    expect(brief(outcome)).toMatchObject({ status: 'changed', steps: 'changed changed' });
    expect(outcome.steps[0]?.outcome).toMatchObject({ repeats: true });
    expect(readFileSync(path, 'utf8')).toBe('x\n');
  });

  test('a change without effect fails', async () => {
    const outcome = await converge([
      step(
        1,
        map(command('true'), () => drift(run(['true'], { ...touching, undo: 'not needed' }))),
      ),
    ]);
    expect(brief(outcome)).toEqual({ status: 'failed', steps: 'failed', exchanges: '2+1' });
    expect(outcome.steps[0]?.outcome).toMatchObject({ error: { code: 'STILL_DRIFTING' }, takenBack: 'stands' });
    expect(outcome.error).toMatchObject({ code: 'STILL_DRIFTING', where: { step: 'step 1' } });
  });

  test('two steps that fight are found', async () => {
    const path = join(tempFolder(), 'a');
    const outcome = await converge([textStep(1, { path, text: 'one' }), textStep(2, { path, text: 'two' })]);
    expect(outcome.status).toBe('failed');
    expect(outcome.steps.map(({ outcome: one }) => one.status)).toEqual(['failed', 'changed']);
  });

  test('what a later step upset is mended, once', async () => {
    const { folder, env } = unitHost();
    writeFileSync(join(folder, 'flushed'), 'rule');
    const flush = textStep(2, {
      path: join(folder, 'b'),
      text: 'b',
      after: [run(['rm', join(folder, 'flushed')], { ...touching, undo: 'impossible' })],
    });
    const outcome = await converge([textStep(1, { path: join(folder, 'flushed'), text: 'rule' }), flush], localSession(['sh', '-s'], env));
    expect(brief(outcome)).toEqual({ status: 'changed', steps: 'changed changed', exchanges: '3+2' });
    expect(readFileSync(join(folder, 'flushed'), 'utf8')).toBe('rule');
  });
});

describe('a change that fails', () => {
  const failing = run(['sh', '-c', 'echo "no space" >&2; exit 1'], { ...touching, undo: 'not needed' });

  test('takes the step back, keeps the steps before it, reaches none after it', async () => {
    const folder = tempFolder();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(b, 'as it was');
    chmodSync(b, 0o600);
    const made = run(['touch', join(folder, 'mark')], { because: 'x', touches: [], undo: ['rm', join(folder, 'mark')] });
    const outcome = await converge([
      textStep(1, { path: a, text: 'a' }),
      textStep(2, { path: b, text: 'new', after: [made, failing] }),
      textStep(3, { path: c, text: 'c' }),
    ]);
    expect(brief(outcome)).toEqual({ status: 'failed', steps: 'changed failed not reached', exchanges: '2+2' });
    expect(outcome.steps[1]?.outcome).toMatchObject({
      takenBack: 'taken back',
      made: [{ path: b }, { argv: ['touch', join(folder, 'mark')] }],
      error: { code: 'CHANGE_FAILED' },
    });
    expect(outcome.error).toMatchObject({ message: expect.stringContaining('no space'), where: { host: 'web07', step: 'step 2' } });
    expect(outcome.steps[2]?.outcome).toEqual({ status: 'not reached', because: 'step 2 failed' });
    expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
    expect(readFileSync(b, 'utf8')).toBe('as it was');
  });

  test('takes back what a module in use did not take up, and does not try to unload it again', async () => {
    const { folder, env } = unitHost();
    const reload = settle({ what: 'module-reload', module: 'kvm_amd' }, { because: 'x', touches: [] });
    const steps = [textStep(1, { path: join(folder, 'a'), text: 'a', after: [reload] })];
    const outcome = await converge(steps, localSession(['sh', '-s'], env));
    expect(outcome.steps[0]?.outcome).toMatchObject({
      error: { code: 'CHANGE_FAILED', message: expect.stringContaining('in use') },
      takenBack: 'taken back',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('leaves all as it stands where something made is impossible to take back', async () => {
    const path = join(tempFolder(), 'a');
    const outcome = await converge([
      textStep(1, { path, text: 'a', after: [run(['true'], { ...touching, undo: 'impossible' }), failing] }),
    ]);
    expect(outcome.steps[0]?.outcome).toMatchObject({ status: 'failed', takenBack: 'stands', error: { code: 'CHANGE_FAILED' } });
    expect(readFileSync(path, 'utf8')).toBe('a');
  });

  test('is taken back last first', async () => {
    const log = join(tempFolder(), 'log');
    const say = (word: string) => ['sh', '-c', `echo ${word} >>${log}`] as const;
    const made = ['stop', 'unload'].map((word) => run(say(word), { ...touching, undo: say(`un${word}`) }));
    await converge([step(1, { reads: [], parse: () => drift(...made, failing) })]);
    expect(readFileSync(log, 'utf8').split('\n')).toEqual(['stop', 'unload', 'ununload', 'unstop', '']);
  });

  test('says so where nothing was made', async () => {
    const outcome = await converge([step(1, { reads: [], parse: () => drift(failing) })]);
    expect(outcome.steps[0]?.outcome).toMatchObject({ takenBack: 'nothing to take back', made: [] });
    expect(outcome.acts).toBe(1);
  });

  test('is UNDO_FAILED where it cannot be taken back', async () => {
    const path = join(tempFolder(), 'a');
    const meddle = run(['sh', '-c', `echo theirs >${path}; exit 1`], { ...touching, undo: 'not needed' });
    const outcome = await converge([textStep(1, { path, text: 'a', after: [meddle] })]);
    expect(outcome.steps[0]?.outcome).toMatchObject({
      takenBack: 'stands',
      error: { code: 'UNDO_FAILED', message: expect.stringMatching(/status 1; not taken back: remove .*holds other bytes/) },
    });
    expect(outcome.error?.code).toBe('UNDO_FAILED');
    expect(readFileSync(path, 'utf8')).toBe('theirs\n');
  });

  test('a settling that fails takes back the writes of all that asked for it, and settles again', async () => {
    const { folder, env, restarts } = unitHost();
    writeFileSync(join(folder, 'web.broken'), '');
    const restart = settle({ what: 'restart', unit: 'web' }, { because: 'x', touches: [] });
    const steps = [
      textStep(1, { path: join(folder, 'a'), text: 'a', after: [restart] }),
      textStep(2, { path: join(folder, 'b'), text: 'b' }),
      textStep(3, { path: join(folder, 'c'), text: 'c', after: [restart] }),
    ];
    const outcome = await converge(steps, localSession(['sh', '-s'], env));
    expect(brief(outcome)).toMatchObject({ status: 'failed', steps: 'failed changed failed' });
    expect(readFileSync(restarts, 'utf8')).toBe('web\nweb\n');
    expect(readdirSync(folder).sort()).toEqual(['b', 'web.broken']);
    // The unit is still broken when it is to settle again.
    expect(outcome.steps[0]?.outcome).toMatchObject({ error: { code: 'UNDO_FAILED' } });
  });

  test('what changed since the look is PLAN_STALE, and stays', async () => {
    const path = join(tempFolder(), 'a');
    const session = localSession();
    const meddling: Session = {
      ...session,
      act: (script, exchange) => {
        writeFileSync(path, 'theirs');
        return session.act(script, exchange);
      },
    };
    const outcome = await converge([textStep(1, { path, text: 'a' })], meddling);
    expect(outcome.steps[0]?.outcome).toMatchObject({ error: { code: 'PLAN_STALE' }, takenBack: 'nothing to take back' });
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });
});

describe('a host that is lost', () => {
  const lost = () => Promise.reject(new DroverError('CONNECTION_LOST', 'the connection ended'));

  test('before any change is unreachable', async () => {
    const outcome = await converge([textStep(1, { path: '/nowhere', text: 'a' })], { ...localSession(), look: lost });
    expect(brief(outcome)).toMatchObject({ status: 'unreachable', steps: 'not reached' });
    expect(outcome.error).toMatchObject({ code: 'CONNECTION_LOST', where: { host: 'web07' } });
  });

  test('a look that fails for another reason is failed', async () => {
    const outcome = await plan([textStep(1, { path: '/etc/passwd', text: 'a' })], localSession(['sh', '-c', 'exit 1']));
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'LOOK_TRUNCATED' } });
  });

  test('in the middle of an act is unknown, and the next run goes on from there', async () => {
    const folder = tempFolder();
    const hold = join(folder, 'hold');
    const slow = run(['sh', '-c', `echo there >${hold}; sleep 5`], { ...touching, undo: 'impossible' });
    const steps = [
      textStep(1, { path: join(folder, 'a'), text: 'a' }),
      textStep(2, { path: join(folder, 'b'), text: 'b', after: [slow] }),
      textStep(3, { path: join(folder, 'c'), text: 'c' }),
    ];
    const session = localSession();
    const cut: Session = {
      ...session,
      act: (script, exchange) =>
        new Promise((_, reject) => {
          let seen = '';
          const onStdout = (chunk: Buffer): void => {
            exchange.onStdout?.(chunk);
            seen += chunk.toString();
            if (seen.split(' started ').length === 4) reject(new DroverError('CONNECTION_LOST', 'the connection ended'));
          };
          session.act(script, { ...exchange, onStdout }).catch(reject);
        }),
    };
    const outcome = await converge(steps, cut);
    expect(brief(outcome)).toMatchObject({ status: 'unknown', steps: 'failed failed not reached' });
    expect(outcome.steps[0]?.outcome).toMatchObject({ takenBack: 'stands', made: [{ path: join(folder, 'a') }] });
    expect(outcome.steps[1]?.outcome).toMatchObject({ made: [{ path: join(folder, 'b') }] });
    expect(existsSync(join(folder, 'c'))).toBe(false);
    const quick = [
      steps[0] ?? everStep(1, ['true']),
      textStep(2, { path: join(folder, 'b'), text: 'b' }),
      steps[2] ?? everStep(3, ['true']),
    ];
    expect(brief(await converge(quick))).toMatchObject({ status: 'changed', steps: 'steady steady changed' });
  });

  test('after an act, before it was seen, is unknown', async () => {
    const session = localSession();
    let looks = 0;
    const path = join(tempFolder(), 'a');
    const outcome = await converge([textStep(1, { path, text: 'a' })], {
      ...session,
      look: (script, exchange) => (looks++ === 0 ? session.look(script, exchange) : lost()),
    });
    expect(brief(outcome)).toMatchObject({ status: 'unknown', steps: 'failed', exchanges: '2+1' });
  });

  test('a host that refuses sudo for the act is untouched, and what was foreseen over the act is not told as seen', async () => {
    const refusing: Session = { ...localSession(), act: () => Promise.reject(new DroverError('SUDO_REFUSED', 'not allowed')) };
    const path = join(tempFolder(), 'a');
    const there = registerStep(
      1,
      'word',
      map(command('true'), () => null),
    );
    const outcome = await converge([there, textStep(2, { path, text: 'a' }), textStep(3, { path, text: 'a' })], refusing);
    expect(brief(outcome)).toMatchObject({ status: 'unreachable', steps: 'steady not reached not reached' });
  });
});

test('a bug is not taken for a trouble of the host', async () => {
  const bug = step(
    1,
    map(command('true'), () => {
      throw new RangeError('bug');
    }),
  );
  await expect(converge([bug])).rejects.toThrow(RangeError);
});

test('events tell the whole story in order', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'd'));
  const { events } = await converge([
    textStep(1, { path: join(folder, 'd/a'), text: 'a', after: [run(['echo', 'hello'], { ...touching, undo: 'not needed' })] }),
  ]);
  const told = events.map((event) =>
    event.type === 'change ended' ? `${event.type} ${event.ok} ${event.output.trim()}`.trim() : event.type,
  );
  expect(told).toEqual([
    'host looked',
    'host planned',
    'act begun',
    'change started',
    'change ended true',
    'change started',
    'change ended true hello',
    'host looked',
    'host planned',
  ]);
});
