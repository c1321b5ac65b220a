import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { drover, labFolder, labHosts, onHost, requireLab, resetHosts } from '../support/lab.ts';

const HOSTS = Object.keys(labHosts());

beforeAll(requireLab);

describe('drover exec', () => {
  it('shows the output of each host with its name, and the sums on stderr', () => {
    const { status, stdout, stderr } = drover(['exec', 'all', '--', 'hostname']);
    expect(status).toBe(0);
    expect(stdout.split('\n').filter(Boolean).sort()).toEqual(HOSTS.map((host) => `${host}: ${host}`).sort());
    expect(stderr).toBe(`${HOSTS.length} hosts: ${HOSTS.length} exit 0\n`);
  });

  it('folds equal output, the odd host first, and ends with 2 where a command failed', () => {
    const { status, stdout } = drover(['exec', 'all', '--fold', '--', 'echo same; [ $(hostname) != kvm02 ] || { echo odd >&2; exit 7; }']);
    expect(status).toBe(2);
    expect(stdout).toMatch(/^kvm02: exit 7\n {2}same\n {2}2> odd\nkvm\[.*\] \(\d+ hosts\):\n {2}same\n$/);
  });

  it('feeds stdin to every host', () => {
    const { stdout } = drover(['exec', 'kvm01,kvm02', '--stdin', '-o', '--', 'cat'], { stdin: 'from here\n' });
    expect(stdout.split('\n').sort()).toEqual(['', 'kvm01: exit 0: from here', 'kvm02: exit 0: from here']);
  });

  it('shows what would drive the terminal, and drives it nowhere', () => {
    const hostile = `printf '\\033[2J\\033]0;owned\\007\\302\\233m \\377 \\342\\200\\256 \\r\\n'`;
    for (const how of [[], ['--fold'], ['-o'], ['--format', 'json'], ['--format', 'ndjson']]) {
      const { stdout } = drover(['exec', 'kvm01', ...how, '--', hostile]);
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      expect(stdout).toContain('owned');
    }
  });

  it('sends words as they stand after --, whatever the login shell', () => {
    const { stdout } = drover(['exec', 'kvm01', '-u', 'csh', '-o', '--', 'echo "a  b" \'$HOME\' !!']);
    expect(stdout).toBe('kvm01: exit 0: a  b $HOME !!\n');
  });

  it('masks the password of sudo wherever it turns up', () => {
    const file = join(tmpdir(), `drover-sudo-${process.pid}`);
    writeFileSync(file, 'correct horse\n', { mode: 0o600 });
    const words = [
      'exec',
      'kvm01',
      '-u',
      'pw',
      '-b',
      '--become-password-file',
      file,
      '--',
      'id -un; echo correct horse; printf "correct horse" | base64',
    ];
    const { stdout, stderr } = drover(words);
    rmSync(file);
    expect(stdout).toContain('kvm01: root\nkvm01: ********\n');
    expect(stdout + stderr).not.toMatch(/correct|Y29ycmVjdCBob3JzZQ/);
  });

  it('ends with 4 where a host does not let us in', () => {
    const { status, stdout } = drover(['exec', 'kvm01', '-u', 'nobody', '--format', 'json', '--', 'id']);
    expect(status).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ exit: 4, hosts: [{ host: 'kvm01', status: 'failed', error: { code: 'AUTH_FAILED' } }] });
  });
});

describe('drover facts and record', () => {
  it('tells what hosts are, equal hosts as one row', () => {
    const { status, stdout } = drover(['facts', 'kvm01,kvm02']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^hosts +is +cpu .*\nkvm\[01-02\] +2 +container .* debian 12 .*running\n$/);
  });

  it('tells all of one host, and of many with -v', () => {
    expect(drover(['facts', 'kvm01']).stdout).toMatch(/^kvm01:\n.*os\.id +debian\n/s);
    expect(drover(['facts', 'kvm01,kvm02', '-v']).stdout).toMatch(/^kvm\[01-02\] \(2 hosts\):\n.*os\.id +debian\n/s);
  });

  it('records what a task reads as a fixture', () => {
    const words = ['record', 'kvm01', '--task', 'file.content', 'path=/etc/hostname', 'content=x'];
    const { status, stdout } = drover(words);
    expect(status).toBe(0);
    const { note, readings } = parse(stdout);
    expect(note).toContain('file.content');
    expect(readings['file /etc/hostname']).toEqual({ status: 0, stdout: onHost('kvm01', 'cat /etc/hostname') });
    expect(JSON.parse(drover([...words, '--format', 'json']).stdout)).toEqual(parse(stdout));
  });
});

describe('drover task', () => {
  it('plans with -C, changes with -y, is steady then, and shows what a failed command printed', () => {
    resetHosts('kvm01');
    const words = ['task', 'file.content', 'kvm01', 'path=/etc/said', 'content=hello'];
    expect(drover([...words, '-C', '--detailed-exitcode'])).toMatchObject({
      status: 3,
      stdout: expect.stringContaining('create /etc/said'),
    });
    expect(drover([...words, '-y'])).toMatchObject({ status: 0, stdout: expect.stringContaining('1 host: 1 changed') });
    expect(drover([...words, '-y'])).toMatchObject({ status: 0, stdout: expect.stringContaining('1 host: 1 steady') });
    const failed = drover(['task', 'command.run', 'kvm01', 'command=echo to the terminal; echo and this >&2; exit 9', '-y']);
    expect(failed.status, failed.stderr).toBe(2);
    expect(failed.stdout).toContain('    | to the terminal\n    | and this\n');
  });

  it('writes a log with a line an event', () => {
    const log = join(labFolder, 'commands-test.log');
    drover(['task', 'systemd.healthy', 'kvm01', '-y', '--log', log]);
    const lines = readFileSync(log, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
    rmSync(log);
    expect(lines).toEqual(['wave started', 'host started', 'host looked', 'host planned', 'host ended', 'wave ended']);
  });
});
