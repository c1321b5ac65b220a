/** So long a lease lasts between acts, by the host's own uptime. */
export const LEASE_SECONDS = 120;

/** Who has a host in hand. What the host says of it: to be shown, never obeyed. */
export interface Holder {
  readonly run: string;
  /** `user@controller`. */
  readonly owner: string;
  readonly reason: string;
  /** Until it ends by itself, if it is not renewed. */
  readonly seconds: number;
  /** A process of its act lives on the host: it holds it, however long. */
  readonly isActing: boolean;
}

/** A host's lease as a look sees it. */
export interface LeaseSeen {
  /** Of the newest act, as `boot:number`: no other act has the same. */
  readonly token: string;
  readonly holder?: Holder;
}

/** What a run says of itself to the hosts that it holds. */
export interface LeaseTerms {
  readonly run: string;
  readonly owner: string;
  readonly reason: string;
  /** Runs whose leases it may take over, itself among them. */
  readonly heirTo: readonly string[];
  /** How long a held host is waited for. */
  readonly waitMs: number;
  /** Why leases of others are to be broken; absent where they are not. */
  readonly breaks?: string;
}

/** The holder in words. */
export function describeHolder({ owner, run, reason, isActing }: Holder): string {
  return `held by ${owner}: ${reason} (run ${run}${isActing ? ', which acts on it now' : ''})`;
}
