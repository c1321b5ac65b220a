import type { Mistake } from '../../core/mistake.ts';

/** Mistakes in the order of their places: flags first, then file by file from the top. */
export function sortMistakes(mistakes: readonly Mistake[]): readonly Mistake[] {
  return mistakes
    .map((mistake) => ({ mistake, place: placeOf(mistake.source) }))
    .sort(({ place: a }, { place: b }) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
    .map(({ mistake }) => mistake);
}

function placeOf(source: string): { readonly file: string; readonly line: number; readonly column: number } {
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(source) ?? [];
  return file === undefined ? { file: '', line: 0, column: 0 } : { file, line: Number(line), column: Number(column) };
}
