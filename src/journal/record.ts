import * as z from 'zod';
import { STEERINGS } from '../core/control.ts';
import type { Json } from '../core/json.ts';
import { STEP_ANSWERS } from '../core/step.ts';

/** The journal's format; a reader refuses any other. */
export const JOURNAL_VERSION = 1;

const JsonValue: z.ZodType<Json> = z.json();
const at = z.int().describe('Epoch milliseconds.');
const host = z.string();

const Ownership = { encoding: z.literal('latin1').optional(), mode: z.int(), owner: z.string(), group: z.string() };

/** A file whole: a small one's text, or the SHA-256 under which its bytes stand beside the journal. */
const StoredImage = z.union([
  z.strictObject({ content: z.string(), ...Ownership }),
  z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/), ...Ownership }),
]);
export type StoredImage = z.output<typeof StoredImage>;

const Argv = z.tuple([z.string()], z.string());

/** A change as the journal keeps it. Of one that holds something secret only words are kept: it cannot be taken back from here. */
const StoredChange = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('write'),
    path: z.string(),
    before: StoredImage.nullable(),
    after: StoredImage.nullable(),
    because: z.string(),
  }),
  z.strictObject({
    kind: z.literal('run'),
    argv: Argv,
    undo: z.union([Argv, z.enum(['not needed', 'impossible'])]),
    because: z.string(),
    touches: z.array(z.string()),
    timeoutMs: z.number().optional(),
  }),
  z.strictObject({
    kind: z.literal('settle'),
    settling: z.looseObject({ what: z.string() }),
    because: z.string(),
    touches: z.array(z.string()),
  }),
  z.strictObject({ kind: z.literal('secret'), what: z.string(), because: z.string() }),
]);
export type StoredChange = z.output<typeof StoredChange>;

/** A step whose changes were about to be made. */
const StoredStep = z.strictObject({
  number: z.int(),
  name: z.string(),
  task: z.string(),
  params: JsonValue.optional(),
  repeats: z.literal(true).optional(),
  changes: z.array(StoredChange),
});
export type StoredStep = z.output<typeof StoredStep>;

/** Of a reboot: why, for which steps, and what proves it. */
const Receipt = z.strictObject({
  because: z.array(z.string()),
  steps: z.array(z.int()),
  before: z.string(),
  after: z.string().optional(),
  ms: z.int(),
});
export type Receipt = z.output<typeof Receipt>;

const RunStarted = z.strictObject({
  type: z.literal('run started'),
  version: z.literal(JOURNAL_VERSION),
  run: z.string(),
  command: z.enum(['run', 'task', 'rollback']),
  /** The work's name. */
  name: z.string(),
  /** What was asked for on the command line, and in which folder. */
  args: z.record(z.string(), JsonValue),
  cwd: z.string(),
  /** Of all that the work was made of, to tell whether it is still the same. */
  digest: z.string(),
  /** The run that this one takes back. */
  of: z.string().optional(),
  rollout: JsonValue,
  hosts: z.array(z.strictObject({ name: z.string(), groups: z.array(z.string()), connection: JsonValue })),
  at,
});
export type RunStarted = z.output<typeof RunStarted>;

/** How a step ended on a host, in words. */
const StepEnd = z.strictObject({
  number: z.int(),
  name: z.string().optional(),
  task: z.string().optional(),
  status: z.string(),
  because: z.string().optional(),
  hint: z.string().optional(),
  takenBack: z.string().optional(),
});
export type StepEnd = z.output<typeof StepEnd>;

/** One line of the journal. */
export const JournalRecord = z.discriminatedUnion('type', [
  RunStarted,
  z.strictObject({ type: z.literal('run continued'), how: z.enum(['resume', 'retry']), hosts: z.array(z.string()), at }),
  z.strictObject({ type: z.literal('wave started'), wave: z.string(), hosts: z.array(z.string()), at }),
  z.strictObject({ type: z.literal('wave ended'), wave: z.string(), bad: z.int(), at }),
  z.strictObject({ type: z.literal('host started'), host, at }),
  z.strictObject({ type: z.literal('act begun'), host, back: z.boolean(), steps: z.array(StoredStep), at }),
  z.strictObject({ type: z.literal('act refused'), host, because: z.enum(['moved', 'busy', 'held']), at }),
  z.strictObject({
    type: z.literal('lease broken'),
    host,
    holder: z.strictObject({ run: z.string(), owner: z.string(), reason: z.string(), seconds: z.number(), isActing: z.boolean() }),
    because: z.string(),
    at,
  }),
  z.strictObject({
    type: z.literal('change ended'),
    host,
    step: z.int(),
    index: z.int(),
    ok: z.boolean(),
    output: z.string().optional(),
    at,
  }),
  z.strictObject({
    type: z.literal('host ended'),
    host,
    status: z.enum(['steady', 'changed', 'drift', 'blocked', 'failed', 'unreachable', 'unknown', 'not started']),
    because: z.string().optional(),
    reboot: Receipt.optional(),
    steps: z.array(StepEnd),
    at,
  }),
  z.strictObject({ type: z.literal('baking'), wave: z.string(), ms: z.int(), at }),
  z.strictObject({ type: z.literal('baked'), wave: z.string(), at }),
  z.strictObject({
    type: z.literal('measured'),
    host,
    measures: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
    at,
  }),
  z.strictObject({
    type: z.literal('gate judged'),
    wave: z.string(),
    verdict: z.enum(['pass', 'fail', 'inconclusive', 'not asked']),
    // Journals of before have neither.
    through: z.boolean().default(false),
    unasked: z.array(z.string()).default([]),
    hosts: z.array(z.strictObject({ host, verdict: z.enum(['pass', 'fail', 'inconclusive']), because: z.string() })),
    at,
  }),
  z.strictObject({
    type: z.literal('step answered'),
    step: z.int(),
    name: z.string(),
    hosts: z.array(z.string()),
    answer: z.enum(STEP_ANSWERS),
    at,
  }),
  z.strictObject({ type: z.literal('steered'), what: z.enum(STEERINGS), by: z.string(), at }),
  z.strictObject({ type: z.literal('stopped'), because: z.string(), at }),
  z.strictObject({ type: z.literal('run ended'), exit: z.int(), at }),
]);
export type JournalRecord = z.output<typeof JournalRecord>;
