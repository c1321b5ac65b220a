import * as z from 'zod';
import { DOINGS, STEERINGS } from '../core/control.ts';

/** The version of what is said on the socket of a run. */
export const CONTROL_VERSION = 1;

/** What is asked of a running run: one line. */
export const Request = z.strictObject({
  'drover control': z.literal(CONTROL_VERSION),
  do: z.enum(['status', ...STEERINGS]),
  /** Who asks, in words. */
  by: z.string().max(200),
});
export type Request = z.output<typeof Request>;

const Standing = z.object({
  doing: z.enum(DOINGS),
  wave: z.string(),
  ended: z.record(z.string(), z.int()),
  running: z.array(z.string()),
  waiting: z.int(),
  bad: z.int(),
  budget: z.object({ bad: z.int(), per: z.enum(['wave', 'run']) }).optional(),
  until: z.int().optional(),
  stopped: z.string().optional(),
});

/** What it answers: one line. `standing` is how it stands after what was asked; absent before its first wave. */
export const Answer = z.object({
  'drover control': z.literal(CONTROL_VERSION),
  ok: z.boolean(),
  because: z.string().optional(),
  standing: Standing.optional(),
});
export type Answer = z.output<typeof Answer>;

/** A line that is not understood is answered with the reason. */
export function parseRequest(line: string): Request | string {
  const parsed = Request.safeParse(asJson(line));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `not understood: ${issue?.path.join('.') || 'line'}: ${issue?.message ?? 'no request'}`;
}

/** Undefined where it is none, or one of another version. */
export function parseAnswer(line: string): Answer | undefined {
  return Answer.safeParse(asJson(line)).data;
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
