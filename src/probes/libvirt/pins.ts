import * as z from 'zod';
import { type Blocked, blocked } from '../../core/plan.ts';
import { CpuSet, cpusIn, sameCpus } from './cpu-set.ts';
import { type Unmet, unmetBy } from './wish.ts';
import { childOf, childrenOf, elementAt, type XmlElement } from './xml.ts';
import { addAt } from './xml-edit.ts';

export const Pins = z
  .strictObject({
    vcpus: z.array(CpuSet).min(1).optional().describe('Where its virtual CPUs run: the first entry is that of vCPU 0.'),
    emulator: CpuSet.optional().describe('Where the rest of QEMU runs.'),
    iothreads: z.array(CpuSet).min(1).optional().describe('Where its I/O threads run: the first entry is that of thread 1.'),
  })
  .refine((pins) => Object.keys(pins).length > 0, 'say vcpus, emulator or iothreads');
type Pins = z.output<typeof Pins>;

/** libvirt takes more, but no host does. */
export const IoThreads = z.int().min(0).max(64);

/** One thread or group of threads, and where it is to run. */
interface Pin {
  readonly name: 'vcpupin' | 'emulatorpin' | 'iothreadpin';
  readonly key?: 'vcpu' | 'iothread';
  readonly number: number;
  readonly cpus: string;
}

function pinsIn({ vcpus = [], emulator, iothreads = [] }: Pins): readonly Pin[] {
  const ofVcpus = vcpus.map((cpus, number): Pin => ({ name: 'vcpupin', key: 'vcpu', number, cpus: String(cpus) }));
  const ofThreads = iothreads.map((cpus, i): Pin => ({ name: 'iothreadpin', key: 'iothread', number: i + 1, cpus: String(cpus) }));
  const ofEmulator: readonly Pin[] = emulator === undefined ? [] : [{ name: 'emulatorpin', number: 0, cpus: String(emulator) }];
  return [...ofVcpus, ...ofEmulator, ...ofThreads];
}

/** Sets are compared by what they mean: libvirt writes `0,1` as `0-1`. */
export function unmetPins(root: XmlElement, pins: Pins): readonly Unmet[] {
  return pinsIn(pins).flatMap(({ name, key, number, cpus }) => {
    const all = childrenOf(childOf(root, 'cputune'), name);
    const there = all.find(({ attributes }) => key === undefined || attributes[key] === String(number));
    const words = `${name}${key === undefined ? '' : ` ${number}`} ${there?.attributes['cpuset'] ?? 'unset'}`;
    if (there === undefined) {
      const attributes = { ...(key === undefined ? {} : { [key]: String(number) }), cpuset: cpus };
      return unmetBy(words, [addAt(root, ['cputune'], { name, attributes })]);
    }
    if (sameCpus(there.attributes['cpuset'] ?? '', cpus)) return [];
    return unmetBy(words, [{ kind: 'set', element: there, attributes: { cpuset: cpus } }]);
  });
}

/** libvirt drops a pin of a vCPU that is not there without a word, and takes CPUs that the host lacks until the start. */
export function objectionToPins(
  name: string,
  root: XmlElement,
  want: { pins: Pins; iothreads: number; online: string },
): Blocked | undefined {
  const vcpus = Number(childOf(root, 'vcpu')?.text ?? 1);
  const online = cpusIn(want.online);
  for (const { name: what, number, cpus } of pinsIn(want.pins)) {
    if (what === 'vcpupin' && number >= vcpus) {
      return blocked(`${name} has ${vcpus} vCPUs, and vCPU ${number} was to be pinned`, 'Say as many entries as it has vCPUs, or fewer.');
    }
    if (what === 'iothreadpin' && number > want.iothreads) {
      return blocked(`${name} has ${want.iothreads} I/O threads, and thread ${number} was to be pinned`, 'Say iothreads too.');
    }
    const lacking = [...cpusIn(cpus)].filter((cpu) => !online.has(cpu));
    if (lacking.length > 0) {
      return blocked(`the host has no CPU ${lacking.join(', ')} online; it has ${want.online.trim()}`, 'Say CPUs that it has.');
    }
  }
  return undefined;
}

/** How many I/O threads a definition has. */
export function ioThreadsIn(root: XmlElement): number {
  return Number(childOf(root, 'iothreads')?.text ?? 0);
}

export function unmetIoThreads(root: XmlElement, wanted: number): readonly Unmet[] {
  const there = ioThreadsIn(root);
  if (there === wanted) return [];
  const element = childOf(root, 'iothreads');
  const text = String(wanted);
  return unmetBy(`iothreads ${there}`, [
    element === undefined ? { kind: 'add', parent: root, child: { name: 'iothreads', text } } : { kind: 'fill', element, text },
  ]);
}

/** What hangs on threads that would be no more, or has numbers of its own. */
export function objectionToIoThreads(name: string, root: XmlElement, wanted: number): Blocked | undefined {
  const there = ioThreadsIn(root);
  if (childOf(root, 'iothreadids') !== undefined && there !== wanted) {
    return blocked(`${name} numbers its I/O threads one by one`, 'Change them with `virsh iothreadadd` and `virsh iothreaddel`.');
  }
  const users = [
    ...childrenOf(childOf(root, 'devices'), 'disk').map((disk) => elementAt(disk, 'driver')),
    ...childrenOf(childOf(root, 'devices'), 'controller').map((controller) => elementAt(controller, 'driver')),
    ...childrenOf(childOf(root, 'cputune'), 'iothreadpin'),
  ];
  const last = Math.max(0, ...users.map((user) => Number(user?.attributes['iothread'] ?? 0)));
  if (last <= wanted) return undefined;
  return blocked(`${name} uses its I/O thread ${last}, and was to have ${wanted}`, 'Take it from the disk, controller or pin first.');
}
