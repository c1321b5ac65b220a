import { closeSync, openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import { DroverError } from '../core/errors.ts';

/** Asks for a secret on the terminal itself, for stdin may carry data. Nothing of it is shown. */
export async function askSecret(question: string, instead: string): Promise<string> {
  return await onTerminal(question, instead, { echo: 'hidden', over: undefined });
}

/** Asks on the terminal; only `y` and `yes` mean yes. Once `over`, nobody waits for the answer, and there is none. */
export async function confirm(question: string, instead: string, over?: AbortSignal): Promise<boolean> {
  const answer = await onTerminal(`${question} [y/N] `, instead, { echo: 'shown', over });
  return /^y(es)?$/i.test(answer.trim());
}

/** Asks on the terminal for one of these words or its first letter, until it is one; Enter alone and the end of the asking mean the first. */
export async function choose<W extends string>(question: string, words: readonly [W, ...W[]], over: AbortSignal): Promise<W> {
  const [first, ...others] = words;
  const shown = [`(${first.charAt(0).toUpperCase()})${first.slice(1)}`, ...others.map((word) => `(${word.charAt(0)})${word.slice(1)}`)];
  for (;;) {
    const typed = (await onTerminal(`${question} ${shown.join('/')} `, '', { echo: 'shown', over })).trim().toLowerCase();
    const meant = typed === '' ? first : words.find((word) => typed === word || typed === word.charAt(0));
    if (meant !== undefined) return meant;
  }
}

/** Whether there is a terminal to ask on. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r+'));
    return true;
  } catch {
    return false;
  }
}

interface Typing {
  readonly echo: 'shown' | 'hidden';
  readonly over: AbortSignal | undefined;
}

async function onTerminal(question: string, instead: string, { echo, over }: Typing): Promise<string> {
  const fd = openTerminal(question, instead);
  const [keys, screen] = [new ReadStream(fd), new WriteStream(fd)];
  screen.write(question);
  keys.setRawMode(true);
  try {
    return await typedLine(keys, over, (shown) => (echo === 'shown' ? screen.write(shown) : true));
  } finally {
    keys.setRawMode(false);
    screen.write('\n');
    keys.destroy();
    screen.destroy();
  }
}

function openTerminal(question: string, instead: string): number {
  try {
    return openSync('/dev/tty', 'r+');
  } catch (cause) {
    throw new DroverError('USAGE', `there is no terminal to ask on: ${question.trim()}`, { hint: instead, cause });
  }
}

/** Reads keys up to Enter; nothing was typed where it is over before. Backspace and Ctrl-U edit; Ctrl-C and Ctrl-D break off. */
function typedLine(keys: ReadStream, over: AbortSignal | undefined, show: (text: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    over?.addEventListener('abort', () => resolve(''));
    let typed: readonly string[] = [];
    const take = (key: string): boolean => {
      if (key === '\r' || key === '\n') resolve(typed.join(''));
      else if (key === '\x03' || (key === '\x04' && typed.length === 0)) reject(new DroverError('USAGE', 'the question was not answered'));
      else if (key === '\x7f' || key === '\b') {
        show(typed.length === 0 ? '' : '\b \b');
        typed = typed.slice(0, -1);
      } else if (key === '\x15') {
        show('\b \b'.repeat(typed.length));
        typed = [];
      } else if (key >= ' ') {
        show(key);
        typed = [...typed, key];
      }
      return key !== '\r' && key !== '\n';
    };
    keys.on('error', reject);
    keys.on('data', (chunk) => [...chunk.toString('utf8')].every(take));
  });
}
