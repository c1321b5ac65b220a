import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ContainerFile, containerFiles } from '../../../src/probes/docker/container-files.ts';
import { troubleOf } from '../../../src/probes/docker/keepalive.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-containers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Asks grep itself, for a file as dockerd writes it: in the order of its fields, with some that are none of ours. */
function read(name: string, argv: readonly string[], strange: string): readonly ContainerFile[] {
  const [path = '', ...args] = argv;
  mkdirSync(join(folder, 'containers', 'abc'), { recursive: true });
  const State = { Running: true, Restarting: true, OOMKilled: false, ExitCode: 1, Error: strange, StartedAt: '', FinishedAt: '' };
  const file = {
    State: { ...State, Health: { Status: strange, Log: [{ Output: strange }] } },
    Path: path,
    Args: args,
    Config: {
      Tty: false,
      OpenStdin: true,
      Env: [strange],
      Cmd: argv,
      Labels: { [strange]: strange, 'com.docker.compose.project': strange },
    },
    Name: `/${name}`,
    RestartCount: 3,
    HasBeenManuallyStopped: false,
    MountPoints: { '/x': { Name: strange } },
  };
  writeFileSync(join(folder, 'containers', 'abc', 'config.v2.json'), JSON.stringify(file));
  writeFileSync(join(folder, 'containers', 'abc', 'abc-json.log'), '"Name":"/log"\n');
  const { reads, parse } = containerFiles(folder);
  return parse(
    reads.map((one) => {
      if (one.kind !== 'command') throw new RangeError('one command is asked');
      const [program, ...words] = one.argv;
      return { status: 0, stdout: execFileSync(program, words, { encoding: 'utf8', env: { LC_ALL: 'C' } }), stderr: '' };
    }),
  );
}

it('reads whatever words a command has, and no value poses as a field', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom('"Name":"/fake"', '\\"Args":["x"]', '"State":{"Running":false', ']', '\n', '\\'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), word, (argv, strange) => {
      const [one, ...more] = read('web', argv, strange);
      expect(more).toEqual([]);
      expect(one).toMatchObject({ id: 'abc', name: 'web', argv, restarting: true, restarts: 3, interactive: true });
      expect(one?.madeBy).toBe(`compose project ${strange}`);
    }),
    { numRuns: 60 },
  );
});

it('sends nothing of the environment', () => {
  const [{ argv = [] } = {}] = read('web', ['app'], 'hunter2');
  expect(argv).toEqual(['app']);
  const asked = containerFiles(folder).reads.flatMap((one) => (one.kind === 'command' ? one.argv : []));
  expect(execFileSync(asked[0] ?? '', asked.slice(1), { encoding: 'utf8' })).not.toContain('"Env"');
});

const began = Date.parse('2026-11-28T20:00:00Z');
const calm: ContainerFile = {
  id: 'abc',
  name: 'web',
  argv: ['app'],
  running: true,
  restarting: false,
  stoppedByHand: false,
  outOfMemory: false,
  exitCode: 0,
  began,
  ended: undefined,
  restarts: 0,
  interactive: false,
  madeBy: undefined,
};

it.each<readonly [string, Partial<ContainerFile>, string | undefined]>([
  ['runs', {}, undefined],
  ['runs between short runs', { restarts: 9, ended: began - 6000 }, 'web is started again and again'],
  ['runs again after one end', { restarts: 9, ended: began - 100 }, undefined],
  ['waits after a long run', { running: false, restarting: true, restarts: 9, ended: began + 60_000 }, undefined],
  ['waits after the first short run', { running: false, restarting: true, restarts: 1, ended: began + 60 }, undefined],
  ['loops', { running: false, restarting: true, restarts: 3, ended: began + 60 }, 'web ends with status 0 soon after each start'],
  [
    'is short of memory',
    { running: false, restarting: true, restarts: 3, ended: began + 60, exitCode: 137, outOfMemory: true },
    'web fails soon after each start: its memory does not suffice',
  ],
  [
    'fails in its own way',
    { running: false, restarting: true, restarts: 3, ended: began + 60, exitCode: 3 },
    'web fails soon after each start: status 3',
  ],
  ['was stopped by hand', { running: false, argv: ['nginx'], ended: began + 60, stoppedByHand: true }, undefined],
  ['failed once', { running: false, argv: ['nginx'], ended: began + 60, exitCode: 1 }, undefined],
  ['is a shell that somebody has left', { running: false, argv: ['sh'], ended: began + 60, interactive: true }, undefined],
  ['was never started', { running: false, argv: ['nginx'], began: undefined }, undefined],
  [
    'ended at once',
    { running: false, argv: ['nginx'], ended: began - 1 },
    'web ended as soon as it began: `nginx` goes into the background',
  ],
])('a container that %s', (_, facts, because) => {
  expect(troubleOf({ ...calm, ...facts })?.because).toBe(because);
});
