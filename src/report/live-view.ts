import stringWidth from 'string-width';
import { describe } from '../core/change.ts';
import type { Event } from '../core/events.ts';
import type { HostOutcome } from '../core/outcome.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { countOf, duration, paintStatus, STATUSES } from './summary.ts';

/** What is known of a run while it goes on: enough to draw one frame. */
export interface Progress {
  readonly title: string;
  readonly total: number;
  readonly startedAt: number;
  wave: string;
  readonly ended: Map<HostOutcome['status'], number>;
  /** What each running host does, since when. */
  readonly running: Map<string, { doing: string; since: number }>;
}

/** The room for a frame, and the time it is drawn at. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
}

export function newProgress(title: string, total: number, now: number): Progress {
  return { title, total, startedAt: now, wave: '', ended: new Map(), running: new Map() };
}

/** Takes an event into the progress. */
export function note(progress: Progress, event: Event): void {
  switch (event.type) {
    case 'wave started':
      progress.wave = event.wave;
      return;
    case 'host started':
      progress.running.set(event.host, { doing: 'connecting, looking', since: event.at });
      return;
    case 'host looked':
      progress.running.set(event.host, { doing: 'planning', since: event.at });
      return;
    case 'change started':
      progress.running.set(event.host, { doing: `step ${event.step}: ${describe(event.change)}`, since: event.at });
      return;
    case 'change ended':
      progress.running.set(event.host, { doing: 'looking again', since: event.at });
      return;
    case 'host ended':
      progress.running.delete(event.host);
      progress.ended.set(event.outcome.status, (progress.ended.get(event.outcome.status) ?? 0) + 1);
      return;
    case 'baking':
      progress.wave = `${event.wave}, baking`;
      return;
    case 'host planned':
    case 'measured':
    case 'gate judged':
    case 'act begun':
    case 'wave ended':
    case 'stopped':
      return;
    default:
      event satisfies never;
  }
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

function head({ title, wave, total, ended, startedAt }: Progress, frame: Frame, paint: Paint): string {
  const done = [...ended.values()].reduce((sum, count) => sum + count, 0);
  const name = cut(printable([title, ...(wave === '' ? [] : [`wave ${wave}`])].join(' · ')), Math.max(20, frame.columns - 60));
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
