import { DroverError } from '../../core/errors.ts';

/** A file of shell text that grub-mkconfig reads. */
export interface DefaultsFile {
  readonly path: string;
  readonly text: string;
}

export type CmdlineVariable = 'GRUB_CMDLINE_LINUX' | 'GRUB_CMDLINE_LINUX_DEFAULT';

/** One assignment of kernel arguments: where its value stands, and what is in it. */
export interface Assignment {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly variable: CmdlineVariable;
  /** The value with its quotes, as offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly quote: '"' | "'" | '';
  /** What stands between the quotes: the variable's own old value, if it comes first, then words, each with the blanks before it. */
  readonly own: string;
  readonly pieces: readonly { readonly gap: string; readonly word: string }[];
  readonly tail: string;
}

const MENTION = /(?<!\w)GRUB_CMDLINE_LINUX(?:_DEFAULT)?(?!\w)/;
const ASSIGNMENT = /^(\s*(?:export\s+)?(GRUB_CMDLINE_LINUX(?:_DEFAULT)?)=)(.*)$/;

/**
 * The assignments of kernel arguments in a file of shell text. Only plain ones are understood: one a line, with a value that is no
 * more than words, after the old value or not. Throws STATE_UNREADABLE at anything else that has to do with them.
 */
export function parseDefaults({ path, text }: DefaultsFile): readonly Assignment[] {
  const found: Assignment[] = [];
  let offset = 0;
  let depth = 0;
  for (const [i, line] of text.split('\n').entries()) {
    const unclear = (why: string) => unclearAt(`${path}:${i + 1}`, why);
    const code = /^\s*#/.test(line) ? '' : line;
    if (/^\s*(\.|source)\s/.test(code)) throw unclear('reads another file');
    if (MENTION.test(code)) {
      if (code.includes('\r')) throw unclear('ends with a carriage return, which becomes a part of the value');
      if (depth > 0) throw unclear('sets kernel arguments under a condition');
      const one = parseLine(code, { path, line: i + 1, offset }, unclear);
      if (one.own === '' && found.some(({ variable }) => variable === one.variable)) throw unclear(`sets ${one.variable} a second time`);
      found.push(one);
    }
    depth += nesting(code);
    offset += line.length + 1;
  }
  return found;
}

interface At {
  readonly path: string;
  readonly line: number;
  /** Of the line's beginning. */
  readonly offset: number;
}

function parseLine(code: string, { path, line, offset }: At, unclear: (why: string) => DroverError): Assignment {
  const [, head = '', variable, rest = ''] = ASSIGNMENT.exec(code) ?? [];
  if (variable === undefined) throw unclear('does something else with kernel arguments than to set them');
  const value = /^"(?:[^"\\]|\\.)*"|^'[^']*'|^[^\s"'`$\\;&|<>()]*/.exec(rest)?.[0] ?? '';
  const after = rest.slice(value.length);
  if (/^["']/.test(rest) && value === '') throw unclear('has a value that goes on in the next line');
  if (!/^(\s+#.*|\s*)$/.test(after)) throw unclear('is more than one plain value');
  const quote = value.startsWith('"') ? '"' : value.startsWith("'") ? "'" : '';
  const body = quote === '' ? value : value.slice(1, -1);
  const { own, words } = ownValue(body, variable as CmdlineVariable, quote);
  // What is escaped is literal; any other dollar or backtick is for the shell to fill in.
  if (quote === '"' && /[$`]/.test(words.replaceAll(/\\./g, ''))) throw unclear('has a value that the shell fills in');
  const pieces = [...words.matchAll(quote === "'" ? /(\s*)((?:"[^"]*"|[^\s"])+)/g : /(\s*)((?:\\"(?:[^\\"]|\\[^"])*\\"|\\.|[^\s\\])+)/g)];
  const start = offset + head.length;
  return {
    path,
    line,
    variable: variable as CmdlineVariable,
    start,
    end: start + value.length,
    quote,
    own,
    pieces: pieces.map(([, gap = '', word = '']) => ({ gap, word })),
    tail: /\s*$/.exec(words)?.[0] ?? '',
  };
}

/** What is not understood is not edited. */
function unclearAt(place: string, why: string): DroverError {
  const hint = 'Write it as one plain assignment of words, or set the arguments by hand.';
  return new DroverError('STATE_UNREADABLE', `${place} ${why}`, { hint });
}

function ownValue(body: string, variable: CmdlineVariable, quote: Assignment['quote']): { own: string; words: string } {
  const own = quote === '"' ? (new RegExp(`^\\s*\\$(?:${variable}|\\{${variable}\\})(?=\\s|$)`).exec(body)?.[0] ?? '') : '';
  return { own, words: body.slice(own.length) };
}

/** Whether a line that is added to the text would stand under a condition. */
export function endsInside(text: string): boolean {
  return text.split('\n').reduce((depth, line) => depth + nesting(/^\s*#/.test(line) ? '' : line), 0) > 0;
}

/** How much deeper into conditions and loops a line of shell text leads. */
function nesting(code: string): number {
  const words =
    code.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '').match(/(?<![\w$-])(if|for|while|until|case|fi|done|esac)(?![\w=-])/g) ?? [];
  return words.reduce((sum, word) => sum + (['fi', 'done', 'esac'].includes(word) ? -1 : 1), 0);
}

/** The value of an assignment with other words in it; undefined takes a word away, and the blanks before it. */
export function withPieces(
  { quote, own, pieces, tail }: Assignment,
  replaced: (word: string) => string | undefined,
  added: readonly string[],
): string {
  const kept = pieces.flatMap(({ gap, word }) => {
    const now = replaced(word);
    return now === undefined ? [] : [`${gap}${now}`];
  });
  const isTight = own === '' && pieces[0]?.gap === '';
  const body = isTight ? kept.join('').trimStart() : kept.join('');
  const whole = added.reduce(
    (text, word) => (text === '' || /\s$/.test(text) ? `${text}${word}` : `${text} ${word}`),
    `${own}${body}${kept.length === 0 && own === '' ? '' : tail}`,
  );
  const mark = quote === '' && /\s/.test(whole) ? '"' : quote;
  return `${mark}${whole}${mark}`;
}
