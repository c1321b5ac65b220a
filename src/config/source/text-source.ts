import type { Checked, Mistake } from '../../core/mistake.ts';

/** A text that an operator wrote, with what it is called in messages. */
export interface TextSource {
  /** The file, as it was named; or the flag. */
  readonly name: string;
  readonly text: string;
  /** Flags have no lines. */
  readonly isFlag: boolean;
  readonly lineStarts: readonly number[];
  /** Where it is included, the nearest place first. */
  readonly includedAt?: readonly string[];
  /** Stretches whose lines may hold secrets: no message quotes them. */
  readonly hidden?: readonly { readonly from: number; readonly to: number }[];
}

/** A piece of a text, by offsets. */
export interface Span {
  readonly source: TextSource;
  readonly start: number;
  readonly end: number;
}

/** A file's text. */
export function fileSource(name: string, text: string): TextSource {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { name, text, isFlag: false, lineStarts };
}

/** What was given with a flag, e.g. `-e`. */
export function flagSource(name: string, text: string): TextSource {
  return { name, text, isFlag: true, lineStarts: [0] };
}

/** The whole text. */
export function wholeSpan(source: TextSource): Span {
  return { source, start: 0, end: source.text.length };
}

/** A part of a span, by offsets from its start. */
export function within(span: Span, from: number, to: number): Span {
  return { source: span.source, start: span.start + from, end: span.start + to };
}

/** Line and column, from 1. What lies behind the end of the text is put at the end of its last line that says something. */
function lineAndColumn(source: TextSource, offset: number): { readonly line: number; readonly column: number } {
  const last = source.text.trimEnd().length;
  const at = Math.min(offset, last);
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((source.lineStarts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: at - (source.lineStarts[low] ?? 0) + 1 };
}

/** file:line:col, or the flag's name. */
export function showSpan({ source, start }: Span): string {
  if (source.isFlag) return source.name;
  const { line, column } = lineAndColumn(source, start);
  return `${source.name}:${line}:${column}`;
}

/** A mistake at a place, with the line and a caret below. */
export function mistakeAt(span: Span, message: string, hint?: string): Mistake {
  const excerpt = excerptOf(span);
  const { includedAt } = span.source;
  return {
    source: showSpan(span),
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(excerpt === undefined ? {} : { excerpt }),
    ...(includedAt === undefined ? {} : { includedAt }),
  };
}

/** A mistake in a text of another language than YAML: at an offset, or where a word stands first. */
export function textMistake(
  source: TextSource,
  at: string | { readonly from: number },
  { message, hint }: { readonly message: string; readonly hint: string },
): Mistake {
  const start = typeof at === 'string' ? Math.max(0, source.text.indexOf(at)) : at.from;
  return mistakeAt({ source, start, end: start + (typeof at === 'string' ? Math.max(1, at.length) : 1) }, message, hint);
}

/** A mistake in something that has no text: a flag, a file that is not there. */
export function mistakeOf(source: string, message: string, hint?: string): Mistake {
  return { source, message, ...(hint === undefined ? {} : { hint }) };
}

/** The same without the lines of the texts, which may hold secrets. */
export function withoutExcerpts<T>(checked: Checked<T>): Checked<T> {
  return checked.ok ? checked : { ok: false, mistakes: checked.mistakes.map(({ excerpt: _, ...mistake }) => mistake) };
}

/** Longer lines are cut around the caret. */
const WIDEST = 120;

function excerptOf({ source, start, end }: Span): string | undefined {
  const { line, column } = lineAndColumn(source, start);
  const from = source.lineStarts[line - 1] ?? 0;
  const to = source.lineStarts[line] ?? source.text.length;
  if (source.hidden?.some((one) => one.from < to && from < one.to)) return undefined;
  const text = source.text.slice(from, to).replace(/\r?\n$/, '');
  if (text.trim() === '') return undefined;
  const cut = column > WIDEST ? column - WIDEST / 2 : 0;
  const shown = text.slice(cut, cut + WIDEST);
  const before = shown.slice(0, column - 1 - cut);
  const marked = Math.max(1, Math.min(end - start, shown.length - before.length));
  return `${shown}\n${before.replace(/[^\t]/gu, ' ')}${'^'.repeat(marked)}`;
}
