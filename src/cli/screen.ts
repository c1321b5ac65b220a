import { createLogUpdate } from 'log-update';
import type { Scrub } from '../report/scrub.ts';
import type { Sink } from './io.ts';

/** A few lines at the bottom of the terminal that are drawn anew. */
export interface Screen {
  /** Takes the drawn lines away. */
  readonly end: () => void;
}

const FRAME_MS = 100;

/**
 * `frame` is asked for the drawn lines ten times a second; where there is no terminal it is never asked. While the screen
 * is open, lines that are written to the sink come to stand above the drawn ones.
 */
export function openScreen(sink: Sink, scrub: Scrub, frame: (columns: number, rows: number) => readonly string[]): Screen {
  if (!sink.isTerminal) return { end: () => {} };
  const update = createLogUpdate(sink.stream);
  let waiting: string[] = [];
  let isOpen = true;
  const write = sink.divert((lines) => waiting.push(...lines));
  const flush = (): void => {
    if (waiting.length > 0) update.clear();
    write(waiting);
    waiting = [];
  };
  const timer = setInterval(() => {
    flush();
    const lines = frame(sink.stream.columns ?? 80, sink.stream.rows ?? 24);
    update(lines.map(scrub).join('\n'));
  }, FRAME_MS);
  timer.unref();
  return {
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
