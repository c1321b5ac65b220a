import { expect, it } from 'vitest';
import { inverse } from '../../src/core/change.ts';
import { commandRun } from '../../src/tasks/command-run.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

it('hands the text to the shell as one word, and the folder as another', () => {
  const hostile = `it's "x"; rm -rf / $(reboot) \`id\`\n*`;
  const [plain] = changesOf(findingOf(commandRun, { host: 'command-due', with: { command: hostile } }).plan);
  expect(plain).toMatchObject({ argv: ['sh', '-c', hostile], undo: 'impossible', touches: ['*'] });
  const [inFolder] = changesOf(findingOf(commandRun, { host: 'command-due', with: { command: hostile, cwd: '/a b; reboot' } }).plan);
  expect(inFolder).toMatchObject({ argv: ['sh', '-c', 'cd -- "$1" && eval "$2"', 'sh', '/a b; reboot', hostile] });
});

it('repeats only where nothing tells that it is done', () => {
  expect(findingOf(commandRun, { host: 'command-due', with: { command: 'uptime' } }).plan).toMatchObject({ repeats: true });
  expect(findingOf(commandRun, { host: 'command-due', with: { command: 'x', creates: '/opt/marker' } }).plan).not.toHaveProperty('repeats');
});

it('is taken back by the command that the step gives, under the same time limit', () => {
  const params = { command: 'up', creates: '/opt/marker', undo: 'down', timeout: 7 };
  const [change] = changesOf(findingOf(commandRun, { host: 'command-due', with: params }).plan);
  expect(change === undefined ? undefined : inverse(change)).toMatchObject({
    argv: ['sh', '-c', 'down'],
    undo: ['sh', '-c', 'up'],
    timeoutMs: 7000,
  });
});

it.each([{ command: '' }, { command: 'a\0b' }, { command: 'x', creates: 'marker' }, { command: 'x', timeout: 0 }])(
  'refuses %j',
  (params) => {
    expect(commandRun.params.safeParse(params).success).toBe(false);
  },
);
