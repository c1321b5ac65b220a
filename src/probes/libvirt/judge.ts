import type { Blocked } from '../../core/plan.ts';
import { objectionToCpu, unmetCpu } from './cpu.ts';
import { objectionToHostdevs, unmetHostdevs } from './devices.ts';
import { objectionToDisks } from './disk-checks.ts';
import { unmetDisks } from './disks.ts';
import { objectionToFeatures, unmetFeatures } from './features.ts';
import type { HostFacts } from './host-facts.ts';
import { objectionToPages, unmetPages } from './memory.ts';
import { objectionToNics, unmetNics } from './nics.ts';
import { ioThreadsIn, objectionToIoThreads, objectionToPins, unmetIoThreads, unmetPins } from './pins.ts';
import type { DomainSettings } from './settings.ts';
import type { Unmet } from './wish.ts';
import type { XmlElement } from './xml.ts';

/** What of a definition is otherwise than wanted; works for both that a domain has. */
export function unmetIn(root: XmlElement, settings: DomainSettings): readonly Unmet[] {
  const { cpu, nic, disk, hostdev, hugepages, iothreads, pins } = settings;
  return [
    ...(cpu === undefined ? [] : unmetCpu(root, cpu)),
    ...(nic === undefined ? [] : unmetNics(root, nic)),
    ...(iothreads === undefined ? [] : unmetIoThreads(root, iothreads)),
    ...(disk === undefined ? [] : unmetDisks(root, disk)),
    ...(hostdev === undefined ? [] : unmetHostdevs(root, hostdev)),
    ...unmetFeatures(root, settings),
    ...(hugepages === undefined ? [] : unmetPages(root, hugepages)),
    ...(pins === undefined ? [] : unmetPins(root, pins)),
  ];
}

/** Why a domain cannot be as wanted, of what libvirt would take and then not start, or what would harm the guest. */
export function objectionTo(name: string, root: XmlElement, want: { settings: DomainSettings; host: HostFacts }): Blocked | undefined {
  const { cpu, nic, disk, hostdev, hugepages, iothreads, pins } = want.settings;
  const { bridges, pci, interrupts, devices, online, domains } = want.host;
  const threads = iothreads ?? ioThreadsIn(root);
  const foreign = domains.filter((one) => one.name !== name);
  const others = foreign.map((one) => [one.name, one.root] as const);
  const running = foreign.filter(({ runs }) => runs).map((one) => [one.name, one.root] as const);
  return (
    (cpu && objectionToCpu(name, root, cpu)) ??
    (nic && objectionToNics(name, root, { nics: nic, bridges })) ??
    (iothreads === undefined ? undefined : objectionToIoThreads(name, root, iothreads)) ??
    (disk && objectionToDisks(name, root, { disks: disk, iothreads: threads, devices, others })) ??
    (hostdev && objectionToHostdevs(root, { addresses: hostdev, devices: pci, interrupts, running })) ??
    objectionToFeatures(name, root, want.settings) ??
    (hugepages === undefined ? undefined : objectionToPages(name, root, hugepages)) ??
    (pins && objectionToPins(name, root, { pins, iothreads: threads, online }))
  );
}
