import stringWidth from 'string-width';
import type { Progress } from './live-progress.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { countOf, duration, paintStatus, STATUSES } from './summary.ts';

/** The room for a frame, and the time it is drawn at. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
}

/** One frame: a head with the sums, then the running hosts, those that have been at one thing longest first. */
export function frameLines(progress: Progress, frame: Frame, paint: Paint): readonly string[] {
  const room = Math.max(1, Math.min(10, frame.rows - 4));
  const running = [...progress.running].sort(([, a], [, b]) => a.since - b.since);
  const more = running.length > room ? [paint.dim(`  … and ${countOf(running.length - room, 'host')} more`)] : [];
  const hosts = running.slice(0, room).map(([host, { doing, since }]) => {
    const line = `  ${host}  ${duration(Math.max(0, frame.now - since))}  ${doing}`;
    return cut(printable(line).replaceAll('\t', ' '), frame.columns);
  });
  const waiting = hosts.length === 0 ? [] : [paint.dim('waiting for:')];
  return [head(progress, frame, paint), ...waiting, ...hosts, ...more];
}

function head({ title, wave, told, total, ended, startedAt }: Progress, frame: Frame, paint: Paint): string {
  const done = [...ended.values()].reduce((sum, count) => sum + count, 0);
  const name = cut(printable([title, ...(wave === '' ? [] : [`wave ${wave}${told}`])].join(' · ')), Math.max(20, frame.columns - 60));
  const sums = STATUSES.filter((status) => (ended.get(status) ?? 0) > 0).map((status) =>
    paintStatus(status, paint)(`${ended.get(status)} ${status}`),
  );
  return [paint.bold(name), `${done} of ${countOf(total, 'host')}`, ...sums, paint.dim(duration(frame.now - startedAt))].join(' · ');
}

/** The text, cut to a number of columns; a wide character takes two. */
export function cut(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const sign of text) {
    width += stringWidth(sign);
    if (width > columns - 1) break;
    kept += sign;
  }
  return `${kept}…`;
}
