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
 * Whether a host is still as its saved plan has it: the same steps due, with the same changes. What was or is unknown is compared when
 * it is known. Undefined where nothing moved.
 */
export function movedSince(
  saved: SavedPlan['hosts'][number] | undefined,
  plans: readonly { readonly number: number; readonly plan: { readonly status: string; readonly changes?: readonly Change[] } }[],
  conceal: Conceal,
): DroverError | undefined {
  for (const { number, plan } of plans) {
    const then = saved?.steps.find((step) => step.number === number);
    if (then?.status === 'unknown' || then?.status === 'not reached' || plan.status === 'unknown') continue;
    const digests = plan.changes?.map((change) => digestOfChange(change, conceal)) ?? [];
    const same = then?.status === plan.status && (then.changes ?? []).map(({ digest }) => digest).join() === digests.join();
    if (!same) {
      const words =
        then?.status === plan.status
          ? `${plan.status} with other changes`
          : `${plan.status}, in the saved plan ${then?.status ?? 'missing'}`;
      return new DroverError('PLAN_STALE', `the host has moved: step ${number} is ${words}`, {
        hint: 'Plan again, and have the new plan agreed to.',
      });
    }
  }
  return undefined;
}

/** Why it is due may read otherwise at another time; what is done may not. */
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
