import type { XmlElement } from './xml.ts';
import type { XmlAttributes, XmlEdit } from './xml-edit.ts';

/** Something of a domain that is otherwise than wanted: in words, and what mends it. */
export interface Unmet {
  readonly words: string;
  readonly edits: readonly XmlEdit[];
}

/** As a list, with nothing for no edits. */
export function unmetBy(words: string, edits: readonly XmlEdit[]): readonly Unmet[] {
  return edits.length === 0 ? [] : [{ words, edits }];
}

/** How an element stands where it differs: `mode custom and migratable unset`. */
export function standing(element: XmlElement | undefined, wanted: XmlAttributes): string {
  const there = element?.attributes ?? {};
  const differs = Object.entries(wanted).filter(([key, value]) => value !== undefined && there[key] !== value);
  return differs.map(([key]) => `${key} ${there[key] ?? 'unset'}`).join(' and ');
}

/** A thing that may be asked for once or as a list. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** Without the keys that have no value. */
export function given(values: XmlAttributes): XmlAttributes {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
