import type { Json } from '../../core/json.ts';
import { map, type Probe } from '../../core/probe.ts';
import { SHORTEST_SECRET } from '../../core/secret.ts';
import type { Finding } from '../../core/task.ts';
import { isSensitiveAt, type Leaf, leavesOf } from '../playbook/sensitive.ts';
import { paramsSchema, type StepSource } from '../playbook/step-source.ts';
import { at, schemaAt } from '../source/json-words.ts';
import type { Path } from '../source/yaml-source.ts';
import type { Data } from '../template/host-data.ts';
import type { StepPlan } from './step-check.ts';

/**
 * Notes what of a step's params is secret: sensitive params; of a step that is sensitive as a whole all values that are filled
 * in, and literal texts where the task takes any text. `host.…` is told in every report and cannot be a secret.
 */
export function noteSecrets(plan: StepPlan, { data, params }: { readonly data: Data; readonly params: Json }, secrets: Set<string>): void {
  const { step, asked } = plan;
  const { sensitive } = step.file;
  const names = asked.references.filter(
    ({ path: [root], place }) => root !== 'host' && (sensitive || (place.kind === 'param' && isSensitiveAt(step, place.path))),
  );
  const filled = names.flatMap(({ path }) => leavesOf(at(data, path)));
  const own = leavesOf(params).filter(({ path }) => isSensitiveAt(step, path) || (sensitive && isFree(plan, path)));
  keep([...filled, ...own], secrets);
}

function keep(leaves: readonly Leaf[], secrets: Set<string>): void {
  for (const { text } of leaves) if (text.trim().length >= SHORTEST_SECRET) secrets.add(text);
}

/** Whether any text may stand there: not a name of something, a mode, a word of a list; nor a text around values that were filled in. */
function isFree({ step, asked }: StepPlan, path: Path): boolean {
  const schema = paramsSchema(step.task);
  const local = schemaAt(schema, path.slice(0, -1))?.['local'];
  if (local !== undefined) return path.at(-1) === 'text' && (local === 'text' || asked.isOpenEnded);
  const written = at(step.file.with, path);
  if (typeof written === 'string' && written.includes('{{')) return false;
  const { enum: words, const: only, pattern, format, allOf } = schemaAt(schema, path) ?? {};
  return [words, only, pattern, format, allOf].every((bound) => bound === undefined);
}

/** What a sensitive step finds: its writes show no content, its commands no output, and what it registers is secret too. */
export function concealed(probe: Probe<Finding>, { file }: StepSource, secrets: Set<string>): Probe<Finding> {
  return map(probe, ({ plan, result }) => {
    if (file.register !== undefined) keep(leavesOf(result), secrets);
    if (plan.status !== 'drift') return { plan, result };
    const changes = plan.changes.map((change) => (change.kind === 'settle' ? change : { ...change, sensitive: true as const }));
    return { plan: { ...plan, changes }, result };
  });
}
