import { printable } from './printable.ts';

/** What is known of an ad hoc command while it goes on. */
export interface ExecProgress {
  readonly command: string;
  readonly total: number;
  readonly startedAt: number;
  readonly running: Set<string>;
  ended: number;
  /** The last lines of all hosts, printable. */
  recent: readonly string[];
}

const RECENT = 8;

export function newExecProgress(command: string, total: number, now: number): ExecProgress {
  return { command, total, startedAt: now, running: new Set(), ended: 0, recent: [] };
}

/** Takes lines that a host printed, printable already. */
export function noteLines(progress: ExecProgress, host: string, lines: readonly string[]): void {
  progress.recent = [...progress.recent, ...lines.slice(-RECENT).map((line) => `${printable(host)}: ${line}`)].slice(-RECENT);
}
