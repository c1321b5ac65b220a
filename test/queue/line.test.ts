import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLine, SILENCE_MS } from '../../src/queue/line.ts';
import { sealFor } from '../../src/queue/seal.ts';

const KEY = randomBytes(32);
const controller = sealFor(KEY, 'controller', 's', 'c');
const worker = sealFor(KEY, 'worker', 's', 'c');

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A worker's end, and what became of it. */
function listening() {
  const heard: string[] = [];
  const lost: string[] = [];
  const sent: string[] = [];
  let time = 0;
  const line = openLine<{ readonly type: 'alive' }>({
    seal: worker,
    send: (number, box) => sent.push(controller.open(number, box) ?? 'not sealed'),
    onMessage: (text) => heard.push(text),
    onLost: (why) => lost.push(why),
    silenceMs: SILENCE_MS,
    now: () => time,
  });
  const say = (number: number, text: string): void => line.hear(number, controller.seal(number, text));
  return {
    line,
    say,
    heard,
    lost,
    sent,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

describe('a line', () => {
  it('hears words in their order', () => {
    const { say, heard, lost } = listening();
    say(0, 'one');
    say(1, 'two');
    expect({ heard, lost }).toEqual({ heard: ['one', 'two'], lost: [] });
  });

  it.each<[string, number]>([
    ['a word did not arrive', 2],
    ['a word comes twice', 0],
  ])('is lost where %s, and follows nothing any more', (_, next) => {
    const { say, heard, lost } = listening();
    say(0, 'one');
    say(next, 'again');
    say(1, 'two');
    expect({ heard, lost }).toEqual({ heard: ['one'], lost: ['something that was said did not arrive'] });
  });

  it('is lost where somebody without the key speaks', () => {
    const { line, heard, lost } = listening();
    line.hear(0, sealFor(randomBytes(32), 'controller', 's', 'c').seal(0, 'rm -r /'));
    expect({ heard, lost }).toEqual({ heard: [], lost: ['something was said that is not sealed with the key of this engine'] });
  });

  it('does not follow what it finds when it wakes up after too long a sleep', () => {
    const { say, heard, lost, pass } = listening();
    say(0, 'one');
    pass(SILENCE_MS + 1);
    say(1, 'two');
    expect({ heard, lost }).toEqual({ heard: ['one'], lost: ['nothing was heard for 15 s'] });
  });

  it('says that it is alive, and is lost when the other end says nothing', () => {
    const { sent, lost, pass } = listening();
    vi.advanceTimersByTime(3_000);
    expect(sent).toEqual(['{"type":"alive"}']);
    pass(SILENCE_MS + 1);
    vi.advanceTimersByTime(3_000);
    expect(lost).toEqual(['nothing was heard for 15 s']);
    vi.advanceTimersByTime(60_000);
    expect({ sent: sent.length, lost: lost.length }).toEqual({ sent: 1, lost: 1 });
  });

  it('says nothing after its end', () => {
    const { line, sent } = listening();
    line.end();
    line.say({ type: 'alive' });
    vi.advanceTimersByTime(60_000);
    expect(sent).toEqual([]);
  });
});
