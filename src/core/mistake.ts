/** One thing that is wrong in what the operator wrote. They are collected, not thrown at the first. */
export interface Mistake {
  /** file:line:col, from 1; or the flag it was given by. */
  readonly source: string;
  readonly message: string;
  readonly hint?: string;
  /** The source line with a caret below; absent where there is no file. */
  readonly excerpt?: string;
  /** Where the file that it stands in is included, the nearest place first. */
  readonly includedAt?: readonly string[];
}

/** A value, or everything that is wrong with its source. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly mistakes: readonly Mistake[] };
