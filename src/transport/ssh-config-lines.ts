import { DroverError } from '../core/errors.ts';

/** A line of an ssh_config file: a keyword in lower case and its words. */
export interface SshConfigLine {
  readonly keyword: string;
  readonly words: readonly string[];
  /** file:line */
  readonly source: string;
}

/** The lines of an ssh_config file that are not empty. */
export type SshConfigFile = readonly SshConfigLine[];

/** Takes an ssh_config file apart. Throws INVENTORY_INVALID for what cannot be one. */
export function sshConfigLines(path: string, text: string): SshConfigFile {
  return text.split('\n').flatMap((raw, index) => {
    const source = `${path}:${index + 1}`;
    // One `=` may stand between keyword and value (strdelim in OpenSSH's misc.c).
    const parts = /^[ \t\r]*([^\s="#]+)(?:[ \t]*=[ \t]*|[ \t]+|$)(.*?)[ \t\r\f]*$/.exec(raw);
    const keyword = parts?.[1];
    if (keyword === undefined) return /^\s*(#|$)/.test(raw) ? [] : fault(source, 'is not understood');
    const words = splitWords(parts?.[2] ?? '');
    if (words === undefined) return fault(source, 'has a quote that is not closed');
    if (words.length === 0) return fault(source, `has no value after ${keyword}`);
    return [{ keyword: keyword.toLowerCase(), words, source }];
  });
}

/** What is said of a line, at file:line, that is wrong or not supported. */
export function fault(source: string, why: string): never {
  throw new DroverError('INVENTORY_INVALID', `${source}: ${why}`, { where: { source }, hint: 'Correct the ssh_config file.' });
}

/** Words as ssh_config(5) quotes them; undefined where a quote is not closed. A word that begins with `#` ends the line. */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ' || text[at] === '\t') at += 1;
    else if (text[at] === '#') return words;
    else {
      const word = readWord(text, at);
      if (word === undefined) return undefined;
      words.push(word.value);
      at = word.end;
    }
  }
  return words;
}

function readWord(text: string, from: number): { readonly value: string; readonly end: number } | undefined {
  let value = '';
  let quote: string | undefined;
  let at = from;
  for (; at < text.length; at += 1) {
    const char = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (char === '\\' && (/['"\\]/.test(next) || (quote === undefined && next === ' '))) {
      value += next;
      at += 1;
    } else if (quote === undefined && (char === ' ' || char === '\t')) break;
    else if (quote === undefined && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = undefined;
    else value += char;
  }
  return quote === undefined ? { value, end: at } : undefined;
}
