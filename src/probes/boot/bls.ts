import { file, glob } from '../../core/file.ts';
import { type Argv, all, map, type Probe } from '../../core/probe.ts';
import { editWords, findWords, keyOf, presentWords, splitWords, type WantedWords } from '../kernel-words.ts';

/** An entry by the Boot Loader Specification. */
export interface BlsEntry {
  readonly path: string;
  /** Its options, with $kernelopts filled in as GRUB does it from its environment block; other variables are left out. */
  readonly words: readonly string[];
  /** Those that TuneD gives it by $tuned_params, from the same block. */
  readonly tuned: readonly string[];
}

/** The entries that GRUB shows by blscfg. */
export const blsEntries: Probe<readonly BlsEntry[]> = map(
  all({ files: glob('/boot/loader/entries/*.conf'), environment: file('/boot/grub2/grubenv') }),
  ({ files, environment }) => {
    const [kernelopts, tuned] = ['kernelopts', 'tuned_params'].map(
      (name) => new RegExp(`^${name}=(.*)$`, 'm').exec(environment ?? '')?.[1] ?? '',
    );
    return files.map(({ path, content }) => {
      const options = [...content.matchAll(/^options\s+(.*)$/gm)].map(([, words = '']) => words).join(' ');
      const words = splitWords(options.replaceAll(/\$\{?kernelopts\}?/g, () => kernelopts ?? ''));
      const isTuned = words.some((word) => /^\$\{?tuned_params\}?$/.test(word));
      return { path, words: words.filter((word) => !word.startsWith('$')), tuned: isTuned ? splitWords(tuned ?? '') : [] };
    });
  },
);

/** The commands that give all entries the wanted words, and take them back; `undo` is impossible where the entries differ before. */
export function grubbyCommands(
  entries: readonly BlsEntry[],
  wanted: WantedWords,
): { readonly argv: Argv; readonly undo: Argv | 'impossible' } {
  const findings = entries.map(({ words }) => findWords(words, wanted));
  const unwanted = [...new Set(findings.flatMap((finding) => finding.unwanted))];
  const keys = new Set([...unwanted, ...presentWords(wanted)].map(keyOf));
  const touched = (words: readonly string[]): readonly string[] => words.filter((word) => keys.has(keyOf(word)));
  const [first = [], ...others] = entries.map(({ words }) => touched(words));
  const after = touched(editWords(first, wanted));
  const isOne = others.every((words) => words.join(' ') === first.join(' '));
  // grubby takes all words away that have the key of a given one: so words that stay are given as well.
  return {
    argv: grubby(unwanted, after),
    undo: isOne
      ? grubby(
          after.filter((word) => !first.includes(word)),
          first,
        )
      : 'impossible',
  };
}

function grubby(gone: readonly string[], given: readonly string[]): Argv {
  return [
    'grubby',
    '--update-kernel=ALL',
    ...(gone.length === 0 ? [] : [`--remove-args=${gone.join(' ')}`]),
    ...(given.length === 0 ? [] : [`--args=${given.join(' ')}`]),
  ];
}
