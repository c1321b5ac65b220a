import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/program.ts';
import { type SshdSite, startSite } from '../support/sshd-site.ts';

let site: SshdSite;

beforeAll(async () => {
  site = await startSite((reached) => `hosts: { web1: ${reached}, web2: ${reached} }\n`);
}, 60_000);

afterAll(() => site.sshd.stop());

async function drover(...argv: readonly string[]) {
  return await call(argv, { folder: site.folder, env: { PATH: process.env['PATH'] } });
}

const text = (...path: readonly string[]) => readFileSync(join(site.folder, ...path), 'utf8');

/** 2 MiB in lines of 64 bytes, with a line of stderr before and a sign that a terminal obeys at the end. */
const MUCH = String.raw`echo warned >&2; yes "$(printf %063d 0)" | head -n 32768; printf 'end\033[2J'`;
const WHOLE = `${`${'0'.repeat(63)}\n`.repeat(32768)}end\\x1b[2J\n`;

describe('what hosts print on an ad hoc command', { timeout: 120_000 }, () => {
  it('is whole in files where it is more than is kept, and pruned like runs', async () => {
    const said = await drover('exec', 'all', '--fold', '--run-dir', 'runs', '--', MUCH);
    expect(said, said.stderr).toMatchObject({ exit: 0 });
    const [saved = ''] = readdirSync(join(site.folder, 'runs'));
    expect(saved).toMatch(/^exec-\d{8}-\d{9}-[a-z]{2}$/);
    expect(said.stdout.split('\n').at(0)).toBe('web[1-2] (2 hosts):');
    expect(said.stdout.split('\n').at(-2)).toBe(`  … 1048590 bytes more, all of it is in ${join(site.folder, 'runs', saved)}`);
    expect(said.stderr).toContain(`all that they printed: ${join(site.folder, 'runs', saved)}/HOST/stdout and stderr`);
    for (const host of ['web1', 'web2']) {
      expect(text('runs', saved, host, 'stdout') === WHOLE).toBe(true);
      expect(text('runs', saved, host, 'stderr')).toBe('warned\n');
    }
    expect(await drover('runs', '--run-dir', 'runs')).toMatchObject({ exit: 0, stderr: '' });
    await drover('runs', 'prune', '--days', '0', '--run-dir', 'runs');
    expect(readdirSync(join(site.folder, 'runs'))).toEqual([]);
  });

  it('is cut, and that is said, where no file can be made', async () => {
    writeFileSync(join(site.folder, 'blocked'), '');
    const said = await drover('exec', 'web1', '--fold', '--run-dir', 'blocked', '--', MUCH);
    expect(said.exit).toBe(0);
    expect(said.stdout.split('\n').at(-2)).toBe('  … 1048590 bytes more, not kept: --no-fold gives all as it comes');
    expect(said.stderr).toMatch(/blocked\/exec-\S+: what hosts print could not be saved: E/);
  });

  it('leaves no files where it is all shown', async () => {
    await drover('exec', 'all', '--fold', '--run-dir', 'none', '--', 'echo well');
    const live = await drover('exec', 'web1', '--no-fold', '--run-dir', 'none', '--', MUCH);
    expect(live.stdout).toContain('web1: end\\x1b[2J\n');
    expect(existsSync(join(site.folder, 'none'))).toBe(false);
  });

  it('is in files of a folder that was asked for, a new or an empty one', async () => {
    writeFileSync(join(site.folder, 'password'), 'hunter22', { mode: 0o600 });
    const flags = ['--no-fold', '--outdir', 'out', '--become-password-file', 'password'];
    const said = await drover('exec', 'all', ...flags, '--', 'echo well; echo not hunter22 >&2; exit 3');
    expect(said, said.stderr).toMatchObject({ exit: 2 });
    expect(said.stdout.split('\n').sort()).toEqual(['', 'web1: well', 'web2: well']);
    expect(text('out', 'web2', 'stdout')).toBe('well\n');
    expect(text('out', 'web1', 'stderr')).toBe('not ********\n');
    const again = await drover('exec', 'all', '--outdir', 'out', '--', 'true');
    expect(again).toMatchObject({ exit: 5, stdout: '' });
    expect(again.stderr).toContain('is not empty');
    for (const place of ['inventory.yaml/x', '/proc/none/x'])
      expect((await drover('exec', 'all', '--outdir', place, '--', 'true')).exit).toBe(5);
  });
});

it('a failed change has all of its output in the folder of the run', { timeout: 120_000 }, async () => {
  writeFileSync(
    join(site.folder, 'p.yaml'),
    'name: P\nhosts: all\nsteps: [{ name: Much, task: command.run, with: { command: "seq 1 5000; echo no; exit 1" } }]\n',
  );
  const said = await drover('run', 'p.yaml', '-y', '--run-dir', 'failed', '--forks', '2');
  expect(said, said.stderr).toMatchObject({ exit: 2 });
  const [run = ''] = readdirSync(join(site.folder, 'failed'));
  const place = join(site.folder, 'failed', run, 'output');
  expect(said.stdout).toContain(`… 4981 lines before: all of it is in ${place}/<host>/step-1\n`);
  expect(text('failed', run, 'output', 'web2', 'step-1').split('\n')).toHaveLength(5002);
});

it('a failed change has its last lines told where the folder of the run cannot have them all', { timeout: 120_000 }, async () => {
  // The hosts are this machine: the command stands in the way of the folder.
  const command = `touch $(ls -d ${join(site.folder, 'full')}/*/)output; seq 1 5000; exit 1`;
  const said = await drover('task', 'command.run', 'web1', `command=${command}`, '-y', '--run-dir', 'full');
  expect(said, said.stderr).toMatchObject({ exit: 2 });
  expect(said.stdout).toContain('… 4980 lines before\n');
  expect(said.stderr).toMatch(/\/output: what hosts print could not be saved: E/);
});
