import { DroverError } from '../../core/errors.ts';
import type { LeaseSeen } from '../../core/lease.ts';
import { type Probe, type Read, type Readings, readKey } from '../../core/probe.ts';
import type { Looker, Output } from '../../core/session.ts';
import type { LeaseTail } from '../lease/lease-script.ts';
import type { Limits } from '../script/limits.ts';
import { newNonce } from '../script/marks.ts';
import { decodeLease, decodeLook } from './look-answer.ts';
import { underWay } from './look-progress.ts';
import { encodeLook, type Question } from './look-script.ts';

/** Asks a host all these reads in one exchange, equal ones once. Nothing else in the program reads a host. */
export async function look(looker: Looker, reads: readonly Read[], limits: Limits): Promise<Readings> {
  if (reads.length === 0) return {};
  const question = { reads: distinct(reads), nonce: newNonce(), limits };
  return decodeLook(question, await exchange(looker, question));
}

/** What a look with the lease is asked with. */
interface Watching {
  readonly limits: Limits;
  /** Of a run that holds the host; a plan has none, so that its looks write nothing. */
  readonly tail?: LeaseTail;
}

/** As `look`, and who holds the host: as of before the reads, so that what was read is no older. */
export async function watch(
  looker: Looker,
  reads: readonly Read[],
  { limits, tail }: Watching,
): Promise<{ readonly readings: Readings; readonly lease: LeaseSeen }> {
  const lease = tail === undefined ? {} : { tail };
  const question = { reads: distinct(reads), nonce: newNonce(), limits, lease };
  const output = await exchange(looker, question);
  return { readings: decodeLook(question, output), lease: decodeLease(question, output) };
}

function distinct(reads: readonly Read[]): readonly Read[] {
  return [...new Map(reads.map((read) => [readKey(read), read])).values()];
}

/** What a probe makes of readings that were made before; each of its reads must be among them. */
export function answer<T>(probe: Probe<T>, readings: Readings): T {
  return probe.parse(
    probe.reads.map((read) => {
      const found = readings[readKey(read)];
      if (found === undefined) throw new DroverError('LOOK_TRUNCATED', `no answer for ${readKey(read)}`);
      return found;
    }),
  );
}

/** What has come by the time that a look hangs names the read that it hangs in. */
async function exchange(looker: Looker, question: Question): Promise<Output> {
  const { lookTimeoutMs: timeoutMs, exchangeBytes: maxBytes } = question.limits;
  const seen: Buffer[] = [];
  const onStdout = (chunk: Buffer): void => {
    seen.push(chunk);
  };
  try {
    return await looker.look(encodeLook(question), { timeoutMs, maxBytes, onStdout });
  } catch (error) {
    if (!(error instanceof DroverError) || error.code !== 'LOOK_TIMEOUT') throw error;
    const last = underWay(question, Buffer.concat(seen));
    throw new DroverError('LOOK_TIMEOUT', `${error.message}, at ${last}`, { where: error.where, hint: error.hint, cause: error.cause });
  }
}
