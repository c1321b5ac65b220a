import type { Json } from '../../core/json.ts';
import type { Condition } from '../expression/condition.ts';
import { shortSecrets } from '../playbook/sensitive.ts';
import type { StepSource } from '../playbook/step-source.ts';
import type { Finding } from '../source/findings.ts';
import { explainIssues } from '../source/issues.ts';
import { inWords, type JsonSchema, schemaAt } from '../source/json-words.ts';
import type { Span } from '../source/text-source.ts';
import type { Path } from '../source/yaml-source.ts';
import type { Data } from '../template/host-data.ts';
import { missingIn } from '../template/missing.ts';
import type { PlacedProblem, TextPlace } from '../template/placed.ts';
import { type Asked, type Filler, fillIn } from '../template/with-values.ts';

/** A step with all that can be known of it before it meets a host. */
export interface StepPlan {
  readonly step: StepSource;
  readonly filler: Filler;
  readonly asked: Asked;
  readonly condition: Condition | undefined;
  readonly registered: ReadonlyMap<string, JsonSchema | undefined>;
  /** Names that earlier steps register and this one asks for. */
  readonly needs: readonly string[];
}

/** Where a text of the step, or of a file that it names, stands. */
export function placeSpan(step: StepSource, place: TextPlace, part: { readonly from: number; readonly to: number }): Span {
  if (place.kind === 'file') return { source: place.source, start: part.from, end: part.to };
  return step.textSpan(['with', ...place.path], part);
}

/** A problem of a text, with its place. */
export function placedFinding(step: StepSource, { place, from, to, message, hint }: PlacedProblem): Finding {
  return { span: placeSpan(step, place, { from, to }), message, ...(hint === undefined ? {} : { hint }) };
}

/** Params, filled in as far as they can be, or what is wrong with them. */
export interface Params {
  readonly value: Json;
  readonly findings: readonly Finding[];
}

/** Fills in and checks the params of one host. What depends on registered names is left out of the check. */
export function paramsOf({ step, filler, asked, registered }: StepPlan, data: Data): Params {
  const open = asked.references.filter(({ path: [root = ''] }) => registered.has(root) && !Object.hasOwn(data, root));
  const missing = missingIn(asked.references, { data, open: registered });
  if (missing.length > 0) return { value: null, findings: missing.map((problem) => placedFinding(step, problem)) };
  const openPaths = open.flatMap(({ place }) => (place.kind === 'param' ? [place.path] : []));
  const filled = fillIn(open.length === 0 ? step.file.with : without(step.file.with, openPaths), filler, data);
  const problems = filled.problems.filter(({ place }) => place.kind === 'param' || open.length === 0);
  if (problems.length > 0) return { value: filled.value, findings: problems.map((problem) => placedFinding(step, problem)) };
  const parsed = step.task.params.safeParse(filled.value);
  if (parsed.success) return { value: filled.value, findings: shortSecrets(step, filled.value) };
  const issues = explainIssues(parsed.error.issues, { value: filled.value, schema: filler.schema });
  const sure = issues.filter(
    ({ path, part }) => openPaths.length === 0 || part === 'key' || (path.length > 0 && !openPaths.some((other) => overlap(path, other))),
  );
  const findings = sure.map(({ path, part, message, hint, absent }): Finding => {
    const span = step.spanOf(['with', ...path], part);
    const [name] = absent?.length === 1 ? absent : [];
    const add = name === undefined ? hint : span.source.isFlag ? `Add \`${name}=…\`.` : `Add \`${name}:\` under \`with:\`.`;
    const told = [add, step.declaredAt && `See ${step.declaredAt(String((absent ?? path)[0]))}.`].filter((text) => text !== undefined);
    return { span, message, ...(told.length === 0 ? {} : { hint: told.join(' ') }) };
  });
  return { value: filled.value, findings };
}

/** Whether one path leads through the other. */
function overlap(a: Path, b: Path): boolean {
  return a.slice(0, b.length).every((step, i) => step === b[i]);
}

/** The value with null in the places that cannot be filled yet. */
function without(value: Json, paths: readonly Path[], path: Path = []): Json {
  if (paths.some((other) => other.length === path.length && overlap(path, other))) return null;
  if (Array.isArray(value)) return value.map((item: Json, i) => without(item, paths, [...path, i]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, without(item, paths, [...path, key])]));
}

/** Registered values whose type cannot fit the param that they stand for. */
export function misfits({ step, filler, asked, registered }: StepPlan): readonly Finding[] {
  return asked.references.flatMap((reference) => {
    const [root = '', ...path] = reference.path;
    const result = registered.get(root);
    if (result === undefined) return [];
    const span = placeSpan(step, reference.place, reference);
    const found = schemaAt(result, path);
    if (found === undefined) {
      const hint = `It has ${Object.keys(result.properties ?? {}).join(', ') || 'no keys'}.`;
      return [{ span, message: `the result \`${root}\` has no \`${path.join('.')}\``, hint }];
    }
    const wanted = reference.place.kind === 'param' && reference.isWhole ? schemaAt(filler.schema, reference.place.path) : undefined;
    if (wanted === undefined || wanted['local'] !== undefined || fits(found, wanted)) return [];
    return [{ span, message: `\`${reference.path.join('.')}\` is ${inWords(found)}, and ${inWords(wanted)} is expected here` }];
  });
}

function fits(found: JsonSchema, wanted: JsonSchema): boolean {
  const wantedTypes = typesOf(wanted);
  const foundTypes = typesOf(found);
  if (wantedTypes.length === 0 || foundTypes.length === 0) return true;
  return foundTypes.some((type) => wantedTypes.includes(type) || (type === 'integer' && wantedTypes.includes('number')));
}

function typesOf(schema: JsonSchema): readonly string[] {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return branches.flatMap(typesOf);
  return [schema.type ?? []].flat();
}
