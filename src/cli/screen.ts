import { createLogUpdate } from 'log-update';
import type { Scrub } from '../report/scrub.ts';
import type { Sink } from './io.ts';

/** A few lines at the bottom of the terminal that are drawn anew. */
export interface Screen {
  /** Leaves the terminal to something else, such as a question, and comes back after it. */
  readonly during: <T>(fn: () => Promise<T>) => Promise<T>;
  /** Takes the drawn lines away. */
  readonly end: () => void;
}

const FRAME_MS = 100;

/**
 * `frame` is asked for the drawn lines ten times a second; where there is no terminal it is never asked. While the screen
 * is open, lines that are written to the sink come to stand above the drawn ones.
 */
export function openScreen(sink: Sink, scrub: Scrub, frame: (columns: number, rows: number) => readonly string[]): Screen {
  if (!sink.isTerminal) return { during: (fn) => fn(), end: () => {} };
  const update = createLogUpdate(sink.stream);
  let waiting: string[] = [];
  let isOpen = true;
  let isAway = false;
  const write = sink.divert((lines) => waiting.push(...lines));
  const flush = (): void => {
    if (waiting.length > 0) update.clear();
    write(waiting);
    waiting = [];
  };
  const timer = setInterval(() => {
    if (isAway) return;
    flush();
    const lines = frame(sink.stream.columns ?? 80, sink.stream.rows ?? 24);
    update(lines.map(scrub).join('\n'));
  }, FRAME_MS);
  timer.unref();
  return {
    during: async (fn) => {
      isAway = true;
      update.clear();
      flush();
      try {
        return await fn();
      } finally {
        isAway = false;
      }
    },
    end: () => {
      if (!isOpen) return;
      isOpen = false;
      clearInterval(timer);
      sink.divert();
      update.clear();
      flush();
      update.done();
    },
  };
}
