import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packagePresent } from '../../../src/tasks/package-present.ts';
import { fingerprint, onHost, requireLab, resetHosts } from '../../support/lab.ts';
import { localSession } from '../../support/local-session.ts';
import { planNow, proveDrift, type RealStep, runStep } from '../../support/prove-task.ts';
import { MAKE_RPM_REPOSITORY, RELEASE_NEW_TOOL } from '../../support/rpm-repository.ts';

const HOST = 'kvm01';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);

function present(packages: readonly string[], more: { readonly recommends?: boolean } = {}): RealStep {
  return { session, task: packagePresent, with: { packages: [...packages], ...more } };
}

function sh(script: string): string {
  return onHost(HOST, script);
}

/** All packages, and what is in their files. */
function made(): string {
  return sh('rpm -qa | sort; cat /etc/lab-*');
}

/** Whatever dnf and rpm leave: their databases, locks, caches and logs, with the times of their last change. */
function traces(): string {
  const folders = '/var/lib/rpm /var/lib/dnf /var/cache/dnf /var/log/dnf* /var/log/hawkey* /var/tmp /tmp';
  return sh(`ls /run; find ${folders} -printf '%p %m %U %s %T@ %C@\\n' | sort`);
}

beforeAll(() => {
  requireLab();
  resetHosts(HOST);
  sh(MAKE_RPM_REPOSITORY);
}, 180_000);

describe('package.present with dnf', () => {
  it('installs what is missing with what it needs, and takes away exactly that', async () => {
    const before = made();
    expect(await proveDrift(present(['lab-tool', 'lab-base']), [])).toMatchObject([
      { because: 'not installed: lab-tool; with it comes lab-library, lab-extra' },
    ]);
    expect(made()).toBe(before);
  });

  it('writes nothing when it looks: no log, no lock, no cache, and no file beside the database', async () => {
    const before = [fingerprint(HOST), traces()];
    expect(await planNow(present(['lab-tool']))).toMatchObject({ status: 'drift' });
    expect(await planNow(present(['lab-base']))).toMatchObject({ status: 'steady', because: 'installed: lab-base 2:1.0-1' });
    expect([fingerprint(HOST), traces()]).toEqual(before);
  });

  it('leaves what is only recommended where it is not wanted, and installs what the look saw', async () => {
    sh(RELEASE_NEW_TOOL);
    expect(await runStep(present(['lab-tool'], { recommends: false }))).toMatchObject({ status: 'changed', looks: 2, acts: 1 });
    expect(sh('rpm -qa | sort')).toBe('lab-base-1.0-1.noarch\nlab-library-1.0-1.noarch\nlab-tool-1.0-1.noarch\n');
  });

  it('understands a name that has a line to itself', async () => {
    await proveDrift(present(['lab-with-a-name-that-is-too-long-for-one-line-of-the-table']), []);
  });

  it.each([
    ['an upgrade', 'lab-demanding', 'it would upgrade lab-base'],
    ['a package that takes the place of another', 'lab-heir', 'it would replace lab-base'],
    ['a name that nobody offers', 'lab-nonsense', 'dnf: Unable to find a match: lab-nonsense'],
  ])('refuses %s', async (_, name, because) => {
    const before = made();
    expect(await runStep(present([name]))).toMatchObject({ status: 'blocked', acts: 0, steps: [{ outcome: { because } }] });
    expect(made()).toBe(before);
  });

  it('is blocked while another one works', async () => {
    sh('cp /bin/sleep /run/dnf; setsid /run/dnf 300 > /dev/null 2>&1 &');
    expect(await planNow(present(['lab-extra']))).toMatchObject({
      status: 'blocked',
      because: expect.stringMatching(/^at work on packages: dnf \(\d+\)$/),
    });
    sh('kill $(pgrep -x dnf); rm /run/dnf');
  });

  it('does not plan without a repository that root alone may read', async () => {
    sh('chmod 600 /etc/yum.repos.d/lab.repo');
    expect(await planNow(present(['lab-extra']))).toMatchObject({
      because: 'only root may read /etc/yum.repos.d/lab.repo, and dnf is asked as another',
    });
    sh('chmod 644 /etc/yum.repos.d/lab.repo');
  });

  it('does not take a database that it cannot read for an empty one', async () => {
    sh('rm -f /var/lib/rpm/rpmdb.sqlite-*');
    expect(await planNow(present(['lab-base']))).toMatchObject({ status: 'blocked', because: expect.stringMatching(/^rpm: error: /) });
    sh('rpm -q lab-base');
    expect(await planNow(present(['lab-base']))).toMatchObject({ status: 'steady' });
  });
});
