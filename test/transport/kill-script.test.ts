import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { killScript } from '../../src/transport/kill-script.ts';

async function startSleep() {
  const child = spawn('sh', ['-c', 'echo ready; sleep 300; :'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void spawnSync('kill', ['-KILL', '--', `-${child.pid}`]));
  await once(child.stdout, 'data');
  return { child, stat: readFileSync(`/proc/${child.pid}/stat`, 'utf8').trim() };
}

test.each([['dash'], ['bash'], ['busybox', 'sh']])('%s ends the whole group', async (...shell) => {
  const { child, stat } = await startSleep();
  const gone = once(child, 'exit');
  const [program = '', ...args] = shell;
  spawnSync(program, [...args, '-s'], { input: killScript(stat) ?? '' });
  expect(await gone).toEqual([null, 'SIGTERM']);
});

test('a process that has taken the number since is left alone', async () => {
  const { child, stat } = await startSleep();
  const fields = stat.split(' ');
  fields[21] = `${Number(fields[21]) - 1}`;
  const { status } = spawnSync('sh', ['-s'], { input: killScript(fields.join(' ')) ?? '' });
  const state = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ')[2];
  expect(status).toBe(0);
  expect(state).toMatch(/[SD]/);
});

test.each(['', 'x', '12 (sh) S 1 0 0', `12 (sh) S 1 1 ${'0 '.repeat(20)}`, `12 (sh) S 1 x ${'0 '.repeat(20)}`])(
  'nothing is ended on the word of %j',
  (stat) => {
    expect(killScript(stat)).toBeUndefined();
  },
);
