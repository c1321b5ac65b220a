import * as z from 'zod';
import { run } from '../core/change.ts';
import { stat } from '../core/file.ts';
import { blocked, drift, steady } from '../core/plan.ts';
import { type Argv, all, command, constant, TIMED_OUT } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';

const Line = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'), 'a command line may not hold a NUL');

const Path = z.string().regex(/^\/[^\0]*$/, 'write an absolute path');

export const commandRun = defineTask({
  name: 'command.run',
  summary: 'A shell command was run where it was due.',
  params: z.strictObject({
    command: Line.describe('What sh is to run.'),
    creates: Path.optional().describe('It is due only while there is nothing at this path.'),
    unless: Line.optional().describe('It is due only while this command fails. It is run with every look and must change nothing.'),
    undo: Line.optional().describe('What takes it back. Without it, it cannot be taken back.'),
    cwd: Path.optional().describe('The folder that all of its commands are run in.'),
    timeout: z.int().min(1).max(86_400).optional().describe('After so many seconds the command is ended.'),
  }),
  effects:
    'Runs what you write; what unless says is run with every look, also of a plan. Without creates and unless, the command is due on every run and cannot be verified. What it changes is not known, so steps behind it are planned after it.',
  examples: [
    { name: 'The certificate is there', with: { command: 'make-cert example.net', creates: '/etc/ssl/example.net.pem' } },
    {
      name: 'The pool is imported',
      with: { command: 'zpool import tank', unless: 'zpool list tank', undo: 'zpool export tank', timeout: 120 },
    },
  ],
  resultSchema: z.strictObject({
    due: z.boolean().describe('Whether the command was due when the host was looked at.'),
    status: z.int().nullable().describe('The status of unless; null without it.'),
    stdout: z.string().describe('What unless printed.'),
  }),

  inspect: ({ creates, unless, cwd }) =>
    all({
      made: creates === undefined ? constant(undefined) : stat(creates),
      check: unless === undefined ? constant(undefined) : command(...shell(unless, cwd)),
    }),

  plan({ made, check }, { command: line, creates, unless, undo, cwd, timeout }) {
    if (made !== undefined) return steady(`${creates} is there`);
    if (check?.status === 0) return steady(`\`${unless}\` succeeds`);
    if (check?.status === TIMED_OUT) return blocked(`\`${unless}\` does not end`, 'Give unless a command that answers at once.');
    const change = run(shell(line, cwd), {
      undo: undo === undefined ? 'impossible' : shell(undo, cwd),
      because: reason(creates, unless),
      touches: ['*'],
      ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    });
    return creates === undefined && unless === undefined ? { ...drift(change), repeats: true } : drift(change);
  },

  result: ({ made, check }) => ({
    due: made === undefined && check?.status !== 0,
    status: check?.status ?? null,
    stdout: check?.stdout ?? '',
  }),
});

/** The folder is handed over as an argument: nothing is pasted into the text that the shell reads. */
function shell(line: string, cwd: string | undefined): Argv {
  return cwd === undefined ? ['sh', '-c', line] : ['sh', '-c', 'cd -- "$1" && eval "$2"', 'sh', cwd, line];
}

function reason(creates: string | undefined, unless: string | undefined): string {
  const open = [...(creates === undefined ? [] : [`there is no ${creates}`]), ...(unless === undefined ? [] : [`\`${unless}\` fails`])];
  return open.length === 0 ? 'it is due on every run' : open.join(', ');
}
