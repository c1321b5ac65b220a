import { dir, type FileImage, file, fileImage, glob, stat } from '../../core/file.ts';
import { all, each, map, type Probe } from '../../core/probe.ts';

/** A domain of the system's QEMU driver, as libvirt keeps it. */
export interface Domain {
  readonly name: string;
  /** What its next start reads, as libvirt saves it: with passwords, where it has some. */
  readonly configured: string | undefined;
  /** What it runs with; undefined while it is shut off. */
  readonly live: string | undefined;
  readonly hasSnapshots: boolean;
  readonly isSaved: boolean;
  /** What an earlier run left, where it was cut off. */
  readonly staged: { readonly [K in keyof StagedPaths]: FileImage | undefined };
}

/** The domains that a step names, and the patterns that none fits. */
export interface Domains {
  readonly found: readonly Domain[];
  readonly unmatched: readonly string[];
  readonly isProxmox: boolean;
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

/** Where it keeps what a domain runs with, while it runs. */
export function stateFile(name: string): string {
  return `/run/libvirt/qemu/${name}.xml`;
}

/**
 * The domains from the files of libvirt's QEMU driver (src/qemu/qemu_conf.c: configDir, stateDir, snapshotDir, saveDir), not from
 * virsh, whose question would start a sleeping daemon through its socket. The saved definition holds what
 * `virsh dumpxml --inactive --security-info` shows, the state's file what it runs with.
 */
export function domainsNamed(selectors: readonly string[]): Probe<Domains> {
  const parts = all<{ isProxmox: boolean; named: readonly (readonly Domain[])[] }>({
    isProxmox: map(stat('/etc/pve'), (found) => found !== undefined),
    named: each(selectors.map((one) => (isPattern(one) ? matching(one) : map(domain(one), (found) => [found])))),
  });
  return map(parts, ({ isProxmox, named }) => ({
    isProxmox,
    found: [...new Map(named.flat().map((one) => [one.name, one])).values()],
    unmatched: selectors.filter((_, i) => named[i]?.length === 0),
  }));
}

function isPattern(selector: string): boolean {
  return /[*?]/.test(selector);
}

function domain(name: string): Probe<Domain> {
  const paths = stagedPaths(name);
  const image = (path: string) => map(fileImage(path), (found) => found?.image);
  const parts = all<{ [K in keyof Omit<Domain, 'name'>]: Domain[K] }>({
    configured: file(domainFile(name)),
    live: file(stateFile(name)),
    hasSnapshots: map(dir(`/var/lib/libvirt/qemu/snapshot/${name}`), (names) => (names ?? []).length > 0),
    isSaved: map(stat(`/var/lib/libvirt/qemu/save/${name}.save`), (found) => found !== undefined),
    staged: all({ old: image(paths.old), new: image(paths.new) }),
  });
  return map(parts, (found) => ({ name, ...found }));
}

/** All domains whose names fit, also those that only run. The staged files are ours, so their mode and owner are known. */
function matching(pattern: string): Probe<readonly Domain[]> {
  const parts = all({
    configured: glob(domainFile(pattern)),
    live: glob(stateFile(pattern)),
    snapshots: glob(`/var/lib/libvirt/qemu/snapshot/${pattern}/*.xml`),
    saved: map(dir('/var/lib/libvirt/qemu/save'), (names) => names ?? []),
    staged: glob(`/run/drover-domain-${pattern}.xml`),
  });
  return map(parts, ({ configured, live, snapshots, saved, staged }) => {
    const names = new Set([...configured, ...live].map(({ path }) => path.slice(path.lastIndexOf('/') + 1, -'.xml'.length)));
    const contentOf = (files: typeof live, path: string) => files.find((one) => one.path === path)?.content;
    const image = (path: string) => {
      const content = contentOf(staged, path);
      return content === undefined ? undefined : { content, mode: 0o600, owner: 'root', group: 'root' };
    };
    return [...names].sort().map((name) => ({
      name,
      configured: contentOf(configured, domainFile(name)),
      live: contentOf(live, stateFile(name)),
      hasSnapshots: snapshots.some(({ path }) => path.split('/').at(-2) === name),
      isSaved: saved.includes(`${name}.save`),
      staged: { old: image(stagedPaths(name).old), new: image(stagedPaths(name).new) },
    }));
  });
}
