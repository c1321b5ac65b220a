import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { settle, write } from '../../src/core/change.ts';
import type { Event } from '../../src/core/events.ts';
import { file } from '../../src/core/file.ts';
import type { HostOutcome } from '../../src/core/outcome.ts';
import { drift, type Plan, steady } from '../../src/core/plan.ts';
import { map } from '../../src/core/probe.ts';
import { reboot } from '../../src/core/reboot.ts';
import type { HostStep } from '../../src/core/step.ts';
import { convergeHost, planHost } from '../../src/engine/host/converge.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { step, textImage, textStep } from '../support/made-up-steps.ts';
import { BOOTS, bootStep, type Encounter, rebootingHost } from '../support/rebooting-host.ts';

type Played = ReturnType<typeof rebootingHost>;

function converge(host: Played, steps: readonly HostStep[], more: { reboots?: boolean; events?: Event[] } = {}): Promise<HostOutcome> {
  const { session, rebooting, now } = host;
  const listener = (event: Event): void => void more.events?.push(event);
  const allowed = more.reboots === false ? {} : { rebooting };
  return convergeHost(session, steps, { host: 'kvm01', limits: DEFAULT_LIMITS, listener, now, durable: async () => {}, ...allowed });
}

function brief({ status, steps }: HostOutcome): string {
  return `${status}: ${steps.map(({ outcome }) => outcome.status).join(' ')}`;
}

/** What a boot that comes up looks like from outside. */
const USUAL: readonly Encounter[] = ['old boot', 'stopping', 'refused', 'refused', 'no login', 'starting', 'new boot'];

describe('a reboot that is allowed', () => {
  test('is made once for all who ask, after their changes, and is proved by another boot', async () => {
    const host = rebootingHost(USUAL);
    const events: Event[] = [];
    const outcome = await converge(host, [bootStep(1, host, 'A'), bootStep(2, host, 'B')], { events });
    expect(brief(outcome)).toBe('changed: changed changed');
    expect(host.reboots()).toBe(1);
    expect(readFileSync(host.path('live'), 'utf8')).toBe('AB');
    const ended = events.flatMap((event) => (event.type === 'change ended' && event.change.kind === 'settle' ? [event] : []));
    expect(ended).toMatchObject([
      { step: 1, ok: true, output: expect.stringMatching(/^\d+ s, boot d2f5ab1c-\S+$/) },
      { step: 2, ok: true },
    ]);
    expect(brief(await converge(host, [bootStep(1, host, 'A')]))).toBe('steady: steady');
    expect(host.reboots()).toBe(1);
  });

  test('leaves a receipt: for what it was, and what proves it', async () => {
    const host = rebootingHost(USUAL);
    const { reboot } = await converge(host, [bootStep(1, host, 'A'), bootStep(2, host, 'B')]);
    expect(reboot).toEqual({ because: expect.any(Array), steps: [1, 2], before: BOOTS.old, after: BOOTS.new, ms: expect.any(Number) });
    expect(reboot?.because.length).toBeGreaterThan(0);
    expect(reboot?.ms).toBeGreaterThan(0);
  });

  test('is the only one: a step that asks for one because of it waits', async () => {
    const host = rebootingHost(['new boot']);
    const late = step(
      2,
      map(file(host.path('live')), (live) => (live === 'A' ? drift(reboot('the last one has shown more')) : steady('nothing is due yet'))),
    );
    const outcome = await converge(host, [bootStep(1, host, 'A'), late]);
    expect(outcome.steps[1]?.outcome).toMatchObject({ status: 'drift', waitsFor: 'reboot' });
    expect(brief(outcome)).toBe('drift: changed drift');
    expect(host.reboots()).toBe(1);
    expect(outcome.reboot?.steps).toEqual([1]);
  });

  test('comes before the steps behind it that do not ask for one', async () => {
    const host = rebootingHost(['new boot']);
    const order: string[] = [];
    const events: Event[] = [];
    const outcome = await converge(
      host,
      [bootStep(1, host, 'A'), textStep(2, { path: host.path('x'), text: 'x' }), bootStep(3, host, 'A')],
      { events },
    );
    for (const event of events) if (event.type === 'change started') order.push(`${event.step} ${event.change.kind}`);
    expect(order).toEqual(['1 write', '1 settle', '3 settle', '2 write']);
    expect(brief(outcome)).toBe('changed: changed changed changed');
    expect(host.reboots()).toBe(1);
  });

  test('that brings up the old state is a failure, and no second one is tried', async () => {
    const host = rebootingHost(['new boot']);
    const never = step(
      1,
      map(file(host.path('live')), (): Plan => drift(reboot('the kernel is old'))),
    );
    const outcome = await converge(host, [never, bootStep(2, host, 'B')]);
    expect(outcome).toMatchObject({
      status: 'failed',
      steps: [
        { outcome: { status: 'failed', error: { code: 'STILL_DRIFTING', message: 'step 1 drifts after the reboot that it asked for' } } },
        { outcome: { status: 'changed' } },
      ],
    });
    expect(host.reboots()).toBe(1);
  });

  test('is not made where another step fails', async () => {
    const host = rebootingHost(['new boot']);
    const bad = step(
      2,
      map(
        file(host.path('live')),
        (): Plan => drift(settle({ what: 'module-reload', module: 'no_such_module' }, { because: 'x', touches: ['*'] }), reboot('x')),
      ),
    );
    expect(brief(await converge(host, [bootStep(1, host, 'A'), bad]))).toBe('failed: drift failed');
    expect(host.reboots()).toBe(0);
  });
});

describe('a reboot that is not allowed', () => {
  test('leaves its step waiting, with what was made; steps behind it go on', async () => {
    const host = rebootingHost([]);
    const steps = [bootStep(1, host, 'A'), textStep(2, { path: host.path('x'), text: 'x' })];
    const outcome = await converge(host, steps, { reboots: false });
    expect(outcome).toMatchObject({
      status: 'drift',
      steps: [
        {
          outcome: {
            status: 'drift',
            waitsFor: 'reboot',
            made: [{ kind: 'write' }],
            changes: [{ kind: 'settle', because: 'this boot is not A' }],
          },
        },
        { outcome: { status: 'changed' } },
      ],
    });
    expect(brief(await converge(host, steps, { reboots: false }))).toBe('drift: drift steady');
    expect(host.reboots()).toBe(0);
  });
});

describe('a host that must not be rebooted now', () => {
  test.each<[string, Parameters<typeof rebootingHost>[1], string]>([
    [
      'somebody inhibits it',
      { inhibitors: 'a(ssssuu) 2 "sleep" "x" "y" "block" 0 7 "shutdown:idle" "back up" "the \\"big\\" one" "block" 0 699\n' },
      'back up (process 699) inhibits a shutdown: the \\"big\\" one',
    ],
    ['packages are installed', { packaging: '812 dpkg\n' }, 'packages are being worked on: dpkg (process 812)'],
    ['a kernel is loaded', { kexec: '1' }, 'a kernel is loaded for kexec, so the reboot would not go through the boot loader'],
    ['guests are saved', { saved: ['db.save', 'note.txt'] }, 'db has a managed save image, which would be resumed on what it was saved on'],
  ])('%s: its step is blocked, and nothing is written', async (_title, state, because) => {
    const host = rebootingHost(['new boot'], state);
    const outcome = await converge(host, [bootStep(1, host, 'A')]);
    expect(outcome).toMatchObject({ status: 'blocked', steps: [{ outcome: { because: `it must not be rebooted now: ${because}` } }] });
    expect(existsSync(host.path('configured'))).toBe(false);
    expect(host.reboots()).toBe(0);
  });

  test('is told so by the plan', async () => {
    const host = rebootingHost([], { packaging: '1 rpm\n' });
    const { session, rebooting, now } = host;
    const planned = await planHost(session, [bootStep(1, host, 'A')], {
      host: 'x',
      limits: DEFAULT_LIMITS,
      listener: () => {},
      now,
      durable: async () => {},
      rebooting,
    });
    expect(brief(planned)).toBe('blocked: blocked');
  });

  test('may be so only once its other changes are made', async () => {
    const host = rebootingHost(['new boot']);
    const schedules = step(
      1,
      map(
        file(host.path('x')),
        (text): Plan =>
          text === undefined
            ? drift(...['x', 'scheduled'].map((name) => write(host.path(name), undefined, textImage('x'), 'x')), reboot('x'))
            : drift(reboot('x')),
      ),
    );
    expect(brief(await converge(host, [schedules]))).toBe('blocked: blocked');
    expect(host.reboots()).toBe(0);
  });

  test('a delay is no block', async () => {
    const host = rebootingHost(['new boot'], { inhibitors: 'a(ssssuu) 1 "shutdown" "unattended upgrades" "y" "delay" 0 7\n' });
    expect(brief(await converge(host, [bootStep(1, host, 'A')]))).toBe('changed: changed');
  });
});

describe('a host that is not back', () => {
  test.each<[string, readonly Encounter[], string, string, RegExp]>([
    [
      'it stays away',
      ['refused'],
      'unknown',
      'REBOOT_UNSEEN',
      /^the host did not come back within 90\d s; never seen since, last: connection refused$/,
    ],
    ['it hangs in its shutdown', ['stopping'], 'unknown', 'REBOOT_UNSEEN', /within 90\d s; last seen: stopping, boot 8b1a9953-\S+$/],
    [
      'another machine answers',
      ['refused', 'other key'],
      'unknown',
      'REBOOT_UNSEEN',
      /^the host did not come back within 6 s; never seen since, last: another key$/,
    ],
    [
      'it never went down',
      ['old boot'],
      'failed',
      'REBOOT_FAILED',
      /^the host did not go down within 12\d s: it still has boot 8b1a9953-\S+$/,
    ],
  ])('%s', async (_title, encounters, status, code, message) => {
    const host = rebootingHost(encounters);
    const outcome = await converge(host, [bootStep(1, host, 'A')]);
    expect(outcome).toMatchObject({
      status,
      error: { code, message: expect.stringMatching(message) },
      steps: [{ outcome: { status: 'failed', takenBack: 'stands', made: [{ kind: 'write' }] } }],
    });
    expect(host.reboots()).toBe(1);
  });

  test('whose systemd never ends starting is back all the same', async () => {
    const host = rebootingHost(['starting']);
    expect(brief(await converge(host, [bootStep(1, host, 'A')]))).toBe('changed: changed');
  });

  test('is not rebooted where its boot has no mark that another could differ from', async () => {
    const host = rebootingHost(['new boot'], { boot: '' });
    const outcome = await converge(host, [bootStep(1, host, 'A')]);
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'STATE_UNREADABLE', message: '/proc/sys/kernel/random/boot_id holds no UUID: "\\n"' },
    });
    expect(host.reboots()).toBe(0);
  });

  test('is not waited for once the run is cut', async () => {
    const host = rebootingHost(['refused']);
    const { rebooting } = host;
    let waits = 0;
    const pause = async (ms: number): Promise<void> => {
      waits += 1;
      if (waits === 3) host.cut.abort();
      await rebooting.pause(ms);
    };
    const outcome = await converge({ ...host, rebooting: { ...rebooting, pause } }, [bootStep(1, host, 'A')]);
    expect(outcome).toMatchObject({ status: 'unknown', error: { message: expect.stringContaining('the run was interrupted') } });
    expect(waits).toBe(3);
  });
});

test('a step that is steady asks for no reboot and costs one look', async () => {
  const host = rebootingHost([]);
  const outcome = await converge(host, [
    step(
      1,
      map(file(host.path('kernel')), () => steady('it is so')),
    ),
  ]);
  expect(outcome).toMatchObject({ status: 'steady', looks: 1, acts: 0 });
});
