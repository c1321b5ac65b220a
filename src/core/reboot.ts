import { type Change, type Settle, settle } from './change.ts';
import type { StepPlan } from './plan.ts';
import type { Readings } from './probe.ts';
import type { Reboot } from './settling.ts';

const LIVE_FOLDERS = [
  ...['/proc', '/run', '/dev'],
  // Not /sys/firmware: it is the same machine.
  ...['block', 'bus', 'class', 'dev', 'devices', 'fs', 'hypervisor', 'kernel', 'module', 'power'].map((name) => `/sys/${name}`),
];

/**
 * What a boot makes anew, as marks for `touches`: all that is not on disk. Left out is what it cannot alter (whether the host
 * is a container) and `uname`, which nearly every condition asks for the machine's architecture.
 */
const LIVE_STATE: readonly string[] = [
  ...['file', 'stat', 'dir', 'glob'].flatMap((kind) => LIVE_FOLDERS.map((folder) => `${kind} ${folder}/*`)),
  ...['systemctl', 'busctl', 'journalctl', 'dmesg', 'ip', 'docker', 'virsh', 'iptables', 'nft', 'sh', 'pgrep'].map(
    (program) => `command ${program} *`,
  ),
];

/** What else is said of a reboot. */
interface RebootMore {
  readonly how?: Omit<Reboot, 'what'>;
  /** Beyond LIVE_STATE. */
  readonly touches?: readonly string[];
  readonly leadsTo?: Readings;
}

/** The host boots anew; it is done last, once, and only where the operator allows reboots. */
export function reboot(because: string, more: RebootMore = {}): Settle {
  const { how = {}, touches = [], leadsTo } = more;
  return settle(
    { what: 'reboot', ...how },
    { because, touches: [...LIVE_STATE, ...touches], ...(leadsTo === undefined ? {} : { leadsTo }) },
  );
}

/** Whether the change is a reboot. */
export function isReboot(change: Change): change is Settle & { readonly settling: Reboot } {
  return change.kind === 'settle' && change.settling.what === 'reboot';
}

/** The reboot that a plan asks for. */
export function rebootOf(plan: StepPlan) {
  return plan.status === 'drift' ? plan.changes.find(isReboot) : undefined;
}

/** Whether nothing but a reboot is left of the plan. */
export function isOnlyReboot(plan: StepPlan): boolean {
  return plan.status === 'drift' && plan.changes.every(isReboot);
}
