import { type FileMeta, stat } from '../../core/file.ts';
import type { Blocked } from '../../core/plan.ts';
import { all, constant, map, type Probe } from '../../core/probe.ts';
import { type FileState, fileState } from '../file-state.ts';
import { interruptObstacle } from '../pci/interrupts.ts';
import { type PciDevice, pciDevices } from '../pci/pci.ts';
import type { QemuWishes } from './wishes.ts';

/** What the host must have for what is wished, or for what stands in a command line. */
export interface QemuHost {
  readonly kvm: FileMeta | undefined;
  readonly bridge: HostBridge | undefined;
  readonly devices: readonly PciDevice[];
  /** Where devices are wished: why no guest could start with any. */
  readonly interrupts: Blocked | undefined;
}

interface HostBridge {
  readonly isThere: boolean;
  readonly acl: { readonly path: string; readonly file: FileState };
}

/** The access list of qemu-bridge-helper, as its path was compiled in: Red Hat's, and everybody else's. */
const ACLS = ['/etc/qemu-kvm/bridge.conf', '/etc/qemu/bridge.conf'] as const;

export function qemuHost({ nic, hostdev }: QemuWishes): Probe<QemuHost> {
  return all<{ [K in keyof QemuHost]: QemuHost[K] }>({
    kvm: stat('/dev/kvm'),
    bridge: nic?.bridge === undefined ? constant(undefined) : hostBridge(nic.bridge),
    devices: pciDevices,
    interrupts: hostdev === undefined ? constant(undefined) : interruptObstacle,
  });
}

function hostBridge(name: string): Probe<HostBridge> {
  const [redHat, other] = ACLS;
  const acl = (path: string) => fileState({ path, parents: true, mode: '0644', owner: 'root', group: 'root' });
  const parts = all({ folder: stat('/etc/qemu-kvm'), redHat: acl(redHat), other: acl(other), link: stat(`/sys/class/net/${name}/bridge`) });
  return map(parts, (found) => ({
    isThere: found.link !== undefined,
    acl: found.folder?.type === 'dir' ? { path: redHat, file: found.redHat } : { path: other, file: found.other },
  }));
}

/** What the access list says of a bridge: a line that denies wins wherever it stands (qemu-bridge-helper.c). */
export function aclSays(text: string, bridge: string): 'allowed' | 'unsaid' | { readonly line: number; readonly why: string } {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const find = (verb: string) =>
    lines.findIndex(([first, name]) => first === verb && (name === bridge || name === 'all' || verb === 'include'));
  const denied = find('deny');
  if (denied >= 0) return { line: denied + 1, why: `denies ${bridge}` };
  const included = find('include');
  if (included >= 0) return { line: included + 1, why: 'includes another file, which may deny it' };
  return find('allow') >= 0 ? 'allowed' : 'unsaid';
}
