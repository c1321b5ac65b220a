import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listening } from '../support/ports.ts';
import { callProcess, ended, heard, programWords, startProcess } from '../support/program.ts';
import { tempFolder } from '../support/temp-folder.ts';

const HOSTS =
  'hosts: { a1: { address: 127.0.0.1, port: 1, connect_retries: 0 }, a2: { address: 127.0.0.1, port: 1, connect_retries: 0 } }\n';
const PLAYBOOK = 'name: P\nhosts: all\nsteps: [{ name: Well, task: systemd.healthy }]\n';

function workplace(): string {
  const folder = tempFolder();
  writeFileSync(join(folder, 'inventory.yaml'), HOSTS);
  writeFileSync(join(folder, 'p.yaml'), PLAYBOOK);
  return folder;
}

// A process takes half a second of CPU to start, and machines may be busy.
describe('drover as a process', { timeout: 60_000 }, () => {
  it('says its version and its help on stdout', async () => {
    const folder = tempFolder();
    const [version, help] = await Promise.all([callProcess(['--version'], { folder }), callProcess(['run', '--help'], { folder })]);
    expect(version).toMatchObject({ exit: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(help).toMatchObject({ exit: 0, stderr: '' });
    for (const flag of [
      '-i, --inventory',
      '-l, --limit',
      '-C, --check, --dry-run, --noop',
      '-K, --ask-become-pass',
      '--start-at-task',
      '--html',
      '--junit',
      '--fold',
    ]) {
      expect(help.stdout).toContain(flag);
    }
  });

  it('makes no change without a yes where nobody can be asked, and dials nothing', async () => {
    const folder = workplace();
    const [changing, stepping, both, password] = await Promise.all([
      callProcess(['run', 'p.yaml'], { folder, input: 'y\n' }),
      callProcess(['run', 'p.yaml', '--step'], { folder, input: 'y\n' }),
      callProcess(['run', 'p.yaml', '--step', '-y'], { folder, input: 'y\n' }),
      callProcess(['run', 'p.yaml', '-y', '-K'], { folder, input: 'secret\n' }),
    ]);
    expect(changing).toMatchObject({ exit: 5, stdout: '' });
    expect(changing.stderr).toContain('Use -y to go on without being asked');
    for (const said of [stepping, both]) {
      expect(said).toMatchObject({ exit: 5, stdout: '' });
      expect(said.stderr).toContain('Use -y without --step, and choose steps with -t, --skip-tags or --start-at-task.');
    }
    expect(password).toMatchObject({ exit: 5, stdout: '' });
    expect(password.stderr).toContain('Give it by --become-password-file.');
  });

  it('stops starting at the first Ctrl-C, and cuts at the second', async () => {
    const folder = workplace();
    const silent = createServer();
    const port = await listening(silent);
    const inventory = `hosts: { a1: { address: 127.0.0.1, port: ${port} }, a2: { address: 127.0.0.1, port: ${port} } }\n`;
    writeFileSync(join(folder, 'inventory.yaml'), inventory);
    const child = startProcess(['run', 'p.yaml', '-y', '-f', '1', '--format', 'ndjson'], { folder });
    await once(silent, 'connection');
    child.kill('SIGINT');
    await heard(child.stderr, 'again to cut them off');
    child.kill('SIGINT');
    const { exit, stdout } = await ended(child);
    silent.close();
    expect(exit).toBe(130);
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ type: 'summary', exit: 130, interrupted: true, counts: { unreachable: 1, 'not started': 1 } });
  });

  it('takes a closed terminal for the first Ctrl-C, however often it is told', async () => {
    const folder = workplace();
    const silent = createServer();
    const port = await listening(silent);
    writeFileSync(join(folder, 'inventory.yaml'), `hosts: { a1: { address: 127.0.0.1, port: ${port}, connect_retries: 0 } }\n`);
    const child = startProcess(['run', 'p.yaml', '-y'], { folder });
    await once(silent, 'connection');
    child.kill('SIGHUP');
    child.kill('SIGHUP');
    await heard(child.stderr, 'again to cut them off');
    child.kill('SIGHUP');
    child.kill('SIGINT');
    const { exit, stderr } = await ended(child);
    expect({ exit, cuts: stderr.match(/cut off:/g)?.length }).toEqual({ exit: 130, cuts: 1 });
    silent.close();
  });

  it('goes on where a disk is full, and says what is not whole', () => {
    const folder = workplace();
    const call = (line: string, ...argv: readonly string[]) =>
      spawnSync('sh', ['-c', line, process.execPath, ...programWords(argv)], {
        cwd: folder,
        env: { PATH: process.env['PATH'], HOME: folder },
        encoding: 'utf8',
      });
    const data = call('exec "$0" "$@" >/dev/full', 'hosts');
    expect(data).toMatchObject({ status: 1, stderr: expect.stringContaining('what was printed on stdout is not whole: ENOSPC') });
    const talk = call('exec "$0" "$@" 2>/dev/full', 'run', 'p.yaml', '-y', '--log', '/dev/full');
    expect(talk).toMatchObject({ status: 4, stdout: expect.stringContaining('2 hosts: 2 unreachable') });
    const log = call('exec "$0" "$@"', 'run', 'p.yaml', '-y', '--log', '/dev/full');
    expect(log).toMatchObject({ status: 4, stderr: expect.stringContaining('nothing more is added to it') });
  });

  it('does not fall over a reader that goes away', async () => {
    const folder = tempFolder();
    const child = startProcess(['hosts', '-i', 'h[1-90000],'], { folder });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await ended(child)).toMatchObject({ exit: 0, stderr: '' });
  });

  it('prints completion scripts, and completes commands', async () => {
    const folder = tempFolder();
    const [script, words] = await Promise.all([
      callProcess(['completion'], { folder }),
      callProcess(['--get-yargs-completions', 'drover', 'va'], { folder }),
    ]);
    expect(script.stdout).toContain('--get-yargs-completions');
    expect(words.stdout.split('\n')).toContain('validate');
  });
});
