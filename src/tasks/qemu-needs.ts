import type { Change } from '../core/change.ts';
import { type Blocked, blocked } from '../core/plan.ts';
import { aclSays, type QemuHost } from '../probes/qemu/host.ts';
import type { QemuCommand } from '../probes/qemu/options.ts';
import { hasKvm } from '../probes/qemu/settings.ts';
import type { QemuWishes } from '../probes/qemu/wishes.ts';
import { planFile } from './file-plan.ts';

/** Why a guest would not start with what is wished; undefined where nothing is in the way. */
export function hostObstacle({ cpu, accel, nic, hostdev }: QemuWishes, command: QemuCommand, host: QemuHost): Blocked | undefined {
  if (cpu === 'host' && accel === undefined && !hasKvm(command)) {
    return blocked(`${command.place} runs without KVM, and cpu host is that of KVM alone`, 'Say accel: kvm too, or cpu: max.');
  }
  if ((cpu === 'host' || accel === 'kvm') && host.kvm === undefined) {
    return blocked('there is no /dev/kvm', 'See what host.virtualization says of this host.');
  }
  if (nic?.bridge !== undefined && host.bridge?.isThere !== true) {
    return blocked(`there is no bridge ${nic.bridge}`, 'Make it first: a guest whose bridge is missing does not start.');
  }
  const lost = hostdev === undefined ? undefined : host.devices.find(({ isBound }) => !isBound);
  if (lost === undefined) return undefined;
  if (!lost.isThere) return blocked(`there is no PCI device ${lost.address}`, 'Check the address with `lspci -D`.');
  return blocked(`${lost.address} is not held by vfio-pci`, 'Bind it, and what shares its IOMMU group, with vfio-pci first.');
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
