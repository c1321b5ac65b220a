import { resolve } from 'node:path';
import { isBad } from '../core/outcome.ts';
import { holderOf, pruneRuns } from '../journal/folders.ts';
import { errorLines } from '../report/error-text.ts';
import { hostsLabel } from '../report/fold.ts';
import { htmlPage } from '../report/html-page.ts';
import { printable } from '../report/printable.ts';
import { countOf, paintStatus, STATUSES } from '../report/summary.ts';
import { tableLines } from '../report/table.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { type Output, outputFor } from './output.ts';
import { type PastRun, pastRun, readRuns, stateOf, statusOf } from './past-run.ts';
import { pastRunPage } from './past-run-page.ts';
import { runsFolder } from './runs-folder.ts';
import { countFlag, usageError } from './usage.ts';
import { writeWhole } from './write-whole.ts';

const DAY_MS = 86_400_000;

/** `drover runs`, `drover runs RUN`, `drover runs prune`. */
export async function runsCommand(args: Args<'runs'> & { readonly run?: string | undefined }, io: Io): Promise<number> {
  const output = outputFor(args, io);
  if (args.run === 'prune') return prune(args, io, output);
  if (args.html !== undefined) return page(args, args.html, io);
  if (args.run === undefined) list(readRuns(args, io), output);
  else show(pastRun(args.run, args, io), output);
  return 0;
}

function prune(args: Args<'runs'>, io: Io, output: Output): number {
  const removed = pruneRuns(runsFolder(args, io), new Date(Date.now() - countFlag('days', args.days, 0) * DAY_MS));
  if (output.format === 'human') output.talk([`${countOf(removed.length, 'run')} removed`]);
  else output.json({ removed });
  return 0;
}

function page(args: Args<'runs'> & { readonly run?: string | undefined }, file: string, io: Io): number {
  if (args.run === undefined) throw usageError('--html is for one run', 'Say `drover runs RUN --html FILE`; `last` is the last one.');
  writeWhole('html', resolve(io.cwd, file), htmlPage(pastRunPage(pastRun(args.run, args, io))));
  return 0;
}

function list({ runs, unreadable }: ReturnType<typeof readRuns>, output: Output): void {
  for (const error of unreadable) output.talk(errorLines(error, {}, output.talkStyle));
  if (output.format !== 'human') {
    output.json(runs.map(runJson));
    return;
  }
  const rows = runs.map((past) => {
    const { start } = past.history;
    return [start.run, when(start.at), start.command, start.name, counts(past), stateOf(past)];
  });
  output.data(tableLines(['run', 'began', 'command', 'name', 'hosts', 'state'], rows, output.style.paint));
}

function show(past: PastRun, output: Output): void {
  if (output.format !== 'human') {
    output.json(runJson(past));
    return;
  }
  const { start, stopped, hosts, continued } = past.history;
  const { paint } = output.style;
  const holder = holderOf(past.folder.path);
  const heads = STATUSES.flatMap((status) => {
    const own = hosts.filter((host) => statusOf(host) === status);
    return own.length === 0 ? [] : [`${paintStatus(status, paint)(status)}: ${printable(hostsLabel(own.map(({ name }) => name)))}`];
  });
  const standing = hosts.filter((host) => host.standing.length > 0).map(({ name }) => name);
  output.data([
    `${paint.bold(start.run)}: ${printable(start.name)}, ${stateOf(past)}${holder === undefined ? '' : ` (process ${holder})`}`,
    `began ${when(start.at)}${continued === 0 ? '' : `, gone on with ${countOf(continued, 'time')}`}${start.of === undefined ? '' : `, takes back ${start.of}`}`,
    ...(stopped === undefined ? [] : [`stopped: ${printable(stopped)}`]),
    ...heads,
    ...rebootLines(hosts),
    ...(standing.length === 0 ? [] : [`its changes stand on: ${printable(hostsLabel(standing))}`]),
    paint.dim(past.folder.path),
  ]);
}

/** The receipts of reboots; hosts that were rebooted for the same are one line. */
function rebootLines(hosts: PastRun['history']['hosts']): readonly string[] {
  const told = hosts.flatMap(({ name, reboots }) =>
    reboots.map(({ because, after }) => ({ name, text: `${because.join('; ')}${after === undefined ? ' (no other boot was seen)' : ''}` })),
  );
  const texts = [...new Set(told.map(({ text }) => text))];
  return texts.map((text) => {
    const names = told.filter((one) => one.text === text).map(({ name }) => name);
    return printable(`rebooted: ${hostsLabel(names)}: ${text}`);
  });
}

function runJson(past: PastRun) {
  const { start, stopped, end, hosts, continued } = past.history;
  return {
    run: start.run,
    command: start.command,
    name: start.name,
    at: start.at,
    state: stateOf(past),
    continued,
    folder: past.folder.path,
    ...(start.of === undefined ? {} : { of: start.of }),
    ...(stopped === undefined ? {} : { stopped }),
    ...(end === undefined ? {} : { exit: end.exit, endedAt: end.at }),
    hosts: hosts.map(({ name, status, because, standing, reboots }) => ({
      host: name,
      status,
      ...(because === undefined ? {} : { because }),
      ...(reboots.length === 0
        ? {}
        : { reboots: reboots.map(({ after, ...one }) => ({ ...one, ...(after === undefined ? {} : { after }) })) }),
      standing: standing.map(({ number, name: step, task, inDoubt }) => ({ number, name: step, task, inDoubt })),
    })),
  };
}

function counts({ history: { hosts } }: PastRun): string {
  const bad = hosts.filter((host) => isBad(statusOf(host))).length;
  return bad === 0 ? String(hosts.length) : `${hosts.length}, ${bad} bad`;
}

/** Local time, as people read it. */
function when(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16).replace('T', ' ');
}
