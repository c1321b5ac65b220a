import type { Stream } from '../report/exec-output.ts';
import { newExecProgress, noteLines } from '../report/exec-progress.ts';
import { type ExecResult, endLine, execLines, execSummary, oneLine } from '../report/exec-text.ts';
import { execJson } from '../report/json.ts';
import { printable } from '../report/printable.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';
import { openScreen } from './screen.ts';

/** How the output of hosts is shown: folded at the end, as lines with their host, a line a host, or for machines. */
export type ExecMode = 'fold' | 'lines' | 'one-line' | 'json' | 'ndjson';

/** What is told of an ad hoc command while it goes on, and at its end. */
export interface ExecShow {
  readonly started: (host: string) => void;
  readonly lines: (host: string, stream: Stream, lines: readonly string[]) => void;
  readonly ended: (result: ExecResult) => void;
  readonly finish: (all: ExecEnd) => void;
  /** Takes away what is drawn. */
  readonly end: () => void;
}

/** All of it. */
interface ExecEnd {
  readonly exit: number;
  readonly interrupted: boolean;
  readonly durationMs: number;
  readonly results: readonly ExecResult[];
}

/** What the view needs to know beforehand. */
export interface ExecView {
  readonly mode: ExecMode;
  readonly command: string;
  readonly total: number;
}

export async function execShow(view: ExecView, output: Output, io: Io): Promise<ExecShow> {
  switch (view.mode) {
    case 'fold':
      return await folded(view, output, io);
    case 'lines':
      return asLines(output);
    case 'one-line':
      return { ...nothing, ended: (result) => output.data([oneLine(result, output.style)]), finish: summary(output) };
    case 'json':
      return { ...nothing, finish: ({ results, ...all }) => output.json({ ...all, hosts: results.map(execJson) }) };
    case 'ndjson':
      return asEvents(output);
    default:
      return view.mode satisfies never;
  }
}

const nothing: ExecShow = { started: () => {}, lines: () => {}, ended: () => {}, finish: () => {}, end: () => {} };

function summary(output: Output): ExecShow['finish'] {
  return ({ results }) => output.talk([execSummary(results, output.talkStyle)]);
}

/** Drawn while it goes on, and then folded: nothing is shown twice. */
async function folded({ command, total }: ExecView, output: Output, io: Io): Promise<ExecShow> {
  const progress = newExecProgress(output.scrub(command), total, Date.now());
  const { paint } = output.talkStyle;
  const screen = await openScreen(io.talk, output.scrub, async () => {
    const { execFrame } = await import('../report/exec-view.ts');
    return (columns, rows) => execFrame(progress, { columns, rows, now: Date.now() }, paint);
  });
  return {
    started: (host) => progress.running.add(host),
    lines: (host, _, lines) => noteLines(progress, host, lines.map(output.scrub)),
    ended: ({ host }) => {
      progress.running.delete(host);
      progress.ended += 1;
    },
    finish: (all) => {
      screen.end();
      output.data(execLines(all.results, output.style));
      summary(output)(all);
    },
    end: screen.end,
  };
}

function asLines(output: Output): ExecShow {
  const tell = { stdout: output.data, stderr: output.talk };
  return {
    ...nothing,
    lines: (host, stream, lines) => tell[stream](lines.map((line) => `${printable(host)}: ${line}`)),
    ended: (result) => {
      if (result.end.status !== 'exited' || result.end.code !== 0) output.talk([endLine(result, output.talkStyle)]);
    },
    finish: summary(output),
  };
}

function asEvents(output: Output): ExecShow {
  return {
    ...nothing,
    lines: (host, stream, lines) => {
      for (const line of lines) output.json({ type: 'output', host, stream, line, at: Date.now() });
    },
    ended: (result) => {
      const { stdout: _, stderr: _stderr, dropped: _dropped, encoding: _encoding, ...event } = execJson(result);
      output.json({ type: 'host ended', ...event, at: Date.now() });
    },
    finish: ({ results: _, ...all }) => output.json({ type: 'summary', ...all, at: Date.now() }),
  };
}
