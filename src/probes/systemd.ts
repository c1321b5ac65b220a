import { DroverError } from '../core/errors.ts';
import { ABSENT, command, map, type Probe, type Reading } from '../core/probe.ts';

/** A unit as systemd's manager has it; the words are those of systemctl(1). */
export interface Unit {
  readonly name: string;
  /** loaded, not-found, masked, bad-setting, error … */
  readonly load: string;
  /** active, inactive, failed, activating, deactivating, reloading … */
  readonly active: string;
  readonly sub: string;
  /** enabled, disabled, static, masked, indirect, generated, alias …; empty where there is no file. */
  readonly file: string;
  /** The file on disk is newer than what the manager has loaded. */
  readonly isStale: boolean;
  /** Every ExecStart with its arguments, variables not yet replaced. */
  readonly execStart: string;
}

const PROPERTIES = 'LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload,ExecStart';

/** A unit's state. Throws STATE_UNREADABLE where systemd does not answer. */
export function unit(name: string): Probe<Unit> {
  return map(command(...showUnit(name)), (answer) => parseUnit(name, answer));
}

/** The command that `unit` asks. */
export function showUnit(name: string) {
  return ['systemctl', 'show', name, '-p', PROPERTIES] as const;
}

/** Asks for the command line of a daemon that systemd started; those in containers are children of others. */
export function childOfInit(program: string) {
  return ['pgrep', '-a', '-x', '--parent', '1', program] as const;
}

/** What starting or stopping units may change, as marks for `touches`: the units' own state, and what daemons are asked for. */
export function unitTouches(...units: readonly string[]): readonly string[] {
  return [
    ...units.map((name) => `command systemctl show ${name} *`),
    'command systemctl is-system-running',
    'command systemctl list-units *',
    // What a daemon leaves behind: sockets and pid files, links and firewall rules, and the answers of its client.
    ...['sh', 'docker', 'virsh', 'ip', 'iptables', 'nft', 'journalctl'].map((program) => `command ${program} *`),
    ...['file', 'stat', 'dir', 'glob'].map((kind) => `${kind} /run/*`),
    `command ${childOfInit('').join(' ')}*`,
  ];
}

function parseUnit(name: string, { status, stdout, stderr }: Reading): Unit {
  if (status === ABSENT)
    throw new DroverError('STATE_UNREADABLE', 'systemctl is absent', { hint: 'This task needs a host that systemd runs.' });
  if (status !== 0) {
    throw new DroverError('STATE_UNREADABLE', `systemctl show ${name}: ${stderr.trim().split('\n')[0] || `status ${status}`}`, {
      hint: 'This task needs a host that systemd runs.',
    });
  }
  return {
    name,
    load: property(stdout, 'LoadState'),
    active: property(stdout, 'ActiveState'),
    sub: property(stdout, 'SubState'),
    file: property(stdout, 'UnitFileState'),
    isStale: property(stdout, 'NeedDaemonReload') === 'yes',
    execStart: property(stdout, 'ExecStart'),
  };
}

function property(text: string, name: string): string {
  return [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1]).join('\n');
}
