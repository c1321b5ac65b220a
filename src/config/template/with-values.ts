import type { Json } from '../../core/json.ts';
import { at, type JsonSchema, schemaAt, show } from '../source/json-words.ts';
import type { TextSource } from '../source/text-source.ts';
import type { Path } from '../source/yaml-source.ts';
import { type LocalFiles, shortName } from './local-files.ts';
import { missingIn } from './missing.ts';
import type { PlacedProblem, PlacedReference, TextPlace } from './placed.ts';
import { compileTemplate, type Template } from './template.ts';

/** What values ask for before they can be filled in. */
export interface Asked {
  readonly references: readonly PlacedReference[];
  readonly problems: readonly PlacedProblem[];
  /** A file's name is itself filled in, so what the file asks for differs from host to host. */
  readonly isOpenEnded: boolean;
}

/** The values, filled in; or why they cannot be. */
export interface Filled {
  readonly value: Json;
  readonly problems: readonly PlacedProblem[];
}

/** How values are filled in: by what schema, with which files. */
export interface Filler {
  readonly schema: JsonSchema;
  readonly files: LocalFiles;
}

const NOTHING: Asked = { references: [], problems: [], isOpenEnded: false };

/** Lists what values ask for, in all their texts and in the template files that they name. */
export function askedBy(value: Json, filler: Filler, path: Path = []): Asked {
  if (typeof value === 'string') return askedByText(value, filler, path);
  if (typeof value !== 'object' || value === null) return NOTHING;
  const entries: [string | number, Json][] = Array.isArray(value) ? value.map((item: Json, i) => [i, item]) : Object.entries(value);
  return joined(entries.map(([key, item]) => askedBy(item, filler, [...path, key])));
}

function joined(parts: readonly Asked[]): Asked {
  return {
    references: parts.flatMap(({ references }) => references),
    problems: parts.flatMap(({ problems }) => problems),
    isOpenEnded: parts.some(({ isOpenEnded }) => isOpenEnded),
  };
}

function askedByText(text: string, filler: Filler, path: Path): Asked {
  const place: TextPlace = { kind: 'param', path };
  const own = askedByTemplate(text, place);
  if (localOf(filler.schema, path) !== 'template') return own;
  if (own.references.length > 0) return { ...own, isOpenEnded: true };
  const source = filler.files.find(text, 'template');
  return 'lookedIn' in source ? own : joined([own, askedByTemplate(source.text, { kind: 'file', source })]);
}

function askedByTemplate(text: string, place: TextPlace): Asked {
  if (!isTemplate(text)) return NOTHING;
  const compiled = compileTemplate(text);
  if (!compiled.ok) return { ...NOTHING, problems: compiled.problems.map((problem) => ({ ...problem, place })) };
  const { references, whole } = compiled.template;
  return {
    ...NOTHING,
    references: references.map((reference) => ({ ...reference, place, isWhole: whole === reference && place.kind === 'param' })),
  };
}

/** A backslash before braces is Handlebars' too. */
function isTemplate(text: string): boolean {
  return text.includes('{{');
}

function localOf(schema: JsonSchema, path: Path): unknown {
  return schemaAt(schema, path)?.['local'];
}

/** Fills in all texts. The data must hold all that is asked for. */
export function fillIn(value: Json, filler: Filler, data: Readonly<Record<string, Json>>): Filled {
  const problems: PlacedProblem[] = [];
  return { value: fillAt({ value, path: [] }, { ...filler, data, problems }), problems };
}

interface Filling extends Filler {
  readonly data: Readonly<Record<string, Json>>;
  readonly problems: PlacedProblem[];
}

function fillAt({ value, path }: { readonly value: Json; readonly path: Path }, filling: Filling): Json {
  if (typeof value === 'string') return fillText(value, path, filling);
  const local = localOf(filling.schema, path);
  if (local === 'text' || local === 'template') {
    filling.problems.push({
      message: `expected the name of a file, not ${show(value, schemaAt(filling.schema, path))}`,
      from: 0,
      to: 1,
      place: { kind: 'param', path },
    });
    return null;
  }
  if (Array.isArray(value)) return value.map((item: Json, i) => fillAt({ value: item, path: [...path, i] }, filling));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillAt({ value: item, path: [...path, key] }, filling)]));
}

function fillText(text: string, path: Path, filling: Filling): Json {
  const place: TextPlace = { kind: 'param', path };
  const filled = isTemplate(text) ? fillTemplate(text, place, filling) : text;
  const local = localOf(filling.schema, path);
  return (local === 'text' || local === 'template') && typeof filled === 'string' ? loadFile(filled, { place, local, filling }) : filled;
}

function fillTemplate(text: string, place: TextPlace, { data, problems }: Filling): Json {
  const compiled = compileTemplate(text);
  if (!compiled.ok) {
    problems.push(...compiled.problems.map((problem) => ({ ...problem, place })));
    return text;
  }
  const found = wholeValue(compiled.template, place, data);
  if (found !== undefined) return found;
  const rendered = compiled.template.render(data);
  if (rendered.ok) return rendered.text;
  problems.push({ ...rendered.problem, place });
  return text;
}

/** A param that is exactly one name keeps the type of its value; a file does not. */
function wholeValue({ whole }: Template, place: TextPlace, data: Readonly<Record<string, Json>>): Json | undefined {
  return whole === undefined || place.kind === 'file' ? undefined : at(data, whole.path);
}

interface Loading {
  readonly place: TextPlace;
  readonly local: 'text' | 'template';
  readonly filling: Filling;
}

function loadFile(name: string, { place, local, filling }: Loading): Json {
  const source = filling.files.find(name, local);
  if ('lookedIn' in source) {
    const hint = `Looked for it as ${source.lookedIn.join(', ')}.`;
    filling.problems.push({ message: `there is no file \`${name}\``, hint, from: 0, to: name.length, place });
    return name;
  }
  return { name: shortName(source), text: local === 'template' ? fillFile(source, filling) : source.text };
}

/** Where the file's name is filled in, what the file asks for is known only now. */
function fillFile(source: TextSource, filling: Filling): Json {
  const place: TextPlace = { kind: 'file', source };
  const missing = missingIn(askedByTemplate(source.text, place).references, { data: filling.data, open: new Set() });
  filling.problems.push(...missing);
  return missing.length > 0 || !isTemplate(source.text) ? source.text : fillTemplate(source.text, place, filling);
}
