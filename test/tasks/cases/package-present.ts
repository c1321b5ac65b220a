import type { TaskCase } from '../../support/task-table.ts';

const INSTALL =
  'run env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y --no-remove -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --no-upgrade --install-recommends install --';
const extra = { packages: ['lab-extra', 'lab-base'] };
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
  { host: 'packages-no-apt', with: tool, finds: { blocked: 'there is no dnf' } },
  { host: 'packages-zypper', with: tool, finds: { blocked: 'opensuse-leap has no apt' } },
  {
    host: 'packages-dnf',
    with: extra,
    finds: {
      drift: [
        'run dnf -y --setopt=metadata_expire=-1 --setopt=*.metadata_expire=-1 --setopt=install_weak_deps=True install lab-extra: not installed: lab-extra',
      ],
    },
    result: { versions: { 'lab-base': '2:1.0-1' } },
  },
  { host: 'packages-dnf-installed', with: { packages: ['lab-base'] }, finds: { steady: 'installed: lab-base 2:1.0-1' } },
  { host: 'packages-dnf-upgrade', with: { packages: ['lab-demanding'] }, finds: { blocked: 'it would upgrade lab-base' } },
  { host: 'packages-dnf-replace', with: { packages: ['lab-heir'] }, finds: { blocked: 'it would replace lab-base' } },
  { host: 'packages-dnf-unknown', with: { packages: ['lab-nonsense'] }, finds: { blocked: 'dnf: Unable to find a match: lab-nonsense' } },
  {
    host: 'packages-dnf-unreadable',
    with: { packages: ['lab-base'] },
    finds: {
      blocked:
        "rpm: error: sqlite failure: CREATE TABLE IF NOT EXISTS 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL): attempt to write a readonly database",
    },
  },
  { host: 'packages-dnf-five', with: extra, finds: { blocked: 'this host has dnf 5, whose plans are not understood' } },
  { host: 'packages-dnf-image', with: extra, finds: { blocked: 'the packages of this host are part of its image' } },
  { host: 'packages-dnf-busy', with: extra, finds: { blocked: 'at work on packages: dnf (412)' } },
  {
    host: 'packages-dnf-unseen',
    with: extra,
    finds: { blocked: 'only root may read /etc/yum.repos.d/lab.repo, and dnf is asked as another' },
  },
  { host: 'packages-dnf-odd', with: extra, finds: { blocked: 'dnf: of 2 packages 1 were understood' } },
  { host: 'packages-dnf-other', with: extra, finds: { blocked: 'dnf offers others in place of lab-extra' } },
];
