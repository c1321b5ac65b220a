import type { Change } from '../core/change.ts';
import { type Blocked, blocked } from '../core/plan.ts';
import type { QemuGuest } from '../probes/qemu/guest.ts';
import { aclSays, type QemuHost } from '../probes/qemu/host.ts';
import type { QemuCommand } from '../probes/qemu/options.ts';
import { deviceObstacle, lockObstacle } from '../probes/qemu/passed.ts';
import { hasKvm } from '../probes/qemu/settings.ts';
import { pciAddress, type QemuWishes } from '../probes/qemu/wishes.ts';
import { planFile } from './file-plan.ts';

/** Why a guest would not start with what is wished; undefined where nothing is in the way. */
export function hostObstacle(
  { cpu, accel, nic, hostdev = [] }: QemuWishes,
  command: QemuCommand,
  { unit, ...host }: QemuHost & Pick<QemuGuest, 'unit'>,
): Blocked | undefined {
  if (cpu === 'host' && accel === undefined && !hasKvm(command)) {
    return blocked(`${command.place} runs without KVM, and cpu host is that of KVM alone`, 'Say accel: kvm too, or cpu: max.');
  }
  if ((cpu === 'host' || accel === 'kvm') && host.kvm === undefined) {
    return blocked('there is no /dev/kvm', 'See what host.virtualization says of this host.');
  }
  if (nic?.bridge !== undefined && host.bridge?.isThere !== true) {
    return blocked(`there is no bridge ${nic.bridge}`, 'Make it first: a guest whose bridge is missing does not start.');
  }
  const lost = hostdev.map((address) => deviceObstacle(host.devices, pciAddress(address))).find((one) => one !== undefined);
  return lost ?? host.interrupts ?? (hostdev.length === 0 ? undefined : lockObstacle(command, unit));
}

/** The bridge helper asks its access list, whoever runs it, and without one it refuses all. */
export function aclChanges({ nic }: QemuWishes, { bridge }: QemuHost): readonly Change[] | Blocked {
  if (nic?.bridge === undefined || bridge === undefined) return [];
  const { path, file } = bridge.acl;
  const { content = '' } = file.found?.image ?? {};
  const says = aclSays(content, nic.bridge);
  if (says === 'allowed') return [];
  if (says !== 'unsaid') return blocked(`${path}:${says.line} ${says.why}`, 'Correct it by hand: a line that denies always wins.');
  const text = `${content}${content === '' || content.endsWith('\n') ? '' : '\n'}allow ${nic.bridge}\n`;
  const plan = planFile(file, { path, parents: true }, text);
  if (plan.status === 'blocked') return plan;
  return plan.status === 'drift' ? plan.changes : [];
}
