import type { Answer } from './messages.ts';

/** So many parts may be on their way: the server cuts off who is sent more than it bears (client-output-buffer-limit of Redis). */
const WINDOW = 16;

/** Says answers in order, parts only as fast as they are heard. */
export function outbox(say: (answer: Answer) => void): { readonly say: (answer: Answer) => void; readonly heard: (parts: number) => void } {
  const waiting: Answer[] = [];
  let underWay = 0;
  const drain = (): void => {
    while (underWay < WINDOW) {
      const next = waiting.shift();
      if (next === undefined) return;
      if (next.type === 'part') underWay += 1;
      say(next);
    }
  };
  return {
    say: (answer) => {
      waiting.push(answer);
      drain();
    },
    heard: (parts) => {
      underWay -= parts;
      drain();
    },
  };
}
