import type { Holder, LeaseSeen, LeaseTerms } from '../../core/lease.ts';
import type { ActClaim } from '../act/act.ts';
import type { Claim } from '../lease/lease-answer.ts';
import type { LeaseOrder } from '../lease/lease-script.ts';

/** What a run says to the hosts that it holds, and how it waits for one that is held. */
export interface Leasing extends LeaseTerms {
  /** Waits; never rejects. */
  readonly pause: (ms: number) => Promise<void>;
  /** Ends the waiting. */
  readonly cut: AbortSignal;
}

/** A host's lease as its run knows it. Changes while it goes on. */
export interface HostLease {
  readonly terms: Leasing;
  /** As the last look or act told. */
  seen: LeaseSeen | undefined;
  /** Of the newest act of this process. */
  mine: string | undefined;
  /** Of a lease that is ours and was not given back. */
  held: string | undefined;
  /** Of a lease that is to be broken. */
  breaks: string | undefined;
  waitedMs: number;
  refusals: number;
}

/** A host's lease before its first look. */
export function newLease(terms: Leasing | undefined): HostLease | undefined {
  return terms && { terms, seen: undefined, mine: undefined, held: undefined, breaks: undefined, waitedMs: 0, refusals: 0 };
}

/** Takes in what a look saw. */
export function sawLease(lease: HostLease, seen: LeaseSeen): void {
  lease.seen = seen;
  if (seen.holder !== undefined && isHeir(lease, seen.holder)) lease.held = seen.token;
}

/** Others may have the host from here on. */
export function gaveBack(lease: HostLease): void {
  lease.held = undefined;
  lease.mine = undefined;
}

/** Whether the lease may be taken over from its holder at once. */
export function isHeir({ terms }: HostLease, { run }: Holder): boolean {
  return terms.heirTo.includes(run);
}

/** What an act is to say to the lease, and what is made of the answer. */
export function claiming(lease: HostLease, more: Pick<LeaseOrder, 'lasts' | 'reboots'>): ActClaim {
  const { terms, seen, breaks } = lease;
  const order: LeaseOrder = {
    terms,
    ...(seen === undefined ? {} : { seen: seen.token }),
    ...(breaks === undefined ? {} : { breaks }),
    ...more,
  };
  const claimed = (claim: Claim): void => {
    if (claim.kind === 'mine') {
      lease.seen = { token: claim.token };
      lease.mine = claim.token;
      lease.held = more.lasts ? claim.token : undefined;
    } else if ('seen' in claim) {
      lease.refusals += 1;
      // Without a look that says more, the next act goes by this.
      sawLease(lease, claim.seen);
    } else lease.held = undefined;
  };
  return { order, claimed };
}
