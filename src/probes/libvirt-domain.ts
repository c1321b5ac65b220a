import { dir, type FileImage, file, fileImage, stat } from '../core/file.ts';
import { type Blocked, blocked } from '../core/plan.ts';
import { all, map, type Probe } from '../core/probe.ts';
import { readXml, type XmlElement } from './xml-edit.ts';

/** A domain of the system's QEMU driver, as libvirt keeps it. */
export interface Domain {
  /** What its next start reads, as libvirt saves it: with passwords, where it has some. */
  readonly configured: string | undefined;
  /** What it runs with; undefined while it is shut off. */
  readonly live: string | undefined;
  readonly snapshots: readonly string[];
  readonly isSaved: boolean;
  readonly isProxmox: boolean;
  /** What an earlier run left, where it was cut off. */
  readonly staged: { readonly [K in keyof StagedPaths]: FileImage | undefined };
}

/** A domain that can be told another definition. */
export interface Definable {
  readonly text: string;
  readonly root: XmlElement;
  readonly live: XmlElement | undefined;
}

interface StagedPaths {
  readonly old: string;
  readonly new: string;
}

/** Where a definition lies while virsh reads it: in memory, and for root alone. */
export function stagedPaths(name: string): StagedPaths {
  return { old: `/run/drover-domain-${name}.old.xml`, new: `/run/drover-domain-${name}.new.xml` };
}

/** Where libvirt's QEMU driver saves what a domain starts with. */
export function domainFile(name: string): string {
  return `/etc/libvirt/qemu/${name}.xml`;
}

/**
 * The domain from the files of libvirt's QEMU driver (src/qemu/qemu_conf.c: configDir, stateDir, snapshotDir, saveDir), not from
 * virsh, whose question would start a sleeping daemon through its socket. The saved definition holds what
 * `virsh dumpxml --inactive --security-info` shows, the state's file what it runs with.
 */
export function domain(name: string): Probe<Domain> {
  const paths = stagedPaths(name);
  const image = (path: string) => map(fileImage(path), (found) => found?.image);
  return all<{ [K in keyof Domain]: Domain[K] }>({
    configured: file(domainFile(name)),
    live: file(`/run/libvirt/qemu/${name}.xml`),
    snapshots: map(dir(`/var/lib/libvirt/qemu/snapshot/${name}`), (names) => names ?? []),
    isSaved: map(stat(`/var/lib/libvirt/qemu/save/${name}.save`), (found) => found !== undefined),
    isProxmox: map(stat('/etc/pve'), (found) => found !== undefined),
    staged: all({ old: image(paths.old), new: image(paths.new) }),
  });
}

/** Whether passwords stand in a definition: those of VNC and SPICE, and whatever is said to QEMU past libvirt. */
export function holdsSecret(text: string): boolean {
  return /\bpasswd\s*=|<qemu:/.test(text);
}

/** The domain's definition, or why it is not ours to change. */
export function definable(name: string, found: Domain): Definable | Blocked {
  const { configured, live, snapshots, isSaved, isProxmox } = found;
  if (isProxmox) return blocked('Proxmox VE owns the guests of this host', 'Change them with qm.');
  if (configured === undefined) {
    if (live === undefined) return blocked(`there is no domain ${name}`, 'Check the name with `virsh list --all`, or define it first.');
    return blocked(`${name} is transient: it has no definition to change`, 'Define it first, or change what creates it.');
  }
  const parsed = readXml(configured);
  if (!parsed.ok || parsed.root.name !== 'domain') {
    return blocked(`${domainFile(name)}:${parsed.ok ? `1: <${parsed.root.name}> is no domain` : parsed.because}`, 'Define it anew.');
  }
  // The namespace of the metadata that vdsm keeps in every domain of its own.
  if (/ovirt\.org\/vm\//.test(configured))
    return blocked(`oVirt owns ${name}`, 'Change it in the engine: vdsm writes its definition anew.');
  if (isSaved) {
    return blocked(
      `${name} has a managed save image, which the next start resumes with the old definition`,
      'Start it once, or drop the image with `virsh managedsave-remove`.',
    );
  }
  if (snapshots.length > 0) {
    return blocked(
      `${name} has snapshots, and going back to one brings the old definition back`,
      'Delete them with `virsh snapshot-delete` first.',
    );
  }
  const state = live === undefined ? undefined : readXml(live);
  const running = state?.ok === true ? state.root.children.find((child) => child.name === 'domain') : undefined;
  if (state !== undefined && running === undefined) {
    return blocked(`/run/libvirt/qemu/${name}.xml holds no domain`, 'Look at the log of libvirt, and restart its daemon.');
  }
  return { text: configured, root: parsed.root, live: running };
}
