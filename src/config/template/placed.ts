import type { TextSource } from '../source/text-source.ts';
import type { Path } from '../source/yaml-source.ts';
import type { Reference, TemplateProblem } from './template-references.ts';

/** Where a text stands: under `with:` at a path, or in a template file. */
export type TextPlace = { readonly kind: 'param'; readonly path: Path } | { readonly kind: 'file'; readonly source: TextSource };

/** A name that a text asks for. */
export interface PlacedReference extends Reference {
  readonly place: TextPlace;
  /** The param is exactly this reference, so its type can be compared. */
  readonly isWhole: boolean;
}

/** What is wrong with a text. */
export interface PlacedProblem extends TemplateProblem {
  readonly place: TextPlace;
}
