import { type NamedText, type PlacedCommand, type PlacedWord, placeOf, type Span, unclear } from './placed-word.ts';

/** A setting's line with those that it goes on in, as systemd reads it; for each UTF-16 unit where it stands in the text. */
interface Line {
  readonly text: string;
  readonly places: readonly number[];
}

/** One setting of a unit: where its value begins in the line. */
interface Setting {
  readonly section: string;
  readonly key: string;
  readonly line: Line;
  readonly start: number;
}

/** The commands of ExecStart= that count: an empty one takes away those before it. Throws STATE_UNREADABLE. */
export function unitCommands(source: NamedText): readonly PlacedCommand[] {
  const starts = execStarts(source);
  const emptied = starts.findLastIndex(({ line, start }) => line.text.slice(start).trim() === '');
  return starts.slice(emptied + 1).map(({ line, start }) => {
    const place = placeOf(source, line.places[start] ?? 0);
    const words = wordsOf(line, start, place);
    return { place, words: [programOf(words, place), ...words.slice(1)] };
  });
}

/** Whether the text has a say in what is started. */
export function setsCommand(source: NamedText): boolean {
  return execStarts(source).length > 0;
}

function execStarts(source: NamedText): readonly Setting[] {
  return settingsOf(source).filter(({ section, key }) => section === 'Service' && key === 'ExecStart');
}

function settingsOf(source: NamedText): readonly Setting[] {
  let section = '';
  return linesOf(source).flatMap((line) => {
    const header = /^\[(.*)\]\s*$/.exec(line.text);
    if (header !== null) section = header[1] ?? '';
    const at = line.text.indexOf('=');
    return header !== null || at < 0 ? [] : [{ section, key: line.text.slice(0, at).trim(), line, start: at + 1 }];
  });
}

/** Lines as config_parse() of systemd joins them: blanks before a line do not count, nor do comments in between. */
function linesOf({ text }: NamedText): readonly Line[] {
  const lines: Line[] = [];
  let open: { text: string; places: number[] } | undefined;
  for (const { 0: whole, index } of text.matchAll(/[^\n]+/g)) {
    const kept = whole.trimStart();
    if (/^[#;]/.test(kept)) continue;
    const from = index + whole.length - kept.length;
    const goesOn = (/\\*$/.exec(kept)?.[0].length ?? 0) % 2 === 1;
    open ??= { text: '', places: [] };
    open.text += goesOn ? `${kept.slice(0, -1)} ` : kept;
    open.places.push(...Array.from(kept, (_, i) => from + i));
    if (goesOn) continue;
    lines.push(open);
    open = undefined;
  }
  return open === undefined ? lines : [...lines, open];
}

/** Prefixes of systemd.service(5) that change how a command runs, and none of its words. */
function programOf([word]: readonly PlacedWord[], place: string): PlacedWord {
  const { value = '', units } = word ?? { units: [] };
  const prefix = /^[@:|+!-]*/.exec(value)?.[0] ?? '';
  if (word === undefined || /[@:|]/.test(prefix)) throw unclear(place, `begins with ${prefix}`);
  return { ...word, value: word.value?.slice(prefix.length), units: units.slice(prefix.length) };
}

function wordsOf(line: Line, start: number, place: string): readonly PlacedWord[] {
  const words: PlacedWord[] = [];
  for (let at = start; at < line.text.length; ) {
    if (/\s/.test(line.text[at] ?? '')) {
      at += 1;
      continue;
    }
    const { word, end } = wordAt(line, at, place);
    if (line.text.slice(at, end) === ';') throw unclear(place, 'has several commands in one setting');
    words.push(word);
    at = end;
  }
  return words;
}

/** One piece of a word: what stands for a character, by the rules of systemd.service(5). Undefined is filled in later. */
const PIECE = /\\.|%.|\$\$?|./sy;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', '"': '"', "'": "'", s: ' ' };

function wordAt({ text, places }: Line, start: number, place: string): { readonly word: PlacedWord; readonly end: number } {
  const units: Span[] = [];
  let value = '';
  let isKnown = true;
  let quote = '';
  let at = start;
  const spot = (i: number) => places[i] ?? 0;
  while (at < text.length && (quote !== '' || !/\s/.test(text[at] ?? ''))) {
    PIECE.lastIndex = at;
    const [piece = ''] = PIECE.exec(text) ?? [];
    const to = at + piece.length;
    if (piece === quote || (quote === '' && /^["']$/.test(piece))) quote = quote === '' ? piece : '';
    else {
      const char = charOf(piece);
      isKnown &&= char !== undefined;
      value += char ?? '';
      if (char !== undefined) units.push({ from: spot(at), to: spot(to - 1) + 1 });
    }
    at = to;
  }
  if (quote !== '') throw unclear(place, `has a ${quote} without an end`);
  return { word: { from: spot(start), to: spot(at - 1) + 1, value: isKnown ? value : undefined, units }, end: at };
}

function charOf(piece: string): string | undefined {
  if (piece.length === 1) return '$%\\'.includes(piece) ? undefined : piece;
  if (piece.startsWith('\\')) return ESCAPES[piece.slice(1)];
  return piece === '%%' ? '%' : piece === '$$' ? '$' : undefined;
}
