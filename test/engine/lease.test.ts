import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/core/change.ts';
import type { Event } from '../../src/core/events.ts';
import type { HostOutcome } from '../../src/core/outcome.ts';
import type { Session } from '../../src/core/session.ts';
import type { HostStep } from '../../src/core/step.ts';
import { type Acted, act } from '../../src/engine/act/act.ts';
import { convergeHost, planHost } from '../../src/engine/host/converge.ts';
import { examine } from '../../src/engine/host/examine.ts';
import { giveBack } from '../../src/engine/host/host-lease.ts';
import { claiming, type Leasing, newLease } from '../../src/engine/host/lease-state.ts';
import { begin } from '../../src/engine/host/progress.ts';
import { leaseSeen } from '../../src/engine/lease/lease-answer.ts';
import type { LeaseOrder } from '../../src/engine/lease/lease-script.ts';
import { watch } from '../../src/engine/look/ask.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { leasedHost, leasing } from '../support/leased-host.ts';
import { everStep, textStep } from '../support/made-up-steps.ts';
import { SHELLS, UNPRIVILEGED } from '../support/shells.ts';

type Host = ReturnType<typeof leasedHost>;

async function converge(host: Host, lease: Leasing, steps: readonly HostStep[], session: Session = host.open()) {
  const events: Event[] = [];
  const base = { host: 'web07', limits: DEFAULT_LIMITS, now: Date.now, durable: async () => {} };
  const outcome = await convergeHost(session, steps, { ...base, lease, listener: (event) => events.push(event) });
  return { ...outcome, events };
}

function brief({ status, error, looks, acts }: HostOutcome) {
  return { status, exchanges: `${looks}+${acts}`, ...(error === undefined ? {} : { code: error.code }) };
}

/** An act of a run that knows this much of the lease. */
async function actAs(
  host: Host,
  name: string,
  order: Partial<LeaseOrder> = {},
  argv: readonly [string, ...string[]] = ['true'],
): Promise<Acted & { token: string | undefined }> {
  const lease = newLease(leasing(name));
  if (lease === undefined) throw new Error('no lease');
  const { claimed, order: plain } = claiming(lease, { lasts: true });
  const steps = [{ number: 1, changes: [run(argv, { undo: 'impossible', because: 'x', touches: ['*'] })] }];
  const listener = { started: () => {}, ended: () => {} };
  const acted = await act(host.open(), steps, {
    begin: async () => {},
    limits: DEFAULT_LIMITS,
    listener,
    lease: { claimed, order: { ...plain, ...order } },
  });
  return { ...acted, token: lease.mine };
}

async function seenOn(host: Host) {
  return (await watch(host.open(), [], { limits: DEFAULT_LIMITS })).lease;
}

describe.each(SHELLS.map((shell) => [shell[0], shell] as const))('a lease in %s', (_, shell) => {
  const anew = () => leasedHost(shell);
  const stepOn = (host: Host, text = 'x') => textStep(1, { path: host.path('file'), text });

  test('is taken by the act and given back by the look after it: three exchanges', async () => {
    const host = anew();
    const outcome = await converge(host, leasing('a'), [stepOn(host)]);
    expect(brief(outcome)).toEqual({ status: 'changed', exchanges: '2+1' });
    expect(await seenOn(host)).toEqual({ token: 'boot-a:1' });
    expect(brief(await converge(host, leasing('b'), [stepOn(host)]))).toEqual({ status: 'steady', exchanges: '1+0' });
    expect(await seenOn(host)).toEqual({ token: 'boot-a:1' });
  });

  test('is not made by plans and steady hosts', async () => {
    const host = anew();
    writeFileSync(host.path('file'), 'x');
    expect(brief(await converge(host, leasing('a'), [stepOn(host)]))).toEqual({ status: 'steady', exchanges: '1+0' });
    expect(existsSync(host.path('run/drover'))).toBe(false);
  });

  test('keeps another run away, which says who has it; a plan says it, too', async () => {
    const host = anew();
    await actAs(host, 'a');
    const outcome = await converge(host, leasing('b'), [stepOn(host)]);
    expect(brief(outcome)).toEqual({ status: 'failed', exchanges: '1+0', code: 'LEASE_HELD' });
    expect(outcome.error?.message).toBe('the host is held by ops@a: playbook of a (run a)');
    expect(outcome.events.map(({ type }) => type)).not.toContain('act begun');
    expect(existsSync(host.path('file'))).toBe(false);
    const planned = await planHost(host.open(), [stepOn(host)], {
      host: 'h',
      limits: DEFAULT_LIMITS,
      listener: () => {},
      now: Date.now,
      durable: async () => {},
    });
    expect(planned).toMatchObject({
      status: 'drift',
      holder: { run: 'a', owner: 'ops@a', reason: 'playbook of a', seconds: 120, isActing: false },
    });
  });

  test('ends by itself after two minutes of uptime, not sooner', async () => {
    const host = anew();
    await actAs(host, 'a');
    host.setUptime(1119);
    expect(brief(await converge(host, leasing('b'), [stepOn(host)]))).toMatchObject({ code: 'LEASE_HELD' });
    host.setUptime(1120);
    expect(brief(await converge(host, leasing('b'), [stepOn(host)]))).toEqual({ status: 'changed', exchanges: '2+1' });
  });

  test('lets an act that comes late or twice do nothing', async () => {
    const host = anew();
    const { token } = await seenOn(host);
    const count = ['sh', '-c', `echo x >>${host.path('count')}`] as const;
    expect(await actAs(host, 'a', { seen: token }, count)).toMatchObject({ untouched: false, token: 'boot-a:1' });
    for (const name of ['a', 'b']) {
      expect(await actAs(host, name, { seen: token }, count)).toMatchObject({ untouched: true, refused: true });
    }
    expect(readFileSync(host.path('count'), 'utf8')).toBe('x\n');
  });

  test('that was broken stops its run before the next change', async () => {
    const host = anew();
    const { path } = host;
    // The other run breaks it while the first change is made.
    const step = textStep(1, {
      path: path('first'),
      text: 'x',
      after: [
        run(['sh', '-c', `sed -i 's/boot-a 1/boot-a 2/' ${path('run/drover/lease')}`], { undo: 'impossible', because: 'x', touches: [] }),
      ],
    });
    const outcome = await converge(host, leasing('a'), [step, textStep(2, { path: path('second'), text: 'x' })]);
    expect(brief(outcome)).toMatchObject({ status: 'failed', code: 'LEASE_LOST' });
    expect([existsSync(path('first')), existsSync(path('second'))]).toEqual([true, false]);
  });

  test('holds as long as the process of its act lives, whatever the clock says, also against who would break it', async () => {
    const host = anew();
    const slow = actAs(host, 'a', {}, ['sh', '-c', `touch ${host.path('began')}; while [ -e ${host.path('began')} ]; do sleep 0.05; done`]);
    await expect.poll(() => existsSync(host.path('began')), { timeout: 60_000 }).toBe(true);
    host.setUptime(5000);
    const outcome = await converge(host, leasing('b', { breaks: 'it hangs' }), [stepOn(host)]);
    expect(brief(outcome)).toMatchObject({ status: 'failed', code: 'LEASE_HELD' });
    expect(outcome.error?.hint).toContain('cannot be broken while a process of it lives');
    expect(await actAs(host, 'a')).toMatchObject({ untouched: true, refused: true });
    rmSync(host.path('began'));
    expect(await slow).toMatchObject({ token: 'boot-a:1' });
  });

  test('is gone with the boot', async () => {
    const host = anew();
    await actAs(host, 'a');
    host.setBoot('boot-b');
    expect(brief(await converge(host, leasing('b'), [stepOn(host)]))).toEqual({ status: 'changed', exchanges: '2+1' });
  });

  test('goes over a reboot of its own run, for five minutes', async () => {
    const host = anew();
    mkdirSync(host.path('kept'));
    await actAs(host, 'a', { reboots: true });
    const boot = (name: string, uptime: number): void => {
      rmSync(host.path('run/drover'), { recursive: true, force: true });
      host.setBoot(name);
      host.setUptime(uptime);
    };
    boot('boot-b', 20);
    expect(await seenOn(host)).toMatchObject({ token: 'boot-b:0', holder: { run: 'a', seconds: 280 } });
    expect(brief(await converge(host, leasing('b'), [stepOn(host)]))).toMatchObject({ code: 'LEASE_HELD' });
    expect(brief(await converge(host, leasing('a'), [stepOn(host)]))).toEqual({ status: 'changed', exchanges: '2+1' });
    // The note is for one boot.
    boot('boot-c', 20);
    expect(await seenOn(host)).toEqual({ token: 'boot-c:0' });
  });

  test('that cannot be kept lets nothing be done', async () => {
    const host = anew();
    writeFileSync(host.path('run/drover'), 'no folder');
    const outcome = await converge(host, leasing('a'), [stepOn(host)]);
    expect(brief(outcome)).toEqual({ status: 'failed', exchanges: '1+1', code: 'CHANGE_FAILED' });
    expect(outcome.error?.message).toMatch(/^no lease can be kept on the host: .*\/drover cannot be made, or is not ours$/);
    expect(existsSync(host.path('file'))).toBe(false);
  });

  test.each([
    '',
    'x',
    '1 2 3\n',
    `boot-a ${'9'.repeat(30)} x\n\0`,
    'boot-a 08 1900 - - r o\nreason',
    'boot-a 08 a$(touch pwned) - - r o\nreason',
  ])('of the text %j is none', async (text) => {
    const host = anew();
    mkdirSync(host.path('run/drover'));
    writeFileSync(host.path('run/drover/lease'), text);
    expect((await seenOn(host)).holder).toBeUndefined();
    expect(brief(await converge(host, leasing('a'), [stepOn(host)]))).toEqual({ status: 'changed', exchanges: '2+1' });
  });
});

describe('who may not write to /run', () => {
  function unprivileged() {
    const host = leasedHost(UNPRIVILEGED);
    chmodSync(host.path('.'), 0o755);
    chmodSync(host.path('run'), 0o555);
    mkdirSync(host.path('shm'));
    chmodSync(host.path('shm'), 0o1777);
    return host;
  }

  test('has leases among his own, in a folder that only he can write to', async () => {
    const host = unprivileged();
    expect(await actAs(host, 'a')).toMatchObject({ token: 'boot-a:1' });
    expect(await seenOn(host)).toMatchObject({ token: 'boot-a:1', holder: { run: 'a' } });
    expect(await actAs(host, 'b')).toMatchObject({ untouched: true, refused: true });
    const [own = ''] = readdirSync(host.path('shm'));
    expect([own.replace(/\d+$/, 'N'), statSync(host.path(`shm/${own}`)).mode & 0o777]).toEqual(['drover-N', 0o700]);
    expect(readdirSync(host.path('run'))).toEqual([]);
  });

  test('is not fooled by a link that another one made in his place', async () => {
    const host = unprivileged();
    const uid = process.getuid?.() === 0 ? 65534 : process.getuid?.();
    mkdirSync(host.path('elsewhere'), { mode: 0o777 });
    writeFileSync(host.path('elsewhere/lease'), 'boot-a 7 2000 - - r root@ctl\nno\n');
    symlinkSync(host.path('elsewhere'), host.path(`shm/drover-${uid}`));
    expect(await seenOn(host)).toEqual({ token: 'boot-a:0' });
    expect((await actAs(host, 'a')).error?.message).toContain('is not ours');
  });
});

describe('a host that is held', () => {
  const stepOn = (host: Host) => textStep(1, { path: host.path('file'), text: 'x' });

  test('is waited for, and then looked at again', async () => {
    const host = leasedHost();
    await actAs(host, 'a');
    const lease = leasing('b', { waitMs: 60_000, waited: () => host.setUptime(2000) });
    expect(brief(await converge(host, lease, [stepOn(host)]))).toEqual({ status: 'changed', exchanges: '3+1' });
  });

  test('is waited for no longer than was said', async () => {
    const host = leasedHost();
    await actAs(host, 'a');
    const outcome = await converge(host, leasing('b', { waitMs: 12_000 }), [stepOn(host)]);
    expect(outcome.error?.message).toMatch(/\(run a\), still so after 12 s$/);
  });

  test('whose holder asks for nothing is waited for as well', async () => {
    const host = leasedHost();
    await actAs(host, 'a');
    const lease = leasing('b', { waitMs: 60_000, waited: () => host.setUptime(2000) });
    expect(await converge(host, lease, [everStep(1, ['touch', host.path('ever')])])).toMatchObject({ status: 'changed', acts: 2 });
    expect(existsSync(host.path('ever'))).toBe(true);
  });

  test('is taken from its holder for a reason that is told, and the holder then does nothing', async () => {
    const host = leasedHost();
    const first = await actAs(host, 'a');
    const outcome = await converge(host, leasing('b', { breaks: 'a is dead' }), [stepOn(host)]);
    expect(brief(outcome)).toEqual({ status: 'changed', exchanges: '2+1' });
    expect(outcome.events.find(({ type }) => type === 'lease broken')).toMatchObject({ holder: { run: 'a' }, because: 'a is dead' });
    expect(await actAs(host, 'a', { seen: first.token ?? '' })).toMatchObject({ untouched: true, refused: true });
  });

  test('is taken over by the same run and its heirs at once, and given back also where nothing is left to do', async () => {
    for (const name of ['a', 'back of a']) {
      const host = leasedHost();
      await actAs(host, 'a');
      writeFileSync(host.path('file'), 'x');
      const outcome = await converge(host, leasing(name, { heirTo: [name, 'a'] }), [stepOn(host)]);
      expect(brief(outcome)).toEqual({ status: 'steady', exchanges: '1+0' });
      expect(await seenOn(host)).toEqual({ token: 'boot-a:1' });
    }
  });
});

describe('a lease is given back', () => {
  test('after a failure', async () => {
    const host = leasedHost();
    const step = textStep(1, {
      path: host.path('file'),
      text: 'x',
      after: [run(['false'], { undo: 'not needed', because: 'x', touches: [] })],
    });
    expect(brief(await converge(host, leasing('a'), [step]))).toMatchObject({ status: 'failed', code: 'CHANGE_FAILED' });
    expect(await seenOn(host)).toEqual({ token: 'boot-a:2' });
  });

  test('by the end of an act that no look follows', async () => {
    const host = leasedHost();
    expect(brief(await converge(host, leasing('a'), [everStep(1, ['true'])]))).toEqual({ status: 'changed', exchanges: '0+1' });
    expect(await seenOn(host)).toEqual({ token: 'boot-a:1' });
  });

  test('after a reboot of its own run, which began another count', async () => {
    const host = leasedHost();
    mkdirSync(host.path('kept'));
    writeFileSync(host.path('file'), 'x');
    const base = { host: 'web07', limits: DEFAULT_LIMITS, now: Date.now, durable: async () => {}, listener: () => {} };
    const progress = begin([textStep(1, { path: host.path('file'), text: 'x' })], { ...base, lease: leasing('a') });
    await actAs(host, 'a', { reboots: true });
    await examine(host.open(), progress);
    expect(progress.lease?.held).toBe('boot-a:1');
    rmSync(host.path('run/drover'), { recursive: true });
    host.setBoot('boot-b');
    host.setUptime(20);
    await examine(host.open(), progress);
    expect(progress.lease?.held).toBe('boot-b:0');
    await giveBack(host.open(), progress);
    expect(await seenOn(host)).toEqual({ token: 'boot-b:0' });
  });

  test('and renewed by looks between acts', async () => {
    const host = leasedHost();
    // The second step cannot be told before the first is done: two rounds, and two minutes of uptime between them.
    const first = textStep(1, {
      path: host.path('a'),
      text: 'x',
      after: [
        run(['sh', '-c', `echo 1100 >${host.path('uptime')}`], {
          undo: 'impossible',
          because: 'x',
          touches: [`file ${host.path('b')}`, `stat ${host.path('b')}`],
        }),
      ],
    });
    const seen: (string | undefined)[] = [];
    const session = host.open();
    const spying: Session = {
      ...session,
      look: async (script, exchange) => {
        const output = await session.look(script, exchange);
        if (existsSync(host.path('run/drover/lease'))) seen.push(host.lease().split(' ')[2]);
        return output;
      },
    };
    expect(brief(await converge(host, leasing('a'), [first, textStep(2, { path: host.path('b'), text: 'x' })], spying))).toEqual({
      status: 'changed',
      exchanges: '3+2',
    });
    expect(seen).toEqual(['1220', '0']);
  });
});

test('what a host says of its lease is understood, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { holder } = leaseSeen('t', text);
      if (holder !== undefined) expect(holder.run).not.toBe('');
    }),
  );
  fc.assert(
    fc.property(fc.nat(1000), fc.boolean(), fc.stringMatching(/^[^\n]*$/), (seconds, isActing, reason) => {
      expect(leaseSeen('t', `${seconds} ${Number(isActing)} run-1 ops@ctl\n${reason}`).holder).toEqual({
        run: 'run-1',
        owner: 'ops@ctl',
        reason,
        seconds,
        isActing,
      });
    }),
  );
});
