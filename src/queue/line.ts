import type { Seal } from './seal.ts';

/** One end of a session through the server. */
export interface Line<Said> {
  readonly say: (message: Said) => void;
  /** Takes in what the other end has sealed as its how many-th. */
  readonly hear: (number: number, box: string) => void;
  /** No word goes out any more, none comes in. */
  readonly end: () => void;
}

export interface LineOptions {
  readonly seal: Seal;
  /** Sends what is sealed. */
  readonly send: (number: number, box: string) => void;
  readonly onMessage: (text: string) => void;
  /** Told once: of a silence, a gap, or a word that is not the other end's. */
  readonly onLost: (why: string) => void;
  /** A silence that is longer than that loses it. */
  readonly silenceMs: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export const ALIVE_MS = 3_000;
/** Five times unheard is gone. */
export const SILENCE_MS = 15_000;
/** Who is told what to do gives up first: when the other end has, no order of before is followed any more. */
export const OBEDIENT_MS = SILENCE_MS - ALIVE_MS;

/**
 * A line says that it is alive when it has nothing else to say, and is lost when the other end is silent. Who was asleep himself, and
 * wakes up with orders in his hands, must not follow them: time is looked at before each word, by a clock that no one sets.
 */
export function openLine<Said>({ seal, send, onMessage, onLost, silenceMs, now = () => performance.now() }: LineOptions): Line<Said> {
  let said = 0;
  let heard = 0;
  let heardAt = now();
  let isOver = false;
  const silent = `nothing was heard for ${silenceMs / 1000} s`;
  const end = (): void => {
    isOver = true;
    clearInterval(pulse);
  };
  const lose = (why: string): void => {
    if (isOver) return;
    end();
    onLost(why);
  };
  const isSilent = (): boolean => now() - heardAt > silenceMs;
  const say = (message: unknown): void => {
    if (isOver) return;
    const number = said;
    said += 1;
    send(number, seal.seal(number, JSON.stringify(message)));
  };
  const pulse = setInterval(() => {
    if (isSilent()) lose(silent);
    else say({ type: 'alive' });
  }, ALIVE_MS);
  return {
    say,
    hear: (number, box) => {
      if (isOver) return;
      const text = seal.open(number, box);
      const wrong = isSilent() ? silent : faultOf(number - heard, text);
      if (wrong !== undefined || text === undefined) {
        lose(wrong ?? silent);
        return;
      }
      heard += 1;
      heardAt = now();
      onMessage(text);
    },
    end,
  };
}

function faultOf(ahead: number, text: string | undefined): string | undefined {
  if (text === undefined) return 'something was said that is not sealed with the key of this engine';
  return ahead === 0 ? undefined : 'something that was said did not arrive';
}
