import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Read, Readings } from '../../src/core/probe.ts';
import type { Exchange } from '../../src/core/session.ts';
import { look } from '../../src/engine/look/ask.ts';
import { decodeLook } from '../../src/engine/look/look-answer.ts';
import { encodeLook } from '../../src/engine/look/look-script.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/engine/script/limits.ts';
import { localSession } from '../support/local-session.ts';
import { feedShell, hasProgram, SHELLS, UNPRIVILEGED } from '../support/shells.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NONCE = '0123456789abcdef0123456789abcdef';

async function ask(reads: readonly Read[], limits: Partial<Limits> = {}): Promise<Readings> {
  const answers = await Promise.all(SHELLS.map((shell) => look(localSession(shell), reads, { ...DEFAULT_LIMITS, ...limits })));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  return answers[0] ?? {};
}

function fine(stdout: string) {
  return { status: 0, stdout, stderr: '' };
}

describe('files', () => {
  test('are read whole, under /proc and /sys as well', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'no newline'), 'a\n\nb');
    writeFileSync(join(folder, 'empty'), '');
    const paths = [join(folder, 'no newline'), join(folder, 'empty'), '/proc/sys/kernel/ostype', '/proc/version'];
    const readings = await ask(paths.map((path) => ({ kind: 'file', path })));
    expect(readings).toEqual(Object.fromEntries(paths.map((path) => [`file ${path}`, fine(readFileSync(path, 'utf8'))])));
  });

  test('bytes that are no UTF-8 are kept one char a byte, and a byte order mark stays', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'latin'), Buffer.from([0x61, 0xe9, 0x00, 0x0a]));
    writeFileSync(join(folder, 'bom'), '\ufeffx');
    expect(
      await ask([
        { kind: 'file', path: join(folder, 'latin') },
        { kind: 'file', path: join(folder, 'bom') },
      ]),
    ).toEqual({
      [`file ${folder}/latin`]: { ...fine('aé\0\n'), encoding: 'latin1' },
      [`file ${folder}/bom`]: fine('\ufeffx'),
    });
  });

  test('that are none are told apart, and a FIFO is not opened', async () => {
    const folder = tempFolder();
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    writeFileSync(join(folder, 'plain'), 'x');
    symlinkSync('nowhere', join(folder, 'dangling'));
    symlinkSync('circle', join(folder, 'circle'));
    const names = ['fifo', '', 'absent', 'plain/below', 'absent/below', 'dangling', 'circle'];
    const readings = await ask(names.map((name) => ({ kind: 'file', path: `${folder}/${name}` })));
    const brief = names.map((name) => {
      const { status, stderr } = readings[`file ${folder}/${name}`] ?? {};
      return `${name} ${status} ${stderr?.replace(/^.*: (?=Too many)/, '')}`.trim();
    });
    expect(brief).toEqual([
      'fifo 126 not a regular file',
      '126 not a regular file',
      'absent 127',
      'plain/below 127',
      'absent/below 127',
      'dangling 127',
      `circle 126 Too many ${readings[`file ${folder}/circle`]?.stderr.includes('symbolic') ? 'levels of symbolic links' : 'levels of links'}`,
    ]);
  });

  test('that may not be read are not taken for absent', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'secret'), 'x', { mode: 0o600 });
    mkdirSync(join(folder, 'closed'));
    writeFileSync(join(folder, 'closed/inner'), 'x');
    chmodSync(join(folder, 'closed'), 0);
    symlinkSync('closed/inner', join(folder, 'link'));
    chmodSync(join(folder, 'secret'), 0);
    const reads: Read[] = [
      ...['secret', 'closed/inner', 'closed/absent', 'link', 'absent'].map(
        (name) => ({ kind: 'file', path: `${folder}/${name}` }) as const,
      ),
      { kind: 'stat', path: `${folder}/closed/inner` },
      { kind: 'stat', path: `${folder}/secret` },
      { kind: 'dir', path: `${folder}/closed` },
      { kind: 'glob', pattern: `${folder}/closed/*` },
      { kind: 'glob', pattern: `${folder}/s*` },
    ];
    const readings = await look(localSession(UNPRIVILEGED), reads, DEFAULT_LIMITS);
    const brief = Object.entries(readings).map(([key, { status, stderr }]) => `${key.replaceAll(`${folder}/`, '')}: ${status} ${stderr}`);
    expect(brief.map((line) => line.replaceAll(`${folder}/`, '').trim()).sort()).toEqual([
      'dir closed: 126 permission denied',
      'file absent: 127',
      'file closed/absent: 126 permission denied',
      'file closed/inner: 126 permission denied',
      'file link: 126 permission denied',
      'file secret: 126 permission denied',
      'glob closed/*: 126 permission denied',
      'glob s*: 126 secret: permission denied',
      'stat closed/inner: 126 permission denied',
      'stat secret: 0',
    ]);
  });

  test('over the limit are refused by name, at the limit they are read', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'at'), 'x'.repeat(1000));
    writeFileSync(join(folder, 'over'), 'x'.repeat(1001));
    const readings = await ask([...['at', 'over'].map((name) => ({ kind: 'file', path: `${folder}/${name}` }) as const)], {
      fileBytes: 1000,
    });
    expect(readings[`file ${folder}/at`]?.status).toBe(0);
    expect(readings[`file ${folder}/over`]).toEqual({ status: 126, stdout: '', stderr: 'larger than 1000 bytes' });
  });

  test('one that fails when it is read leaves the others right', async () => {
    const folder = tempFolder();
    const names = Array.from({ length: 300 }, (_, i) => `${i}`);
    for (const name of names) writeFileSync(join(folder, name), `is ${name}`);
    // Regular, readable by its mode, and read(2) says EIO: the memory of a process at address zero.
    const readings = await ask([
      { kind: 'file', path: '/proc/self/mem' },
      ...names.map((name) => ({ kind: 'file', path: `${folder}/${name}` }) as const),
    ]);
    expect(readings['file /proc/self/mem']?.status).toBe(126);
    expect(readings['file /proc/self/mem']?.stderr).toMatch(/Input\/output error/);
    for (const name of names) expect(readings[`file ${folder}/${name}`]).toEqual(fine(`is ${name}`));
  });
});

describe('stat, dir and glob', () => {
  test('stat tells links, folders and modes', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'f'), 'abc');
    chmodSync(join(folder, 'f'), 0o4640);
    symlinkSync('f', join(folder, 'l'));
    const readings = await ask(['f', 'l', 'absent', ''].map((name) => ({ kind: 'stat', path: `${folder}/${name}` }) as const));
    expect(readings[`stat ${folder}/f`]?.stdout).toMatch(/^89a0 \d+ \d+ 3 \S+\/\S+\n$/);
    expect(readings[`stat ${folder}/l`]?.stdout).toMatch(/^a1ff \d+ \d+ 1 /);
    expect(readings[`stat ${folder}/`]?.stdout).toMatch(/^41ed /);
    expect(readings[`stat ${folder}/absent`]?.status).toBe(127);
  });

  test('dir names everything but . and .., also dangling links', async () => {
    const folder = tempFolder();
    for (const name of ['a b', '.hidden', '..odd', "it's", 'new\nline', '*', '-n']) writeFileSync(join(folder, name), '');
    symlinkSync('nowhere', join(folder, 'dangling'));
    mkdirSync(join(folder, 'empty'));
    const readings = await ask([
      { kind: 'dir', path: folder },
      { kind: 'dir', path: `${folder}/empty/` },
      { kind: 'dir', path: `${folder}/*` },
      { kind: 'dir', path: `${folder}/absent` },
    ]);
    const names = readings[`dir ${folder}`]?.stdout.split('\0').filter(Boolean).sort();
    expect(names).toEqual(['*', '-n', '..odd', '.hidden', 'a b', 'dangling', 'empty', "it's", 'new\nline'].sort());
    expect(readings[`dir ${folder}/empty/`]).toEqual(fine(''));
    expect(readings[`dir ${folder}/*`]).toEqual({ status: 126, stdout: '', stderr: 'not a folder' });
    expect(readings[`dir ${folder}/absent`]?.status).toBe(127);
  });

  test('glob gives path and content of regular files, in order, and nothing where nothing matches', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'b.conf'), 'B');
    writeFileSync(join(folder, 'a c.conf'), Buffer.from([0xff]));
    mkdirSync(join(folder, 'd.conf'));
    const readings = await ask([
      { kind: 'glob', pattern: `${folder}/*.conf` },
      { kind: 'glob', pattern: `${folder}/*.none` },
      { kind: 'glob', pattern: `${folder}/absent/*.conf` },
      { kind: 'glob', pattern: `${folder}/b.conf` },
      { kind: 'glob', pattern: `${folder.slice(0, 4)}*${folder.slice(4)}/[b-z].conf` },
    ]);
    const b = { path: `${folder}/b.conf`, content: 'B' };
    const values = Object.values(readings).map(({ status, stdout }) => (status === 0 ? JSON.parse(stdout) : status));
    expect(values).toEqual([[{ path: `${folder}/a c.conf`, content: 'ÿ', encoding: 'latin1' }, b], [], 127, [b], [b]]);
  });

  test.each(['relative/*', '/a b', '/$(id)/*', '/a;id', "/a'", '/{a,b}', '/~', '/a\n'])('the pattern %j is refused', (pattern) => {
    expect(() => encodeLook({ reads: [{ kind: 'glob', pattern }], nonce: NONCE, limits: DEFAULT_LIMITS })).toThrow(TypeError);
  });
});

describe('commands', () => {
  test('give status and both streams, each to its own read', async () => {
    const readings = await ask([
      { kind: 'command', argv: ['sh', '-c', 'printf "a\\nb"; printf "\\nc" >&2; exit 3'] },
      { kind: 'command', argv: ['cat'] },
      { kind: 'command', argv: ['no-such-program'] },
      { kind: 'command', argv: ['printf', '%s|', '$HOME', "it's", 'a  b', '\n', '*', ''] },
      { kind: 'command', argv: ['true'], onlyIf: '/no/such/file' },
      { kind: 'command', argv: ['echo', 'asked'], onlyIf: '/' },
      { kind: 'command', argv: ['echo', 'asked'], unless: '/no/such/file' },
      { kind: 'command', argv: ['true'], unless: '/' },
    ]);
    expect(Object.values(readings)).toEqual([
      { status: 3, stdout: 'a\nb', stderr: '\nc' },
      fine(''),
      { status: 127, stdout: '', stderr: 'no-such-program: not found' },
      fine("$HOME|it's|a  b|\n|*||"),
      { status: 127, stdout: '', stderr: 'not asked: /no/such/file is absent' },
      fine('asked\n'),
      fine('asked\n'),
      { status: 127, stdout: '', stderr: 'not asked: / is there' },
    ]);
  });

  test('leave out lines that tell the time, and are asked as a user who may write nothing', async () => {
    const nobody = { empty: [], linked: [] };
    const readings = await ask([
      { kind: 'command', argv: ['printf', 'Last 1\na\nLast 2\n'], omit: 'Last' },
      { kind: 'command', argv: ['id', '-u'], aside: nobody },
      { kind: 'command', argv: ['id', '-G'], aside: nobody },
    ]);
    const self = process.getuid?.() === 0 ? '65534\n' : `${process.getuid?.()}\n`;
    expect(Object.values(readings).slice(0, 2)).toEqual([fine('a\n'), fine(self)]);
    expect(Object.values(readings)[2]?.stdout).not.toMatch(/\b0\b/);
  });

  test('one that does not end is ended, and the others are answered', async () => {
    const reads: Read[] = [
      { kind: 'command', argv: ['sleep', '60'] },
      { kind: 'command', argv: ['echo', 'after'] },
    ];
    const readings = await ask(reads, { readTimeoutMs: 500 });
    expect(readings['command sleep 60']?.status).toBe(124);
    expect(readings['command echo after']).toEqual(fine('after\n'));
  });

  test('an answer that holds marks of another look, or looks like ours, stays an answer', async () => {
    const forged = `\n${'f'.repeat(32)} end\n\n${NONCE} end\n\n${NONCE}\n`;
    const readings = await ask([{ kind: 'command', argv: ['printf', '%s', forged] }]);
    expect(Object.values(readings)).toEqual([fine(forged)]);
  });
});

describe('a look that does not come through', () => {
  const reads: Read[] = [
    { kind: 'file', path: '/etc/passwd' },
    { kind: 'command', argv: ['uname', '-r'] },
    { kind: 'command', argv: ['uname', '-m'] },
  ];
  const question = { reads, nonce: NONCE, limits: DEFAULT_LIMITS };

  test.each(SHELLS.map((shell) => [shell[0], shell] as const))('a script that %s got in part runs nothing', (_, shell) => {
    const script = encodeLook(question);
    for (let length = 0; length < script.length - 1; length += length < script.length - 40 ? 97 : 1) {
      const { stdout } = feedShell(shell, script.slice(0, length));
      expect(stdout.toString()).toBe('');
    }
    expect(feedShell(shell, script.trimEnd()).stdout.toString()).toContain(`${NONCE} end`);
  });

  test('login noise before the first mark is left out', () => {
    const { stdout, stderr, status } = feedShell(['sh', '-s'], encodeLook(question));
    const noisy = { stdout: Buffer.concat([Buffer.from('Welcome!\n'), stdout]), stderr: Buffer.concat([Buffer.from('motd'), stderr]) };
    const plain = decodeLook(question, { status: status ?? 0, stdout, stderr });
    expect(decodeLook(question, { status: 0, ...noisy })).toEqual(plain);
  });

  test('an answer cut anywhere is LOOK_TRUNCATED and names the read', () => {
    const { stdout, stderr } = feedShell(['sh', '-s'], encodeLook(question));
    for (let length = 0; length < stdout.length - 1; length++) {
      expect(() => decodeLook(question, { status: 0, stdout: stdout.subarray(0, length), stderr })).toThrow(
        /the look ended with status 0 at /,
      );
    }
    const second = stdout.indexOf('command 1');
    expect(() => decodeLook(question, { status: undefined, signal: 'KILL', stdout: stdout.subarray(0, second + 12), stderr })).toThrow(
      'the look ended with KILL at command uname -m',
    );
  });

  test('a shell that cannot run it is quoted', () => {
    const output = { status: 1, stdout: Buffer.from('hi'), stderr: Buffer.from('This account is not available.\n') };
    expect(() => decodeLook(question, output)).toThrow('the look ended with status 1 at nothing yet: This account is not available.');
  });

  test('one that hangs names the read it hangs in', async () => {
    const session = localSession(['sh', '-c', 'unset PATH; PATH=$0; exec /bin/sh -s', pathWithout('timeout')]);
    const asked = look(session, [...reads, { kind: 'command', argv: ['sleep', '2'] }], { ...DEFAULT_LIMITS, lookTimeoutMs: 600 });
    await expect(asked).rejects.toMatchObject({ code: 'LOOK_TIMEOUT', message: expect.stringContaining(', at command sleep 2') });
  });
});

/** A folder with the few programs that a look needs, but for one. */
function pathWithout(name: string): string {
  const folder = tempFolder();
  for (const program of ['env', 'head', 'stat', 'uname', 'sleep', 'timeout'].filter((one) => one !== name)) {
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${program}`])
        .toString()
        .trim(),
      join(folder, program),
    );
  }
  return folder;
}

test('asks equal reads once, and with no reads nothing at all', async () => {
  const scripts: string[] = [];
  const session = localSession();
  const counting = {
    look: (script: string, exchange: Exchange) => {
      scripts.push(script);
      return session.look(script, exchange);
    },
  };
  expect(await look(counting, [], DEFAULT_LIMITS)).toEqual({});
  expect(scripts).toEqual([]);
  await look(
    counting,
    [
      { kind: 'command', argv: ['uname'] },
      { kind: 'command', argv: ['uname'] },
    ],
    DEFAULT_LIMITS,
  );
  expect(scripts.join().split("'uname'")).toHaveLength(2);
});

test('ten converged probes of files, stats, folders and globs fork two processes', () => {
  const folder = tempFolder();
  const files = Array.from({ length: 10 }, (_, i) => join(folder, `f${i}.conf`));
  for (const path of files) writeFileSync(path, path);
  const reads: Read[] = [
    ...files.flatMap((path) => [{ kind: 'file', path } as const, { kind: 'stat', path } as const]),
    { kind: 'dir', path: folder },
    { kind: 'glob', pattern: `${folder}/*.conf` },
    { kind: 'file', path: `${folder}/absent` },
  ];
  const log = join(folder, 'forks');
  const question = { reads, nonce: NONCE, limits: DEFAULT_LIMITS };
  const input = encodeLook(question);
  const [program, args] = hasProgram('strace')
    ? (['strace', ['-f', '-qq', '-e', 'trace=clone,clone3,fork,vfork', '-o', log, 'sh', '-s']] as const)
    : (['sh', ['-c', `PATH=${wrappers(folder, log)}:$PATH; sh -s`]] as const);
  const { stdout, stderr, status } = spawnSync(program, args, { input });
  expect(Object.keys(decodeLook(question, { status: status ?? 0, stdout, stderr }))).toHaveLength(23);
  const forks = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /clone|fork/.test(line) && !line.includes('resumed'));
  expect(forks).toHaveLength(2);
});

/** Where there is no strace: programs in the PATH that note that they were run. */
function wrappers(folder: string, log: string): string {
  mkdirSync(join(folder, 'bin'));
  for (const name of ['env', 'stat', 'head']) {
    const real = execFileSync('sh', ['-c', `command -v ${name}`])
      .toString()
      .trim();
    // env(1) becomes head(1), which is no further process.
    const note = name === 'head' ? '' : `echo fork >>${log}\n`;
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${note}exec ${real} "$@"\n`, { mode: 0o755 });
  }
  rmSync(log, { force: true });
  return join(folder, 'bin');
}
