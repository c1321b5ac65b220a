/** Every way to fail, in one place, with its exit status (docs/errors.md) and what the operator can do. */
export const CATALOGUE = {
  USAGE: { exit: 5, hint: 'See `drover --help`.' },
  INVENTORY_INVALID: { exit: 5, hint: 'Correct the inventory; nothing was sent to any host.' },
  PATTERN_INVALID: { exit: 5, hint: 'See `drover hosts` for the names of hosts and groups.' },
  PLAYBOOK_INVALID: { exit: 5, hint: 'Correct the playbook; nothing was sent to any host.' },
  PLAN_INVALID: { exit: 5, hint: 'Plan again with --out; nothing was sent to any host.' },
  ENGINE_INVALID: { exit: 5, hint: 'See docs/scale.md; nothing was sent to any host.' },
  ENGINE_UNREACHABLE: { exit: 4, hint: 'Check its URL, its password and the network.' },
  HOST_UNREACHABLE: { exit: 4, hint: 'Check the address, the port and the network.' },
  HOST_KEY_UNKNOWN: { exit: 4, hint: 'Add its key to known_hosts, or use --host-keys accept-new.' },
  HOST_KEY_CHANGED: { exit: 4, hint: 'If the host was reinstalled, replace its key in known_hosts; else somebody is in between.' },
  AUTH_FAILED: { exit: 4, hint: 'Check user, key and agent (`ssh-add -l`).' },
  SUDO_REFUSED: { exit: 4, hint: 'Check the sudoers of that user, or give the password with -K.' },
  CONNECTION_LOST: { exit: 4, hint: 'What was under way may or may not be done; the next look decides.' },
  LOOK_TIMEOUT: { exit: 4, hint: 'A read hangs on the host: a dead mount or a daemon that does not answer.' },
  LOOK_TOO_LARGE: { exit: 2, hint: 'A read gave more than the limit; raise --max-read if it is meant to.' },
  LOOK_TRUNCATED: { exit: 2, hint: 'The host ended the script early; is its shell restricted, or its memory short?' },
  STATE_UNREADABLE: { exit: 2, hint: 'Use --become if it needs root; else record a fixture with `drover record` for a bug report.' },
  PLAN_STALE: { exit: 8, hint: 'Somebody else changed it since the look; run again.' },
  CHANGE_FAILED: { exit: 2, hint: 'The output of the command is below.' },
  CHANGE_TIMEOUT: { exit: 2, hint: 'The command was ended; look at the host before you raise its timeout.' },
  UNDO_FAILED: { exit: 2, hint: 'The host is between two states; see which changes stand.' },
  RUN_HELD: { exit: 7, hint: 'Wait for its end, or end the process that holds it.' },
  LEASE_HELD: {
    exit: 7,
    hint: 'Wait (--wait-lock SECONDS); see `drover locks`; if its run is dead, resume or roll back that, or --break-lock "REASON".',
  },
  LEASE_LOST: { exit: 7, hint: 'Look at what the other run does there; then run again.' },
  CONTROL_SILENT: { exit: 4, hint: 'Its process may be stopped, or hang: `drover runs RUN` names it.' },
  JOURNAL_UNREADABLE: { exit: 1, hint: 'It was damaged, or another version of drover wrote it.' },
  JOURNAL_FAILED: { exit: 1, hint: 'Free some space, then `drover resume` the run: what is not on record is looked at first.' },
  REBOOT_FAILED: { exit: 2, hint: 'The host is up with the boot of before; look at its log for what held it.' },
  REBOOT_UNSEEN: { exit: 4, hint: 'Look at its console: it may hang in the firmware, the boot loader or the kernel.' },
  GATE_FAILED: { exit: 2, hint: 'Put the host right and `drover resume` the run, which asks the gate again, or `drover rollback` it.' },
  STILL_DRIFTING: { exit: 2, hint: 'The changes went through, yet the host is not as planned.' },
} as const satisfies Record<string, { readonly exit: number; readonly hint: string }>;

export type ErrorCode = keyof typeof CATALOGUE;

/** Where it happened; each layer adds what it knows. `source` is file:line:col. */
export interface Where {
  readonly host?: string;
  readonly step?: string;
  readonly source?: string;
}

/** What went wrong on a host, in a file or with a command. Any other exception is a bug. */
export class DroverError extends Error {
  /** For machines, stable. */
  readonly code: ErrorCode;
  readonly where: Where;
  /** A sentence that tells what to do. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, more: { where?: Where; hint?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.name = 'DroverError';
    this.code = code;
    this.where = more.where ?? {};
    this.hint = more.hint ?? CATALOGUE[code].hint;
  }

  /** The exit status that this error alone would lead to. */
  get exit(): number {
    return CATALOGUE[this.code].exit;
  }

  /** The same error, with more said about the place. */
  at(where: Where): DroverError {
    const { code, message, hint, cause } = this;
    return new DroverError(code, message, { where: { ...where, ...this.where }, hint, cause });
  }
}
