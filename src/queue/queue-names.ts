/** The site of hosts that name none. */
export const DEFAULT_SITE = 'default';

/** BullMQ's keys begin so. */
export const PREFIX = 'drover';

/** A job asks a worker of a site to keep a session to one host. It holds no more than whom to ask for the rest. */
export interface SessionJob {
  readonly session: string;
  /** The controller's channel. */
  readonly from: string;
}

/** The queue of a site's sessions. */
export function queueOf(site: string): string {
  return `site-${site}`;
}

/** A number that the workers of a site count up while they take sessions. */
export function beatOf(site: string): string {
  return `${PREFIX}:beat-${site}`;
}
