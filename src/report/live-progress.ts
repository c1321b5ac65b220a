import { describe } from '../core/change.ts';
import type { Event } from '../core/events.ts';
import type { HostOutcome } from '../core/outcome.ts';

/** What is known of a run while it goes on: enough to draw one frame. */
export interface Progress {
  readonly title: string;
  readonly total: number;
  readonly startedAt: number;
  wave: string;
  /** What a person has told it from outside. */
  told: string;
  readonly ended: Map<HostOutcome['status'], number>;
  /** What each running host does, since when. */
  readonly running: Map<string, { doing: string; since: number }>;
}

export function newProgress(title: string, total: number, now: number): Progress {
  return { title, total, startedAt: now, wave: '', told: '', ended: new Map(), running: new Map() };
}

/** Takes an event into the progress. */
export function note(progress: Progress, event: Event): void {
  switch (event.type) {
    case 'wave started':
    case 'baked':
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
    case 'steered':
      progress.told = { pause: ', paused', promote: '', abort: ', aborted' }[event.what];
      return;
    case 'host planned':
    case 'measured':
    case 'gate judged':
    case 'act begun':
    case 'act refused':
    case 'lease broken':
    case 'wave ended':
    case 'step answered':
    case 'stopped':
      return;
    default:
      event satisfies never;
  }
}
