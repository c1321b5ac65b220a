/** What is wanted of a kernel's command line, as steps say it. */
export interface WantedWords {
  /** Keys with the one value that they shall have; true is a key without a value. */
  readonly set: Readonly<Record<string, string | number | true>>;
  /** Words that shall be there, beside others with the same key. */
  readonly append: readonly string[];
  /** Keys, or with `=` whole words, that shall not be there. */
  readonly remove: readonly string[];
}

/** How words differ from what is wanted. `unwanted` are words as they stand; `instead` says which missing word takes whose place. */
export interface WordsFinding {
  readonly missing: readonly string[];
  readonly unwanted: readonly string[];
  readonly instead: ReadonlyMap<string, string>;
}

/**
 * Keys that may stand there many times, each time meaning something more (kernel-parameters.txt, dracut.cmdline(7), systemd(1)):
 * one of them cannot be told to have one value.
 */
const MANY =
  /^(console|earlycon|earlyprintk|hugepages|hugepagesz|memmap|pci|acpi_osi|ip|nameserver|dyndbg|vfio_pci\.ids|rd\..*|modprobe\.blacklist|systemd\.(setenv|mask|wants))$/;

/** Whether the key may stand there many times. */
export function isMany(key: string): boolean {
  return MANY.test(folded(key));
}

/** The key of a word. The kernel takes a dash in it for an underscore (parameq() of kernel/params.c). */
export function keyOf(word: string): string {
  const at = word.indexOf('=');
  return folded(at < 0 ? word : word.slice(0, at));
}

function folded(key: string): string {
  return key.replaceAll('-', '_');
}

/** Whether two words say the same. */
export function isSameWord(a: string, b: string): boolean {
  return keyOf(a) === keyOf(b) && valueIn(a) === valueIn(b);
}

function valueIn(word: string): string | undefined {
  const at = word.indexOf('=');
  return at < 0 ? undefined : word.slice(at + 1);
}

/** The words that must be there. */
export function presentWords({ set, append }: WantedWords): readonly string[] {
  return [...Object.entries(set).map(([key, value]) => (value === true ? key : `${key}=${value}`)), ...append];
}

/** What these words lack, and which of them must go. */
export function findWords(words: readonly string[], wanted: WantedWords): WordsFinding {
  const setWords = presentWords({ ...wanted, append: [] });
  const rivals = setWords.map((word) => ({ word, others: words.filter((one) => keyOf(one) === keyOf(word) && !isSameWord(one, word)) }));
  const removed = words.filter((one) =>
    wanted.remove.some((what) => (what.includes('=') ? isSameWord(one, what) : keyOf(one) === folded(what))),
  );
  const missing = presentWords(wanted).filter((word) => !words.some((one) => isSameWord(one, word)));
  const instead = rivals.flatMap(({ word, others: [first] }) =>
    first !== undefined && missing.includes(word) ? [[first, word] as const] : [],
  );
  return { missing, unwanted: [...new Set([...rivals.flatMap(({ others }) => others), ...removed])], instead: new Map(instead) };
}

/** Whether nothing is to be done. */
export function isFound({ missing, unwanted }: WordsFinding): boolean {
  return missing.length === 0 && unwanted.length === 0;
}

/** What is wrong, in words. */
export function sayWords({ missing, unwanted }: WordsFinding): string {
  const parts = [
    ...(missing.length === 0 ? [] : [`lacks ${missing.join(' ')}`]),
    ...(unwanted.length === 0 ? [] : [`still has ${unwanted.join(' ')}`]),
  ];
  return parts.join(' and ');
}

/** What becomes of each word, in order: itself, the one that takes its place, or nothing; and what is left to be added then. */
export function replacing({ missing, unwanted, instead }: WordsFinding) {
  const placed = new Set<string>();
  const replaced = (word: string): string | undefined => {
    if (!unwanted.includes(word)) return word;
    const other = instead.get(word);
    if (other === undefined || placed.has(other)) return undefined;
    placed.add(other);
    return other;
  };
  return { replaced, rest: () => missing.filter((word) => !placed.has(word)) };
}

/** A line of words with what is wanted; the others keep their places. */
export function editWords(words: readonly string[], wanted: WantedWords): readonly string[] {
  const { replaced, rest } = replacing(findWords(words, wanted));
  const kept = words.flatMap((word) => replaced(word) ?? []);
  return [...kept, ...rest()];
}

/** Words of a command line as the kernel splits it: blanks within double quotes do not count, and what follows `--` is for init. */
export function splitWords(line: string): readonly string[] {
  const words: readonly string[] = line.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  const end = words.indexOf('--');
  return end < 0 ? words : words.slice(0, end);
}
