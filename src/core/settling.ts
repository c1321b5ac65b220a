/** A file of GRUB that is made anew by its own tool. */
export interface GrubMenu {
  readonly what: 'grub';
  /** The file that GRUB reads, e.g. /boot/grub/grub.cfg; never the short file on the EFI partition that only points to it. */
  readonly path: string;
  readonly tool: 'grub-mkconfig' | 'grub2-mkconfig';
  /** Words that every entry of 10_linux must hold, or must not, recovery entries left out: else the new file is not taken. */
  readonly present?: readonly string[];
  readonly absent?: readonly string[];
}

/** A new boot of the host. */
export interface Reboot {
  readonly what: 'reboot';
  /** `drained`: a change before it has shut the guests down; else running guests are a reason not to reboot. */
  readonly guests?: 'drained';
  /** How long the host may stay away. */
  readonly timeoutMs?: number;
}

/** A running guest of libvirt is shut down and started, so that it takes up the definition that waits. */
export interface DomainRestart {
  readonly what: 'domain-restart';
  readonly domain: string;
  /** How long it may take to shut down. */
  readonly timeoutMs: number;
  /** `destroy`: one that does not shut down in time is switched off; else that is a failure. */
  readonly late?: 'destroy';
  /** `start`: one that is off is started, and one that runs is let be. */
  readonly only?: 'start';
}

/** What makes a host settle after writes. Settlings of many steps with the same name are done once. */
export type Settling =
  | { readonly what: 'initramfs'; readonly tool: 'update-initramfs' | 'dracut' }
  | GrubMenu
  | { readonly what: 'daemon-reload' }
  | { readonly what: 'module-reload'; readonly module: string }
  | { readonly what: 'restart'; readonly unit: string }
  | DomainRestart
  | Reboot;

/** First what the next boot reads, then what runs, and a reboot when all else is done. */
export const SETTLING_ORDER = [
  'initramfs',
  'grub',
  'daemon-reload',
  'module-reload',
  'restart',
  'domain-restart',
  'reboot',
] as const satisfies readonly Settling['what'][];

/** A settling's name: those with equal names are one. */
export function settlingName(settling: Settling): string {
  switch (settling.what) {
    case 'initramfs':
      return `initramfs by ${settling.tool}`;
    case 'grub':
      return `grub ${settling.path}`;
    case 'daemon-reload':
    case 'reboot':
      return settling.what;
    case 'module-reload':
      return `module-reload ${settling.module}`;
    case 'restart':
      return `restart ${settling.unit}`;
    case 'domain-restart':
      return `domain-restart ${settling.domain}`;
    default:
      return settling satisfies never;
  }
}

/**
 * What settles the state of before again. Of that nobody has said what a menu must hold; and it waits for a boot that somebody
 * else decides on.
 */
export function settledBack(settling: Settling): Settling | undefined {
  if (settling.what === 'reboot') return undefined;
  return settling.what === 'grub' ? { what: 'grub', path: settling.path, tool: settling.tool } : settling;
}

/** Settlings of one name as one that does for all of them. */
export function mergedSettling(first: Settling, ...more: readonly Settling[]): Settling {
  return more.reduce(merged, first);
}

function merged(a: Settling, b: Settling): Settling {
  if (a.what === 'grub' && b.what === 'grub') {
    return { ...a, present: union(a.present, b.present), absent: union(a.absent, b.absent) };
  }
  if (a.what === 'reboot' && b.what === 'reboot') {
    const timeouts = [a.timeoutMs, b.timeoutMs].filter((ms) => ms !== undefined);
    const guests = a.guests ?? b.guests;
    return {
      what: 'reboot',
      ...(guests === undefined ? {} : { guests }),
      ...(timeouts.length === 0 ? {} : { timeoutMs: Math.max(...timeouts) }),
    };
  }
  if (a.what === 'domain-restart' && b.what === 'domain-restart') {
    const late = a.late ?? b.late;
    return { ...a, timeoutMs: Math.max(a.timeoutMs, b.timeoutMs), ...(late === undefined ? {} : { late }) };
  }
  return a;
}

function union(a: readonly string[] = [], b: readonly string[] = []): readonly string[] {
  return [...new Set([...a, ...b])];
}
