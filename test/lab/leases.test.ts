import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drover, droverJson, freeHosts, onHost, requireLab, startDrover, until } from '../support/lab.ts';

const HOST = 'kvm01';
const OWNER = `${userInfo().username}@${hostname()}`;
const folder = mkdtempSync(join(tmpdir(), 'drover-leases-'));
let runs = 0;

beforeAll(() => requireLab());
beforeEach(() => {
  onHost(HOST, 'rm -rf /srv/lease; mkdir -p /srv/lease');
  freeHosts(HOST, 'kvm02');
});
afterAll(() => {
  onHost(HOST, 'rm -rf /srv/lease');
  freeHosts(HOST, 'kvm02');
  rmSync(folder, { recursive: true });
});

function playbook(name: string, steps: string): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, `name: ${name}\nhosts: ${HOST}\nsteps:\n${steps}`);
  return path;
}

/** Waits on the host, in the midst of its act, until it is let go. */
const slow = () =>
  playbook(
    'slow',
    `  - { name: note, task: file.content, with: { path: /srv/lease/note, content: "slow\\n" } }
  - { name: wait, task: command.run, with: { command: "touch /srv/lease/began; while [ ! -e /srv/lease/go ]; do sleep 0.1; done; echo x >> /srv/lease/done", creates: /srv/lease/done, undo: "rm /srv/lease/done" } }
  - { name: last, task: file.content, with: { path: /srv/lease/last, content: "slow\\n" } }
`,
  );
const quick = () => playbook('quick', '  - { name: word, task: file.content, with: { path: /srv/lease/word, content: "quick\\n" } }\n');

/** Starts the slow run, and waits until it is in the midst of its act. */
async function begun() {
  runs += 1;
  const runDir = ['--run-dir', join(folder, `runs-${runs}`)];
  const started = startDrover(['run', slow(), '-y', ...runDir, '--format', 'json']);
  await until('the act is under way', () => onHost(HOST, '[ ! -e /srv/lease/began ] || echo yes') === 'yes\n');
  return { ...started, runDir };
}

/** The controller is killed, and what it had begun on the host comes to its end. */
async function killed() {
  const one = await begun();
  one.child.kill('SIGKILL');
  await one.ended;
  onHost(HOST, 'touch /srv/lease/go');
  await until('the act is over', () => onHost(HOST, 'ss -Htn state established sport = :22') === '');
  return one;
}

function locks() {
  return JSON.parse(drover(['locks', HOST, '--format', 'json']).stdout).hosts[0];
}

describe('a host that a run has in hand', () => {
  it('is refused to another run, with the name of the owner, and free at the end', async () => {
    const { ended } = await begun();
    const said = drover(['run', quick(), '-y']);
    expect(said.status, said.stderr).toBe(7);
    expect(said.stdout).toContain(`held by ${OWNER}: slow (run `);
    expect(droverJson(['run', quick(), '-y'])).toMatchObject({
      exit: 7,
      hosts: [{ status: 'failed', acts: 0, error: { code: 'LEASE_HELD' } }],
    });
    expect(drover(['plan', quick()])).toMatchObject({ status: 0, stdout: expect.stringContaining(`held by ${OWNER}: slow`) });
    expect(drover(['locks'])).toMatchObject({ status: 0, stdout: expect.stringMatching(new RegExp(`${HOST} +${OWNER} .* slow +acting`)) });
    expect(drover(['run', quick(), '-y', '--break-lock', 'in a hurry'])).toMatchObject({
      status: 7,
      stdout: expect.stringContaining('cannot be broken'),
    });
    expect(onHost(HOST, 'ls /srv/lease')).not.toContain('word');

    const waiting = startDrover(['run', quick(), '-y', '--wait-lock', '100']);
    onHost(HOST, 'touch /srv/lease/go');
    expect(await ended).toMatchObject({ status: 0 });
    expect(await waiting.ended).toMatchObject({ status: 0 });
    expect(onHost(HOST, 'cat /srv/lease/done /srv/lease/last /srv/lease/word')).toBe('x\nslow\nquick\n');
    expect(locks()).toEqual({ host: HOST });
  });

  it('is given back after Ctrl-C', async () => {
    const { child, ended } = await begun();
    child.kill('SIGINT');
    onHost(HOST, 'touch /srv/lease/go');
    expect(await ended).toMatchObject({ status: 130 });
    expect(locks()).toEqual({ host: HOST });
  });
});

describe('a host of a run that was killed', () => {
  it('is kept from others, and taken over by its resume at once', async () => {
    const { runDir } = await killed();
    expect(drover(['run', quick(), '-y'])).toMatchObject({ status: 7 });
    expect(droverJson(['resume', 'last', '-y', ...runDir])).toMatchObject({ exit: 0, hosts: [{ looks: 2, acts: 1 }] });
    expect(onHost(HOST, 'cat /srv/lease/done /srv/lease/last')).toBe('x\nslow\n');
    expect(drover(['run', quick(), '-y'])).toMatchObject({ status: 0 });
  });

  it('is waited for by its resume while what the cut part began still runs', async () => {
    const { child, ended, runDir } = await begun();
    child.kill('SIGKILL');
    await ended;
    const resumed = startDrover(['resume', 'last', '-y', ...runDir]);
    await until('it has looked', () => readFileSync(journalIn(runDir), 'utf8').includes('run continued'));
    onHost(HOST, 'touch /srv/lease/go');
    expect(await resumed.ended).toMatchObject({ status: 0 });
    expect(onHost(HOST, 'cat /srv/lease/done /srv/lease/last')).toBe('x\nslow\n');
  });

  it('is taken over by its rollback at once', async () => {
    const { runDir } = await killed();
    const back = droverJson(['rollback', 'last', '-y', ...runDir]);
    expect(back, JSON.stringify(back.hosts)).toMatchObject({ exit: 0, counts: { changed: 1 } });
    expect(onHost(HOST, 'ls /srv/lease')).toBe('began\ngo\n');
    expect(locks()).toEqual({ host: HOST });
  });

  it('is taken by others for a reason, which is on record', async () => {
    await killed();
    runs += 1;
    const runDir = ['--run-dir', join(folder, `runs-${runs}`)];
    expect(drover(['run', quick(), '-y', '--break-lock', ' '])).toMatchObject({ status: 5 });
    const said = drover(['run', quick(), '-y', '--break-lock', 'its controller burnt down', ...runDir]);
    expect(said, said.stderr).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('the lease is broken: its controller burnt down'),
    });
    const records = readFileSync(journalIn(runDir), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.find(({ type }) => type === 'lease broken')).toMatchObject({
      host: HOST,
      because: 'its controller burnt down',
      holder: { owner: OWNER, reason: 'slow' },
    });
  });
});

function journalIn([, parent = '']: readonly string[]): string {
  const [{ folder: path = '' } = {}] = JSON.parse(drover(['runs', '--run-dir', parent, '--format', 'json']).stdout);
  return join(path, 'journal.ndjson');
}
