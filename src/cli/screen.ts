import type { createLogUpdate } from 'log-update';
import type { Scrub } from '../report/scrub.ts';
import type { Sink } from './io.ts';

/** A few lines at the bottom of the terminal that are drawn anew. */
export interface Screen {
  /** Leaves the terminal to something else, such as a question, and comes back after it. */
  readonly during: <T>(fn: () => Promise<T>) => Promise<T>;
  /** Takes the drawn lines away. */
  readonly end: () => void;
}

/** Makes the drawn lines, for a terminal of this size. */
export type Draw = (columns: number, rows: number) => readonly string[];

const FRAME_MS = 100;

/**
 * The frame is asked for ten times a second. While the screen is open, lines that are written to the sink come to stand above
 * the drawn ones. Where there is no terminal nothing is drawn, and what draws is not even loaded: it takes as long as the rest.
 */
export async function openScreen(sink: Sink, scrub: Scrub, load: () => Promise<Draw>): Promise<Screen> {
  if (!sink.isTerminal) return { during: (fn) => fn(), end: () => {} };
  const { createLogUpdate } = await import('log-update');
  return drawn(sink, scrub, { draw: await load(), update: createLogUpdate(sink.stream) });
}

/** What draws, and where to. */
interface Drawing {
  readonly draw: Draw;
  readonly update: ReturnType<typeof createLogUpdate>;
}

function drawn(sink: Sink, scrub: Scrub, { draw, update }: Drawing): Screen {
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
    const lines = draw(sink.stream.columns ?? 80, sink.stream.rows ?? 24);
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
