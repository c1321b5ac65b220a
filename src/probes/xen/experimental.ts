import * as z from 'zod';

/** What Xen's SUPPORT.md says of nested HVM, to be known before anything is planned. */
export const acceptExperimental = z
  .boolean()
  .default(false)
  .describe('Must be true where it may nest: Xen calls that experimental, and gives it no security support.');

/** Whether a step may be done as it stands; for `refine`, with `NOT_ACCEPTED`. */
export function isAccepted({ nested, accept_experimental }: { readonly nested: boolean; readonly accept_experimental: boolean }): boolean {
  return !nested || accept_experimental;
}

export const NOT_ACCEPTED = 'nested HVM is experimental in Xen and has no security support: say accept_experimental: true';
