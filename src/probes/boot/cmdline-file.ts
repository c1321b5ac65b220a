import { findWords, replacing, splitWords, type WantedWords } from '../kernel-words.ts';

/** A word of the file, and where it stands. */
interface Piece {
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

/** The text without its comments, each sign in its place. Older kernel-install(8) knows no comments, and their words are none of ours. */
function bare(text: string): string {
  return text.replaceAll(/^[ \t]*#.*$/gm, (comment) => ' '.repeat(comment.length));
}

/** The kernel arguments in a file like /etc/kernel/cmdline. */
export function cmdlineWords(text: string): readonly string[] {
  return splitWords(bare(text));
}

/** The file with what is wanted; comments, blanks, line ends and what is for init keep their bytes. */
export function editCmdline(text: string, wanted: WantedWords): string {
  const words = cmdlineWords(text);
  const pieces = placed(text, words);
  const { replaced, rest } = replacing(findWords(words, wanted));
  const now = pieces.map((piece) => ({ ...piece, text: replaced(piece.word) }));
  const added = rest();
  const whole = added.length === 0 ? text : withAdded(text, pieces.at(-1), added);
  return now.reduceRight((edited, { from, to, text: word }) => {
    if (word !== undefined) return edited.slice(0, from) + word + edited.slice(to);
    const before = /(?<=\S)[ \t]+$/.exec(edited.slice(0, from))?.[0].length ?? 0;
    const behind = before > 0 ? 0 : (/^[ \t]+/.exec(edited.slice(to))?.[0].length ?? 0);
    return edited.slice(0, from - before) + edited.slice(to + behind);
  }, whole);
}

function placed(text: string, words: readonly string[]): readonly Piece[] {
  const plain = bare(text);
  let at = 0;
  return words.map((word) => {
    const from = plain.indexOf(word, at);
    at = from + word.length;
    return { word, from, to: at };
  });
}

/** Behind the last word; where there is none, before what is for init, else at the end. */
function withAdded(text: string, last: Piece | undefined, words: readonly string[]): string {
  const line = words.join(' ');
  if (last !== undefined) return `${text.slice(0, last.to)} ${line}${text.slice(last.to)}`;
  const init = bare(text).indexOf('--');
  if (init >= 0) return `${text.slice(0, init)}${line} ${text.slice(init)}`;
  return /#.*$/.test(text) ? `${text}\n${line}\n` : `${text}${line}`;
}
