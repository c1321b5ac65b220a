import type { Mistake } from '../../core/mistake.ts';
import type { Span } from '../source/text-source.ts';
import type { Layer } from './inventory.ts';

/** A host where a file names it: once for every group that it stands in. */
export interface RawHost {
  readonly name: string;
  readonly span: Span;
  readonly group: string | undefined;
  readonly layer: Layer | undefined;
}

/** A group where a file describes it. */
export interface RawGroup {
  readonly name: string;
  readonly span: Span;
  readonly children: readonly { readonly name: string; readonly span: Span }[];
  readonly layer: Layer;
}

/** What a file says, before it is joined with others and laid over the hosts. */
export interface RawInventory {
  readonly roots: readonly Layer[];
  readonly groups: readonly RawGroup[];
  readonly hosts: readonly RawHost[];
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly Mistake[];
}
