import { DroverError } from '../../core/errors.ts';
import { findWords, isFound, replacing, sayWords, type WantedWords } from '../kernel-words.ts';
import { type Assignment, type CmdlineVariable, type DefaultsFile, endsInside, parseDefaults, withPieces } from './grub-defaults.ts';

export const GRUB_DEFAULTS = '/etc/default/grub';
/** Our own file; its name comes after those of packages, for the last one is heard. */
export const GRUB_DROP_IN = '/etc/default/grub.d/zz-drover.cfg';

/** Kernel arguments that the files lead to, each with the assignment that it comes from. */
interface Effective {
  readonly word: string;
  readonly from: Assignment;
}

/** The values that grub-mkconfig will have after it has read the files in this order. Throws STATE_UNREADABLE. */
export function effectiveCmdline(files: readonly DefaultsFile[]): Readonly<Record<CmdlineVariable, readonly string[]>> {
  const effective = effectiveWords(files);
  const wordsOf = (variable: CmdlineVariable) => effective.filter(({ from }) => from.variable === variable).map(({ word }) => word);
  return { GRUB_CMDLINE_LINUX: wordsOf('GRUB_CMDLINE_LINUX'), GRUB_CMDLINE_LINUX_DEFAULT: wordsOf('GRUB_CMDLINE_LINUX_DEFAULT') };
}

function effectiveWords(files: readonly DefaultsFile[]): readonly Effective[] {
  const values = new Map<CmdlineVariable, Effective[]>();
  for (const from of files.flatMap(parseDefaults)) {
    const old = from.own === '' ? [] : (values.get(from.variable) ?? []);
    values.set(from.variable, [...old, ...from.pieces.map(({ word }) => ({ word, from }))]);
  }
  // 10_linux of grub-common: a normal entry gets the one, then the other.
  return [...(values.get('GRUB_CMDLINE_LINUX') ?? []), ...(values.get('GRUB_CMDLINE_LINUX_DEFAULT') ?? [])];
}

/**
 * The files with the wanted words: the texts that change, undefined where a file is not needed any more. New words go into our
 * drop-in, where those are read, else into /etc/default/grub. Throws STATE_UNREADABLE where it cannot be done.
 */
export function editDefaults(
  files: readonly DefaultsFile[],
  wanted: WantedWords,
  { dropIns }: { readonly dropIns: boolean },
): ReadonlyMap<string, string | undefined> {
  const effective = effectiveWords(files);
  const finding = findWords(
    effective.map(({ word }) => word),
    wanted,
  );
  const foreign = effective.find(
    ({ word, from }) => finding.unwanted.includes(word) && from.path !== GRUB_DEFAULTS && from.path !== GRUB_DROP_IN,
  );
  if (foreign !== undefined) {
    const { path, line } = foreign.from;
    throw unclear(`${path}:${line} has ${foreign.word}`, 'That file is not ours to edit: take the word out there, then run again.');
  }
  const live = new Set(effective.map(({ from }) => from));
  const { replaced, rest } = replacing(finding);
  const texts = new Map<string, string>(files.map(({ path, text }) => [path, text]));
  for (const from of live) splice(texts, from, withPieces(from, replaced, []));
  const added = rest();
  if (added.length > 0) add(texts, dropIns ? GRUB_DROP_IN : GRUB_DEFAULTS, added);
  return checked(files, texts, wanted);
}

/** An earlier edit may have moved it within its text, never to another line. */
function splice(texts: Map<string, string>, { path, line }: Assignment, value: string): void {
  const text = texts.get(path) ?? '';
  const now = parseDefaults({ path, text }).find((one) => one.line === line);
  if (now !== undefined) texts.set(path, `${text.slice(0, now.start)}${value}${text.slice(now.end)}`);
}

function add(texts: Map<string, string>, path: string, words: readonly string[]): void {
  const text = texts.get(path);
  const at = text === undefined ? undefined : parseDefaults({ path, text }).findLast(({ variable }) => variable === 'GRUB_CMDLINE_LINUX');
  if (text !== undefined && at !== undefined) {
    texts.set(path, `${text.slice(0, at.start)}${withPieces(at, (word) => word, words)}${text.slice(at.end)}`);
    return;
  }
  if (text !== undefined && endsInside(text)) {
    throw unclear(`${path}:${text.split('\n').length} ends within a condition`, 'Set the arguments in that file by hand.');
  }
  const old = path === GRUB_DROP_IN ? '$GRUB_CMDLINE_LINUX ' : '';
  const above = text === undefined ? '# Kept by drover.\n' : text === '' || text.endsWith('\n') ? text : `${text}\n`;
  texts.set(path, `${above}GRUB_CMDLINE_LINUX="${old}${words.join(' ')}"\n`);
}

/** What was edited is read again: a file that is read later may set all anew. */
function checked(
  files: readonly DefaultsFile[],
  texts: ReadonlyMap<string, string>,
  wanted: WantedWords,
): ReadonlyMap<string, string | undefined> {
  const order = files.some(({ path }) => path === GRUB_DROP_IN) || !texts.has(GRUB_DROP_IN) ? files : placedIn(files);
  const after = order.map(({ path }) => ({ path, text: texts.get(path) ?? '' }));
  const left = findWords(
    effectiveWords(after).map(({ word }) => word),
    wanted,
  );
  if (!isFound(left)) {
    const last = after.findLast((file) => parseDefaults(file).some(({ own }) => own === ''));
    throw unclear(
      `${last?.path ?? GRUB_DEFAULTS} sets kernel arguments anew and is read later: the result ${sayWords(left)}`,
      'Set the arguments in that file.',
    );
  }
  const changed = [...texts].filter(([path, text]) => text !== files.find((file) => file.path === path)?.text);
  return new Map(changed.map(([path, text]) => [path, isEmptyDropIn(path, text) ? undefined : text]));
}

function unclear(because: string, hint: string): DroverError {
  return new DroverError('STATE_UNREADABLE', because, { hint });
}

/** In the shell's order, which is that of the names; /etc/default/grub comes before all. */
function placedIn(files: readonly DefaultsFile[]): readonly DefaultsFile[] {
  const later = files.findIndex(({ path }) => path !== GRUB_DEFAULTS && path > GRUB_DROP_IN);
  const at = later < 0 ? files.length : later;
  return [...files.slice(0, at), { path: GRUB_DROP_IN, text: '' }, ...files.slice(at)];
}

function isEmptyDropIn(path: string, text: string): boolean {
  return path === GRUB_DROP_IN && parseDefaults({ path, text }).every(({ pieces }) => pieces.length === 0);
}

/** The files with other texts; new ones come last. */
export function withTexts(files: readonly DefaultsFile[], texts: ReadonlyMap<string, string | undefined>): readonly DefaultsFile[] {
  const kept = files.map(({ path, text }) => ({ path, text: texts.has(path) ? (texts.get(path) ?? '') : text }));
  const fresh = [...texts].filter(([path]) => !files.some((one) => one.path === path)).map(([path, text]) => ({ path, text: text ?? '' }));
  return [...kept, ...fresh];
}
