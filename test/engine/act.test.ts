import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, describe as group, test } from 'vitest';
import { type Change, describe, run, settle, write } from '../../src/core/change.ts';
import type { FileImage } from '../../src/core/file.ts';
import { act } from '../../src/engine/act/act.ts';
import { actReader } from '../../src/engine/act/act-answer.ts';
import type { ActStep } from '../../src/engine/act/act-jobs.ts';
import { jobsOf, wantedBy } from '../../src/engine/act/act-jobs.ts';
import { encodeAct } from '../../src/engine/act/act-script.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { toBytes } from '../../src/engine/script/text.ts';
import { localSession } from '../support/local-session.ts';
import { feedShell, SHELLS } from '../support/shells.ts';
import { tempFolder } from '../support/temp-folder.ts';

const { uid, gid } = userInfo();
const OWN = { mode: 0o644, owner: `${uid}`, group: `${gid}` };

function image(content: string, more: Partial<FileImage> = {}): FileImage {
  return { content, ...OWN, ...more };
}

function put(path: string, content: string, mode = 0o644): FileImage {
  writeFileSync(path, content);
  chmodSync(path, mode);
  return image(content, { mode });
}

/** Acts in a real shell and tells what was reported, in order. */
async function doAct(
  steps: readonly ActStep[],
  { shell = SHELLS[0], path = '', runTimeoutMs = 5000 }: { shell?: (typeof SHELLS)[number]; path?: string; runTimeoutMs?: number } = {},
) {
  const told: string[] = [];
  const session = localSession(shell, { ...process.env, PATH: `${path}:${process.env['PATH']}` });
  const acted = await act(session, steps, {
    begin: async () => {},
    limits: { ...DEFAULT_LIMITS, runTimeoutMs },
    listener: {
      started: (job) => told.push(`> ${wantedBy(job).map(({ step, change }) => `${step} ${describe(change)}`)}`),
      ended: ({ status, output }) => told.push(`< ${status} ${output}`),
    },
  });
  return { ...acted, told };
}

function one(...changes: readonly Change[]): readonly ActStep[] {
  return [{ number: 1, changes }];
}

/** Fake programs of the host, each a shell text; `log` is where they may write. */
function programs(texts: Readonly<Record<string, string>>): { path: string; log: () => string } {
  const path = tempFolder();
  for (const [name, text] of Object.entries(texts))
    writeFileSync(join(path, name), `#!/bin/sh\nlog=${path}/log\n${text}\n`, { mode: 0o755 });
  return { path, log: () => (existsSync(join(path, 'log')) ? readFileSync(join(path, 'log'), 'utf8') : '') };
}

group.each(SHELLS.map((shell) => [shell[0], shell] as const))('writes in %s', (_, shell) => {
  test('create, replace, set the mode, remove', async () => {
    const path = join(tempFolder(), "it's\nnew");
    const first = image("a'b\\n%s\n\n", { mode: 0o640 });
    const second = image('', { mode: 0o4755 });
    expect((await doAct(one(write(path, undefined, first, 'x')), { shell })).steps).toMatchObject([{ made: [{ after: first }] }]);
    expect(readFileSync(path, 'utf8')).toBe(first.content);
    expect(statSync(path).mode & 0o7777).toBe(0o640);
    expect((await doAct(one(write(path, first, second, 'x')), { shell })).told.at(-1)).toBe('< 0 ');
    expect(readFileSync(path, 'utf8')).toBe('');
    expect(statSync(path).mode & 0o7777).toBe(0o4755);
    expect((await doAct(one(write(path, second, undefined, 'x')), { shell })).told.at(-1)).toBe('< 0 ');
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  test('bytes, NULs and half a megabyte arrive as they are', async () => {
    const folder = tempFolder();
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, i) => i & 255));
    const contents: readonly Partial<FileImage>[] = [
      { content: bytes.toString('latin1'), encoding: 'latin1' },
      { content: 'nul\x001 %d \\101 \\\n' },
      { content: `${'0123456789abcdef'.repeat(32_768)}é\u{1f40e}\n` },
      { content: '-n' },
    ];
    const writes = contents.map((some, i) => write(join(folder, `${i}`), undefined, image('', some), 'x'));
    expect((await doAct(one(...writes), { shell })).steps[0]?.error).toBeUndefined();
    contents.forEach(({ content: text = '', encoding }, i) => {
      const bytes = toBytes(encoding === undefined ? { text } : { text, encoding });
      expect(readFileSync(join(folder, `${i}`)).equals(bytes)).toBe(true);
    });
  });
});

group('a write finds another state than was planned, and touches nothing', () => {
  const before = image('old');
  const after = image('new');
  test.each([
    ['other bytes', (path: string) => put(path, 'other'), before, after, 'holds other bytes'],
    ['another mode', (path: string) => put(path, 'old', 0o600), before, after, 'has another mode or owner'],
    ['another owner', (path: string) => put(path, 'old'), { ...before, owner: 'nobody' }, after, 'has another mode or owner'],
    ['another group', (path: string) => put(path, 'old'), { ...before, group: 'nogroup' }, after, 'has another group'],
    ['nothing', () => {}, before, after, 'not a regular file'],
    [
      'a link to the same',
      (path: string) => symlinkSync(put(`${path}.d`, 'old') && `${path}.d`, path),
      before,
      after,
      'not a regular file',
    ],
    ['something where nothing was', (path: string) => put(path, 'other'), undefined, after, 'is there by now'],
    ['a dangling link where nothing was', (path: string) => symlinkSync('nowhere', path), undefined, after, 'is there by now'],
    ['other bytes, to be removed', (path: string) => put(path, 'other'), before, undefined, 'holds other bytes'],
  ] satisfies readonly (readonly [string, (path: string) => unknown, FileImage | undefined, FileImage | undefined, string])[])(
    '%s',
    async (_, make, was, shall, reason) => {
      const folder = tempFolder();
      const path = join(folder, 'file');
      make(path);
      const state = () =>
        readdirSync(folder).map((name) => [name, lstatSync(join(folder, name)).ino, lstatSync(join(folder, name)).mtimeMs]);
      const there = state();
      const { steps } = await doAct(one(write(path, was, shall, 'x')));
      expect(steps[0]).toMatchObject({ made: [], error: { code: 'PLAN_STALE', message: expect.stringContaining(`${path}: ${reason}`) } });
      expect(state()).toEqual(there);
    },
  );

  test.each([
    ['replaced', 'old'],
    ['new', undefined],
  ] as const)('that comes about while the %s file is made', async (_, was) => {
    const folder = tempFolder();
    const path = join(folder, 'file');
    const old = was === undefined ? undefined : put(path, was);
    // sync(1) is called when the new bytes are complete, right before they take their place.
    const { path: bin } = programs({ sync: `printf theirs >${path}` });
    const { steps } = await doAct(one(write(path, old, image('ours'), 'x')), { path: bin });
    expect(steps[0]?.error?.code).toBe('PLAN_STALE');
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

group('a write that fails says why in the words of the host, and leaves the old file and nothing else', () => {
  const inNamespace = (setup: string) => ['unshare', '-rm', 'sh', '-c', `${setup}; exec sh -s`] as const;

  test('no such folder', async () => {
    const { steps } = await doAct(one(write(join(tempFolder(), 'absent/file'), undefined, image('x'), 'x')));
    expect(steps[0]?.error).toMatchObject({
      code: 'CHANGE_FAILED',
      message: expect.stringMatching(/^create .*: .*(No such file|nonexistent)/),
    });
  });

  test('read-only file system', async () => {
    const folder = tempFolder();
    const before = put(join(folder, 'file'), 'old');
    const shell = inNamespace(`mount --bind ${folder} ${folder}; mount -o remount,ro,bind ${folder}`);
    const { steps } = await doAct(one(write(join(folder, 'file'), before, image('new'), 'x')), { shell });
    // Owner and group are another's in the namespace where this machine has no root; then it is stale, and told before.
    expect(steps[0]?.error?.message).toMatch(/Read-only file system|has another/);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test('full disk', async () => {
    const folder = tempFolder();
    const left = join(tempFolder(), 'left');
    const shell = inNamespace(`mount -t tmpfs -o size=16k none ${folder}; trap 'ls -A ${folder} >${left}' EXIT; sh -s; exit`);
    const { steps } = await doAct(
      one(write(join(folder, 'file'), undefined, image('x'.repeat(100_000), { owner: '0', group: '0' }), 'x')),
      { shell },
    );
    expect(steps[0]).toMatchObject({ made: [], error: { code: 'CHANGE_FAILED' } });
    expect(String(steps[0]?.error?.cause)).toMatch(/No space left|I\/O error|holds other bytes/);
    expect(readFileSync(left, 'utf8')).toBe('');
  });

  test('a file system that does not keep the mode', async () => {
    const folder = tempFolder();
    // What settles after the failure must not find the half-made file.
    const { path, log } = programs({ chmod: 'exit 0', systemctl: `ls -A ${folder} >>$log; echo settled >>$log` });
    const first = settle({ what: 'daemon-reload' }, { because: 'x', touches: [] });
    const { steps } = await doAct(
      [
        { number: 1, changes: [first] },
        { number: 2, changes: [write(join(folder, 'file'), undefined, image('x'), 'x')] },
      ],
      { path },
    );
    expect(log()).toBe('settled\n');
    expect(steps[1]?.error).toMatchObject({ code: 'CHANGE_FAILED', message: expect.stringContaining('has another mode') });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a file that is a mount point', async () => {
    const folder = tempFolder();
    const before = { ...put(join(folder, 'file'), 'old'), owner: '0', group: '0' };
    const shell = inNamespace(`mount --bind ${folder}/file ${folder}/file`);
    const { steps } = await doAct(one(write(join(folder, 'file'), before, { ...before, content: 'new' }, 'x')), { shell });
    expect(steps[0]?.error?.message).toMatch(/Device or resource busy/);
    expect(readdirSync(folder)).toEqual(['file']);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  });
});

group('runs and settlings', () => {
  const touching = { because: 'x', touches: ['*'], undo: 'impossible' } as const;
  const restart = (unit: string) => settle({ what: 'restart', unit }, { because: 'x', touches: [] });
  const reload = settle({ what: 'daemon-reload' }, { because: 'x', touches: [] });

  test('a run gets its words as they are, an empty stdin, and its output is told', async () => {
    const { told, steps } = await doAct(
      one(run(['sh', '-c', 'cat; printf "%s|" "$@"; echo err >&2; exit 7', '-', "it's", '$HOME', ''], touching)),
    );
    expect(told[1]).toBe("< 7 it's|$HOME||err\n");
    expect(steps[0]?.error).toMatchObject({ code: 'CHANGE_FAILED', message: expect.stringMatching(/status 7: .*err$/) });
  });

  test('a run makes files as people expect them, whatever the login says', async () => {
    const shell = ['sh', '-c', 'umask 077; LC_ALL=de_DE.UTF-8 exec sh -s'] as const;
    const { told } = await doAct(one(run(['sh', '-c', 'umask; echo $LC_ALL $LANG; echo $PATH'], touching)), { shell });
    expect(told[1]).toMatch(/^< 0 0022\nC C\n.*:\/usr\/sbin:\/sbin\n$/);
  });

  test('a run that does not end is ended', async () => {
    const { steps, told } = await doAct(one(run(['sleep', '60'], { ...touching, timeoutMs: 300 }), run(['true'], touching)));
    expect(steps[0]?.error?.code).toBe('CHANGE_TIMEOUT');
    expect(told).toEqual(['> 1 run sleep 60', '< 124 ']);
  });

  test('a missing program', async () => {
    const { steps } = await doAct(one(run(['no-such-program'], touching)));
    expect(steps[0]?.error?.message).toBe('run no-such-program: status 127: no-such-program: not found');
  });

  test('settlings come last, in order, once for all that ask, and reset-failed may fail', async () => {
    const { path, log } = programs({
      systemctl: 'echo "$@" >>$log; case $1 in reset-failed) echo "not loaded" >&2; exit 1; esac',
      modprobe: 'echo modprobe "$@" >>$log',
    });
    const module = settle({ what: 'module-reload', module: 'kvm_amd' }, { because: 'x', touches: [] });
    const steps = [
      { number: 1, changes: [restart('docker.service'), run(['systemctl', 'own'], touching)] },
      { number: 4, changes: [reload, module, restart('docker.service'), restart('other.service')] },
    ];
    const acted = await doAct(steps, { path });
    expect(log().trim().split('\n')).toEqual([
      'own',
      'daemon-reload',
      'modprobe -r kvm_amd',
      'modprobe kvm_amd',
      'reset-failed docker.service',
      'restart docker.service',
      'reset-failed other.service',
      'restart other.service',
    ]);
    expect(acted.told.filter((line) => line.startsWith('>'))).toContain('> 1 restart docker.service,4 restart docker.service');
    expect(acted.steps.map(({ made, error }) => [made.length, error])).toEqual([
      [2, undefined],
      [4, undefined],
    ]);
  });

  test('after a failure nothing more is begun, but complete steps are settled', async () => {
    const { path, log } = programs({ systemctl: 'echo "$@" >>$log' });
    const acted = await doAct(
      [
        { number: 1, changes: [run(['true'], touching), restart('first.service')] },
        { number: 2, changes: [run(['true'], touching), run(['false'], touching), restart('second.service'), reload] },
        { number: 3, changes: [restart('third.service'), restart('first.service')] },
      ],
      { path },
    );
    expect(log()).toBe('reset-failed first.service\nrestart first.service\n');
    expect(acted.steps).toMatchObject([
      { made: [{ argv: ['true'] }, { kind: 'settle' }], settled: ['restart first.service'] },
      { made: [{ argv: ['true'] }], settled: [], error: { code: 'CHANGE_FAILED' }, begun: true },
      { settled: ['restart first.service'] },
    ]);
  });

  test('a settling that fails fails all that ask for it, and no other', async () => {
    const { path, log } = programs({ systemctl: 'echo "$@" >>$log; case "$*" in "restart a") echo "Job for a failed" >&2; exit 1; esac' });
    const acted = await doAct(
      [
        { number: 1, changes: [restart('a'), restart('b')] },
        { number: 2, changes: [restart('c')] },
        { number: 3, changes: [restart('a')] },
      ],
      { path },
    );
    expect(acted.steps.map(({ error, settled }) => [error?.message, settled])).toEqual([
      ['restart a: status 1: Job for a failed', ['restart a']],
      [undefined, ['restart c']],
      ['restart a: status 1: Job for a failed', ['restart a']],
    ]);
    expect(log()).not.toContain('restart b');
  });
});

test.each(SHELLS.map((shell) => [shell[0], shell] as const))('a script that %s got in part does nothing', (_, shell) => {
  const folder = tempFolder();
  const steps = one(
    write(join(folder, 'file'), undefined, image('x'), 'x'),
    run(['touch', join(folder, 'touched')], { because: 'x', touches: [], undo: 'impossible' }),
  );
  const script = encodeAct({ steps, nonce: 'f'.repeat(32), limits: DEFAULT_LIMITS });
  for (let length = 0; length < script.length - 1; length += length < script.length - 40 ? 101 : 1)
    feedShell(shell, script.slice(0, length));
  expect(readdirSync(folder)).toEqual([]);
  feedShell(shell, script);
  expect(readdirSync(folder).sort()).toEqual(['file', 'touched']);
});

group('an act that does not come to its end', () => {
  const settleNothing = run(['true'], { because: 'x', touches: [], undo: 'impossible' });

  test('names what was under way', async () => {
    const folder = tempFolder();
    const killer = run(['sh', '-c', `kill -KILL $(cat ${folder}/pid)`], {
      because: 'x',
      touches: [],
      undo: 'impossible',
    });
    const shell = ['sh', '-c', `echo $$ >${folder}/pid; exec sh -s`] as const;
    const acted = await doAct([...one(settleNothing), { number: 2, changes: [killer] }, { number: 3, changes: [settleNothing] }], {
      shell,
    });
    expect(acted.error).toMatchObject({
      code: 'LOOK_TRUNCATED',
      message: expect.stringMatching(/^the act ended with (SIGKILL|status \d+) at: run sh/),
    });
    expect(acted.untouched).toBe(false);
    expect(acted.steps.map(({ begun, made }) => [begun, made.length])).toEqual([
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
  });

  test.each(['TERM', 'HUP', 'PIPE'])('by SIG%s leaves no temporary file', async (signal) => {
    const folder = tempFolder();
    const pid = join(tempFolder(), 'pid');
    const { path: bin } = programs({ sync: `kill -${signal} $(cat ${pid})` });
    const shell = ['sh', '-c', `echo $$ >${pid}; exec sh -s`] as const;
    const acted = await doAct(one(write(join(folder, 'file'), undefined, image('x'), 'x')), { shell, path: bin });
    expect(acted.error?.code).toBe('LOOK_TRUNCATED');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a shell that refuses to work touched nothing', async () => {
    const acted = await doAct(one(settleNothing), { shell: ['sh', '-c', 'echo "This account is not available" >&2; exit 1'] });
    expect(acted).toMatchObject({ untouched: true, error: { message: 'the act ended with status 1: This account is not available' } });
  });
});

test('jobs are the own changes in order, then the settlings', () => {
  const changes = [
    settle({ what: 'restart', unit: 'a' }, { because: 'x', touches: [] }),
    run(['a'], { because: 'x', touches: [], undo: 'impossible' }),
  ];
  expect(
    jobsOf([
      { number: 1, changes },
      { number: 2, changes },
    ]).map((job) => [job.kind, wantedBy(job).map(({ step }) => step)]),
  ).toEqual([
    ['change', [1]],
    ['change', [2]],
    ['settle', [1, 2]],
  ]);
});

test.each([1, 2, 3, 7, 33, 1000])('a report that comes in chunks of %d bytes is understood the same', (length) => {
  const nonce = 'a'.repeat(32);
  const jobs = jobsOf(
    one(run(['x'], { because: 'x', touches: [], undo: 'impossible' }), run(['y'], { because: 'x', touches: [], undo: 'impossible' })),
  );
  const mark = (words: string) => `\n${nonce} ${words}\n`;
  const text = `motd${mark('begin')}${mark('started 0')}out\n\n${nonce}\n\naé${mark('ended 0 0')}${mark('started 1')}no newline${mark('ended 1 3')}${mark('end')}`;
  const told: string[] = [];
  const reader = actReader(jobs, nonce, {
    started: () => told.push('started'),
    ended: ({ status, output }) => told.push(`${status} ${output}`),
  });
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += length) reader.push(bytes.subarray(from, from + length));
  expect(told).toEqual(['started', `0 out\n\n${nonce}\n\naé`, 'started', '3 no newline']);
  expect(reader.report()).toMatchObject({ begun: true, complete: true });
  expect(reader.report().underWay).toBeUndefined();
});
