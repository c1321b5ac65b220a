import { type Blocked, blocked } from '../../core/plan.ts';
import { type Domain, domainFile, stateFile } from './domain.ts';
import { readXml, type XmlElement } from './xml.ts';

/** A domain that can be told another definition. */
export interface Definable {
  readonly domain: Domain;
  readonly text: string;
  readonly root: XmlElement;
  /** What it runs with. */
  readonly live: XmlElement | undefined;
  /** running, paused and so on, as libvirt calls it; of one that is shut off, nothing. */
  readonly state: string | undefined;
}

/** Names that may be part of a path; libvirt takes more. */
export const DOMAIN_NAME = /^[A-Za-z0-9_][\w.+-]*$/;

/** Whether passwords stand in a definition: those of VNC and SPICE, and whatever is said to QEMU past libvirt. */
export function holdsSecret(text: string): boolean {
  return /\bpasswd\s*=|<qemu:/.test(text);
}

/** Managers that write the definitions of their domains anew, by the namespace of the metadata that each keeps in them. */
const OWNERS: readonly (readonly [namespace: RegExp, owner: string, hint: string])[] = [
  [/ovirt\.org\/vm\//, 'oVirt', 'Change it in the engine: vdsm writes its definition anew.'],
  [/openstack\.org\/xmlns\/libvirt\/nova\//, 'OpenStack', 'Change its flavor or its image: nova writes its definition anew.'],
  [/\bkubevirt\.io\b/, 'KubeVirt', 'Change its VirtualMachine: its definition is made of that.'],
];

/** The domain's definition, or why it is not ours to change. */
export function definable(domain: Domain): Definable | Blocked {
  const { name, configured } = domain;
  if (!DOMAIN_NAME.test(name)) return blocked(`${JSON.stringify(name)} has signs in its name that are not taken`, 'Rename it.');
  // Those of oVirt are transient, and must not be defined.
  const owner = OWNERS.find(([namespace]) => [configured, domain.live].some((text) => text !== undefined && namespace.test(text)));
  if (owner !== undefined) return blocked(`${owner[1]} owns ${name}`, owner[2]);
  if (configured === undefined) {
    if (domain.live === undefined) {
      return blocked(`there is no domain ${name}`, 'Check the name with `virsh list --all`, or define it first.');
    }
    return blocked(`${name} is transient: it has no definition to change`, 'Define it first, or change what creates it.');
  }
  const parsed = readXml(configured);
  if (!parsed.ok || parsed.root.name !== 'domain') {
    return blocked(`${domainFile(name)}:${parsed.ok ? `1: <${parsed.root.name}> is no domain` : parsed.because}`, 'Define it anew.');
  }
  const held = heldBy(domain);
  if (held !== undefined) return held;
  const state = domain.live === undefined ? undefined : readXml(domain.live);
  const status = state?.ok === true ? state.root : undefined;
  const live = status?.children.find((child) => child.name === 'domain');
  if (state !== undefined && live === undefined) {
    return blocked(`${stateFile(name)} holds no domain`, 'Look at the log of libvirt, and restart its daemon.');
  }
  return { domain, text: configured, root: parsed.root, live, state: status?.attributes['state'] };
}

/** What else has its hand on the definition. */
function heldBy({ name, isSaved, hasSnapshots }: Domain): Blocked | undefined {
  if (isSaved) {
    return blocked(
      `${name} has a managed save image, which the next start resumes with the old definition`,
      'Start it once, or drop the image with `virsh managedsave-remove`.',
    );
  }
  if (!hasSnapshots) return undefined;
  return blocked(
    `${name} has snapshots, and going back to one brings the old definition back`,
    'Delete them with `virsh snapshot-delete` first.',
  );
}
