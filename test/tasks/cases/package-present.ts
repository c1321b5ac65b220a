import type { TaskCase } from '../../support/task-table.ts';

const INSTALL =
  'run env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y --no-remove -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --no-upgrade --install-recommends install --';
const tool = { packages: ['lab-tool', 'tar'] };

export const cases: readonly TaskCase[] = [
  {
    host: 'packages-installed',
    with: { packages: ['tar', 'less'] },
    finds: { steady: 'installed: less 590-2.1~deb12u2, tar 1.34+dfsg-1.2+deb12u1' },
    result: { versions: { less: '590-2.1~deb12u2', tar: '1.34+dfsg-1.2+deb12u1' } },
  },
  {
    host: 'packages-missing',
    with: tool,
    finds: { drift: [`${INSTALL} lab-tool tar: not installed: lab-tool; with it comes lab-extra, lab-library`] },
    result: { versions: { tar: '1.34+dfsg-1.2+deb12u1' } },
  },
  {
    host: 'packages-foreign',
    with: tool,
    finds: { drift: [`${INSTALL} lab-tool tar: not installed: lab-tool; with it comes lab-extra, lab-library`] },
  },
  {
    host: 'packages-remains',
    with: { packages: ['lab-tool'] },
    finds: { drift: [`${INSTALL} lab-tool: not installed: lab-tool; with it comes lab-extra`] },
  },
  { host: 'packages-unknown', with: { packages: ['lab-nonsense'] }, finds: { blocked: 'apt: Unable to locate package lab-nonsense' } },
  { host: 'packages-single', with: { packages: ['lab-single'] }, finds: { blocked: 'apt offers others in place of lab-single' } },
  { host: 'packages-removal', with: { packages: ['lab-rival'] }, finds: { blocked: 'it would remove lab-extra' } },
  { host: 'packages-upgrade', with: { packages: ['lab-demanding'] }, finds: { blocked: 'it would upgrade lab-aged' } },
  { host: 'packages-held', with: { packages: ['lab-one'] }, finds: { blocked: 'on hold: lab-one' } },
  {
    host: 'packages-unfinished',
    with: { packages: ['lab-failing'] },
    finds: { blocked: 'not installed whole: lab-failing (half-configured)' },
  },
  { host: 'packages-busy', with: { packages: ['lab-other'] }, finds: { blocked: 'at work on packages: apt-get (657), dpkg (682)' } },
  { host: 'packages-interrupted', with: tool, finds: { blocked: 'dpkg was interrupted' } },
  { host: 'packages-no-apt', with: tool, finds: { blocked: 'rocky has no apt' } },
];
