import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Change } from '../core/change.ts';
import { DroverError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { HostOutcome, StepOutcome } from '../core/outcome.ts';
import { type Conceal, storeChange } from './stored.ts';

const JsonValue: z.ZodType<Json> = z.json();

const SavedStep = z.strictObject({
  number: z.int(),
  name: z.string(),
  task: z.string(),
  status: z.string(),
  because: z.string().optional(),
  hint: z.string().optional(),
  /** For people; `digest` alone says what the change is. */
  changes: z.array(z.looseObject({ digest: z.string() })).optional(),
});
type SavedStep = z.output<typeof SavedStep>;

/** A plan in a file: to be read, compared, agreed to, and then done as it stands. */
export const SavedPlan = z.strictObject({
  'drover plan': z.literal(1),
  name: z.string(),
  /** What was asked for on the command line, and in which folder. */
  args: z.record(z.string(), JsonValue),
  cwd: z.string(),
  /** Of all that the plan was made of. */
  digest: z.string(),
  hosts: z.array(z.strictObject({ host: z.string(), status: z.string(), steps: z.array(SavedStep) })),
});
export type SavedPlan = z.output<typeof SavedPlan>;

/** How a plan's parts are told: what a change looks like to people, and what of it is secret. */
export interface Telling {
  readonly show: (change: Change) => Json;
  readonly conceal: Conceal;
}

/** The hosts of a plan as they are saved. */
export function savedHosts(hosts: readonly HostOutcome[], telling: Telling): SavedPlan['hosts'] {
  return hosts.map(({ host, status, steps }) => ({
    host,
    status,
    steps: steps.map(({ number, name, task, outcome }) => ({ number, name, task, ...savedOutcome(outcome, telling) })),
  }));
}

function savedOutcome(outcome: StepOutcome, { show, conceal }: Telling): Omit<SavedStep, 'number' | 'name' | 'task'> {
  const { status } = outcome;
  if ('changes' in outcome) {
    return {
      status,
      changes: outcome.changes.map((change) => ({
        ...(show(change) as Readonly<Record<string, Json>>),
        digest: digestOfChange(change, conceal),
      })),
    };
  }
  const because = 'because' in outcome ? outcome.because : '';
  return { status, ...(because === '' ? {} : { because }), ...('hint' in outcome ? { hint: outcome.hint } : {}) };
}

/**
 * Whether a host is still as its saved plan has it: the same steps due, with the same changes, and those are what the plan shows to
 * people. What was or is unknown is compared when it is known. Undefined where nothing moved.
 */
export function movedSince(
  saved: SavedPlan['hosts'][number] | undefined,
  plans: readonly { readonly number: number; readonly plan: { readonly status: string; readonly changes?: readonly Change[] } }[],
  telling: Telling,
): DroverError | undefined {
  for (const { number, plan } of plans) {
    const then = saved?.steps.find((step) => step.number === number);
    if (then?.status === 'unknown' || then?.status === 'not reached' || plan.status === 'unknown') continue;
    const changes = plan.changes ?? [];
    const digests = changes.map((change) => digestOfChange(change, telling.conceal));
    if (then?.status !== plan.status) return moved(number, `${plan.status}, in the saved plan ${then?.status ?? 'missing'}`);
    if ((then.changes ?? []).map(({ digest }) => digest).join() !== digests.join())
      return moved(number, `${plan.status} with other changes`);
    const isShown = changes.every((change, i) => shownAs(then.changes?.[i]) === shownAs(telling.show(change)));
    if (!isShown) return stale(`the plan was edited: what it shows of step ${number} is not what it does`);
  }
  return undefined;
}

function moved(number: number, words: string): DroverError {
  return stale(`the host has moved: step ${number} is ${words}`);
}

function stale(message: string): DroverError {
  return new DroverError('PLAN_STALE', message, { hint: 'Plan again, and have the new plan agreed to.' });
}

/** What people are shown of a change, without why it is due: that may read otherwise at another time. */
function shownAs(change: unknown): string {
  const shown = Object.entries(Object(change)).filter(([name]) => name !== 'because' && name !== 'digest');
  return JSON.stringify(shown.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is done; why it is due may read otherwise at another time. */
function digestOfChange(change: Change, conceal: Conceal): string {
  const keep = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const { because: _, ...stored } = storeChange(change, { keep, conceal });
  return createHash('sha256').update(JSON.stringify(stored)).digest('hex');
}

/** A saved plan of this text; undefined where it is something else. Throws PLAN_INVALID where it is one and cannot be understood. */
export function parseSavedPlan(name: string, text: string): SavedPlan | undefined {
  if (!/^\s*\{\s*"drover plan"/.test(text)) return undefined;
  const parsed = SavedPlan.safeParse(asJson(name, text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`${name}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`);
}

function asJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`${name}: ${(error as Error).message}`);
  }
}

function invalid(message: string): DroverError {
  return new DroverError('PLAN_INVALID', message);
}
