import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../src/core/session.ts';
import { packagePresent } from '../../src/tasks/package-present.ts';
import { MAKE_REPOSITORY } from '../support/deb-repository.ts';
import { fingerprint, onHost, requireLab, resetHosts, until } from '../support/lab.ts';
import { localSession } from '../support/local-session.ts';
import { planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';

const HOST = 'kvm01';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);

function present(packages: readonly string[], more: { readonly recommends?: boolean; readonly over?: Session } = {}): RealStep {
  const { over = session, ...params } = more;
  return { session: over, task: packagePresent, with: { packages: [...packages], ...params } };
}

function sh(script: string): string {
  return onHost(HOST, script);
}

/** Every package of the made-up ones that dpkg knows, and what is in their files. */
function made(): string {
  return sh(`dpkg-query -W -f '\${Package} \${Version} \${db:Status-Status}\\n' 'lab-*' 2>/dev/null; cat /etc/lab-* 2>/dev/null; true`);
}

/** Begins to install a package whose script waits for a word. */
function beginSlowInstall(): void {
  sh('mkfifo /run/lab-slow; setsid apt-get -qq -y install lab-slow < /dev/null > /dev/null 2>&1 &');
}

const END_SLOW_INSTALL = 'echo go > /run/lab-slow; rm /run/lab-slow';

beforeAll(() => {
  requireLab();
  resetHosts(HOST);
  sh(MAKE_REPOSITORY);
});

afterAll(() => resetHosts(HOST));

describe('package.present', () => {
  it('installs what is missing with what it needs, and takes away exactly that', async () => {
    sh('apt-get -qq -y install lab-extra > /dev/null 2>&1; echo mine > /etc/lab-extra.conf');
    const before = made();
    expect(await proveDrift(present(['lab-tool', 'lab-extra', 'tar']), [])).toMatchObject([
      { because: 'not installed: lab-tool; with it comes lab-library' },
    ]);
    expect(made()).toBe(before);
  });

  it('leaves what is only recommended where it is not wanted', async () => {
    sh('dpkg --purge lab-extra > /dev/null');
    expect(await runStep(present(['lab-tool'], { recommends: false }))).toMatchObject({ status: 'changed', looks: 2, acts: 1 });
    expect(sh('ls /etc/lab-*')).toBe('/etc/lab-library.conf\n/etc/lab-tool.conf\n');
  });

  it('keeps configuration files that a removed package left, also when it is taken back', async () => {
    sh('echo mine > /etc/lab-tool.conf; apt-get -qq -y remove lab-tool > /dev/null 2>&1');
    const before = made();
    await proveDrift(present(['lab-tool'], { recommends: false }), []);
    expect(made()).toBe(before);
    expect(sh('cat /etc/lab-tool.conf')).toBe('mine\n');
  });

  it('writes nothing when it looks, not even a cache', async () => {
    sh('rm -f /var/cache/apt/*.bin');
    const before = fingerprint(HOST);
    expect(await planNow(present(['lab-extra']))).toMatchObject({ status: 'drift' });
    expect(fingerprint(HOST)).toBe(before);
  });

  it('upgrades nothing', async () => {
    sh('dpkg -i /srv/repository/aside/lab-aged_1.0.deb > /dev/null');
    expect(await planNow(present(['lab-aged']))).toMatchObject({ status: 'steady', because: 'installed: lab-aged 1.0' });
    expect(await planNow(present(['lab-demanding']))).toMatchObject({ status: 'blocked', because: 'it would upgrade lab-aged' });
  });

  it.each([
    ['a package in the way', 'lab-rival', 'apt-get -qq -y install lab-extra > /dev/null 2>&1', 'it would remove lab-extra'],
    ['a name that nobody offers', 'lab-nonsense', ':', 'apt: Unable to locate package lab-nonsense'],
    ['a name that stands for several', 'lab-any', ':', "apt: Package 'lab-any' has no installation candidate"],
    [
      'a package on hold',
      'lab-one',
      'echo lab-one hold | dpkg --set-selections --force-hold 2>/dev/null; apt-mark hold -qq lab-one',
      'on hold: lab-one',
    ],
  ])('refuses %s', async (_, name, setup, because) => {
    sh(setup);
    const before = made();
    expect(await runStep(present([name]))).toMatchObject({ status: 'blocked', acts: 0, steps: [{ outcome: { because } }] });
    expect(made()).toBe(before);
  });
});

describe('package.present beside another apt', () => {
  it('is blocked while it works', async () => {
    beginSlowInstall();
    await until('dpkg works', () => sh('pgrep -c dpkg; true') !== '0\n');
    expect(await runStep(present(['lab-other']))).toMatchObject({
      status: 'blocked',
      acts: 0,
      steps: [{ outcome: { because: expect.stringMatching(/^at work on packages: apt-get \(\d+\), dpkg \(\d+\)/) } }],
    });
    sh(END_SLOW_INSTALL);
    await until('it ended', () => sh('pgrep -c apt-get; true') === '0\n');
    sh('dpkg --purge lab-slow > /dev/null');
  });

  it('waits for one that began after the look', async () => {
    const late: Session = {
      ...session,
      act: async (script, exchange) => {
        beginSlowInstall();
        await until('dpkg works', () => sh('pgrep -c dpkg; true') !== '0\n');
        const done = session.act(script, exchange);
        await until('ours waits', () => sh('pgrep -c apt-get; true') === '2\n');
        sh(END_SLOW_INSTALL);
        return done;
      },
    };
    expect(await runStep(present(['lab-other'], { over: late }))).toMatchObject({ status: 'changed' });
  });

  it('says what is half installed, and what to do about it', async () => {
    expect(await runStep(present(['lab-failing']))).toMatchObject({
      status: 'failed',
      steps: [{ outcome: { error: { code: 'CHANGE_FAILED' } } }],
    });
    expect(await planNow(present(['lab-failing']))).toMatchObject({
      status: 'blocked',
      because: 'not installed whole: lab-failing (half-configured)',
    });
    expect(await planNow(present(['lab-one']))).toMatchObject({ status: 'blocked' });
    expect(await planNow(present(['tar']))).toMatchObject({ status: 'steady' });
  });
});
