import { userInfo } from 'node:os';
import { askControl } from '../control/client.ts';
import type { Answer } from '../control/protocol.ts';
import type { Steering } from '../core/control.ts';
import { findRun, holderOf } from '../journal/folders.ts';
import { type StatusReport, statusJson, statusLines } from '../report/status-text.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { outputFor } from './output.ts';
import { pastRun, stateOf, statusOf } from './past-run.ts';
import { runsFolder } from './runs-folder.ts';
import { usageError } from './usage.ts';

type ControlArgs = Args<'status'> & { readonly run: string };

/** `drover status RUN`: how it stands, of one that nobody conducts as its journal tells it. */
export async function statusCommand(args: ControlArgs, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const folder = findRun(runsFolder(args, io), args.run);
  const answer = await askControl(folder.path, { do: 'status', by: sender(io) });
  const report = reportOf(args, io, answer);
  if (output.format === 'human') output.data(statusLines(report, output.style.paint));
  else output.json(statusJson(report));
  return 0;
}

/** `drover pause|promote|abort RUN`. */
export async function steerCommand(what: Steering, args: ControlArgs, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const folder = findRun(runsFolder(args, io), args.run);
  const answer = await askControl(folder.path, { do: what, by: sender(io) });
  if (answer === undefined) {
    const past = pastRun(folder.run, args, io);
    const open = past.history.hosts.some(({ status }) => status === 'not started' || status === 'running');
    const hint = open ? `\`drover resume ${folder.run}\` goes on with it.` : 'It has come to its end.';
    throw usageError(`nobody conducts ${folder.run}: ${stateOf(past)}`, hint);
  }
  if (!answer.ok) throw usageError(`${folder.run}: ${answer.because ?? 'it refused'}`, `See \`drover status ${folder.run}\`.`);
  const report = reportOf(args, io, answer);
  if (output.format === 'human') output.data(statusLines(report, output.style.paint));
  else output.json(statusJson(report));
  return 0;
}

function reportOf(args: ControlArgs, io: Io, answer: Answer | undefined): StatusReport {
  const past = pastRun(args.run, args, io);
  const { start, hosts, wave, stopped, steered } = past.history;
  const process = holderOf(past.folder.path);
  const known = { run: start.run, name: start.name, state: stateOf(past), steered, ...(process === undefined ? {} : { process }) };
  if (answer?.standing !== undefined) return { ...known, standing: answer.standing };
  const ended: Record<string, number> = {};
  const done = hosts.filter(({ status }) => status !== 'running' && status !== 'not started');
  for (const host of done) ended[statusOf(host)] = (ended[statusOf(host)] ?? 0) + 1;
  return {
    ...known,
    standing: {
      ...(wave === undefined ? {} : { wave }),
      ended,
      running: hosts.filter(({ status }) => status === 'running').map(({ name }) => name),
      waiting: hosts.filter(({ status }) => status === 'not started').length,
      ...(stopped === undefined ? {} : { stopped }),
    },
  };
}

/** Who asks. Under sudo it is told who that is. */
function sender({ env }: Io): string {
  const sudo = env['SUDO_USER'] === undefined ? '' : ` (${env['SUDO_USER']} by sudo)`;
  return `${userName()}${sudo}, process ${process.pid}`.slice(0, 200);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in passwd(5), as in containers.
    return `user ${process.getuid?.() ?? ''}`;
  }
}
