import * as z from 'zod';
import { CATALOGUE, DroverError, type ErrorCode } from '../core/errors.ts';
import type { Host } from '../core/host.ts';
import type { Output } from '../core/session.ts';

/** What goes through the server in the open: for which session, whose how many-th, from which channel, and the sealed rest. */
export const Envelope = z.strictObject({
  session: z.string(),
  number: z.int().min(0),
  from: z.string(),
  /** Of a worker's first word alone. */
  challenge: z.string().optional(),
  box: z.string(),
});
export type Envelope = z.output<typeof Envelope>;

const StoredError = z.strictObject({
  code: z.enum(Object.keys(CATALOGUE) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  hint: z.string(),
  where: z.strictObject({ host: z.string().optional(), step: z.string().optional(), source: z.string().optional() }),
});

const id = z.int();

/** What a controller says to the worker that has a session for it. */
export const Request = z.discriminatedUnion('type', [
  /** A host, as core has it. */
  z.strictObject({ type: z.literal('open'), host: z.json() }),
  z.strictObject({ type: z.literal('gone') }),
  z.strictObject({
    type: z.literal('do'),
    id,
    how: z.enum(['look', 'act', 'exec']),
    script: z.string(),
    stdin: z.base64().optional(),
    timeoutMs: z.number(),
    maxBytes: z.number(),
  }),
  /** So many parts have come. */
  z.strictObject({ type: z.literal('heard'), parts: z.int() }),
  z.strictObject({ type: z.literal('alive') }),
  z.strictObject({ type: z.literal('close') }),
]);
export type Request = z.output<typeof Request>;

/** What a worker says to the controller. */
export const Answer = z.discriminatedUnion('type', [
  /** Its first word: it would take the session. */
  z.strictObject({ type: z.literal('claim') }),
  z.strictObject({ type: z.literal('opened') }),
  z.strictObject({ type: z.literal('failed'), error: StoredError }),
  z.strictObject({ type: z.literal('part'), id, stream: z.enum(['stdout', 'stderr']), data: z.base64() }),
  z.strictObject({
    type: z.literal('done'),
    id,
    status: z.int().optional(),
    signal: z.string().optional(),
    truncated: z.literal(true).optional(),
  }),
  z.strictObject({ type: z.literal('threw'), id, error: StoredError }),
  z.strictObject({ type: z.literal('alive') }),
  /** Its last word: it is being stopped. */
  z.strictObject({ type: z.literal('left') }),
]);
export type Answer = z.output<typeof Answer>;

/** An error as it travels. What is none of ours is a bug at the other end, and is said to be one. */
export function storeError(error: unknown): z.output<typeof StoredError> {
  if (!(error instanceof DroverError)) throw error;
  const { code, message, hint, where } = error;
  return { code, message, hint, where: { ...where } };
}

export function restoreError({ code, message, hint, where }: z.output<typeof StoredError>): DroverError {
  const { host, step, source } = where;
  const place = {
    ...(host === undefined ? {} : { host }),
    ...(step === undefined ? {} : { step }),
    ...(source === undefined ? {} : { source }),
  };
  return new DroverError(code, message, { hint, where: place });
}

/** How a script ended, without what it printed. */
export function doneOf(id: number, { status, signal, truncated }: Output): Answer {
  return {
    type: 'done',
    id,
    ...(status === undefined ? {} : { status }),
    ...(signal === undefined ? {} : { signal }),
    ...(truncated === undefined ? {} : { truncated }),
  };
}

/** What a worker is told of a host. Its variables stay at home. */
export function hostForWorker({ name, connection }: Host): Request {
  return { type: 'open', host: JSON.parse(JSON.stringify({ name, connection })) };
}
