import { DroverError } from '../../core/errors.ts';
import { describeHolder, type Holder, type LeaseSeen } from '../../core/lease.ts';

/** How the host took an act's claim: the act goes on with this token, or was refused, or was stopped before a change. */
export type Claim =
  | { readonly kind: 'mine'; readonly token: string }
  /** Somebody acted since the look, a process of an act still lives, or another run holds the host. */
  | { readonly kind: 'moved' | 'busy' | 'held'; readonly seen: LeaseSeen }
  | { readonly kind: 'failed' | 'lost'; readonly because: string };

/** What a mark of the lease says, with the text that belongs to it. */
export function claimOf([kind, token = '']: readonly (string | undefined)[], text: string): { readonly claim?: Claim } {
  switch (kind) {
    case 'mine':
      return { claim: { kind, token } };
    case 'moved':
    case 'busy':
    case 'held':
      return { claim: { kind, seen: leaseSeen(token, text) } };
    case 'failed':
    case 'lost':
      return { claim: { kind, because: text } };
    default:
      return {};
  }
}

/** A lease as the script of a look or an act tells it: the holder's parts in a line, the reason below. */
export function leaseSeen(token: string, text: string): LeaseSeen {
  const [line = '', reason = ''] = text.split('\n');
  const [seconds = '', busy, run = '', owner = ''] = line.split(' ');
  if (run === '') return { token };
  const holder: Holder = { run, owner, reason, seconds: Number(seconds) || 0, isActing: busy === '1' };
  return { token, holder };
}

/** The error of a host that is held; `waited` where it was waited for. */
export function heldError({ holder }: LeaseSeen, waitedMs: number): DroverError {
  const waited = waitedMs === 0 ? '' : `, still so after ${Math.round(waitedMs / 1000)} s`;
  const hint =
    holder?.isActing === true
      ? { hint: 'Wait for the end of its act, e.g. with --wait-lock SECONDS; it cannot be broken while a process of it lives.' }
      : {};
  const what = holder === undefined ? 'other runs act on the host again and again' : `the host is ${describeHolder(holder)}`;
  return new DroverError('LEASE_HELD', `${what}${waited}`, hint);
}

/** The error of a run that had a host and has it no more. */
export function lostError({ holder }: LeaseSeen): DroverError {
  const by = holder === undefined ? 'somebody acted on it since' : `it is ${describeHolder(holder)}`;
  return new DroverError('LEASE_LOST', `the host was taken from this run: ${by}`);
}
