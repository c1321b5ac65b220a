import type { Argv } from '../../core/probe.ts';

/** The word as `sh` reads back exactly this word. NUL and lone surrogates have no place in a word. */
export function quote(word: string): string {
  if (word.includes('\0') || !word.isWellFormed()) throw new TypeError(`a shell word cannot hold this text: ${JSON.stringify(word)}`);
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A program and its arguments as one simple command of `sh`. */
export function quoteArgv(argv: Argv): string {
  return argv.map(quote).join(' ');
}
