import type { ExecProgress } from './exec-progress.ts';
import { hostsLabel } from './fold.ts';
import { cut, type Frame } from './live-view.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { countOf, duration } from './summary.ts';

/** One frame: the sums, the last lines that came, and who is waited for. */
export function execFrame(
  { command, total, startedAt, running, ended, recent }: ExecProgress,
  frame: Frame,
  paint: Paint,
): readonly string[] {
  const name = cut(printable(`exec ${command}`), Math.max(20, frame.columns - 40));
  const head = [paint.bold(name), `${ended} of ${countOf(total, 'host')}`, paint.dim(duration(frame.now - startedAt))].join(' · ');
  const lines = recent.slice(-Math.max(1, frame.rows - 4)).map((line) => paint.dim(cut(`  ${line}`.replaceAll('\t', ' '), frame.columns)));
  const waiting = running.size === 0 ? [] : [cut(`waiting for ${printable(hostsLabel([...running]))}`, frame.columns)];
  return [head, ...lines, ...waiting];
}
