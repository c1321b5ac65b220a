import * as z from 'zod';
import { DroverError } from '../../core/errors.ts';
import { dir, file, stat } from '../../core/file.ts';
import { type Blocked, blocked } from '../../core/plan.ts';
import { ABSENT, all, commandIf, map, type Probe, type Reading } from '../../core/probe.ts';
import { DOM0_ONLY, xenCapabilities, xenRole, xenVirtCaps } from '../kernel.ts';
import { orUnknown } from '../unknown.ts';
import { type CpuidFlags, cpuidPlace, flagsBy } from './xl-cpuid.ts';

/** What is settled for a guest: in its file, or when it was created. */
export interface XenSettings {
  readonly nested: boolean;
  readonly hap: boolean;
  readonly cpuid: CpuidFlags;
}

/** A guest that runs, with what it was created with. */
export interface XenGuest extends XenSettings {
  readonly name: string;
}

/** Xen as its control domain sees it. */
export interface XenHost {
  readonly role: 'dom0' | 'domU' | 'none' | 'unknown';
  /** As `4.17`; undefined where Xen does not run. */
  readonly version: string | undefined;
  /** What guests can be, e.g. `hvm-3.0-x86_64`. */
  readonly capabilities: string;
  /** What the CPU can do for them, e.g. `pv hvm hap shadow`; empty where it cannot be told. */
  readonly virtCaps: readonly string[];
  readonly running: readonly XenGuest[];
  /** Names of guests that xendomains has saved, and starts again with what they ran with. */
  readonly saved: readonly string[];
  /** Names of guests that libvirt's Xen driver keeps. */
  readonly ofLibvirt: readonly string[];
  readonly isXapi: boolean;
}

/** `xl list -l` reads what libxl keeps of each guest; it holds a lock file of the guest for as long as it reads. */
const LIST = commandIf(DOM0_ONLY, 'xl', 'list', '-l');

export const xenHost: Probe<XenHost> = map(
  all({
    role: xenRole,
    capabilities: xenCapabilities,
    major: orUnknown(file('/sys/hypervisor/version/major')),
    minor: orUnknown(file('/sys/hypervisor/version/minor')),
    virtCaps: xenVirtCaps,
    listed: LIST,
    saved: dir('/var/lib/xen/save'),
    ofLibvirt: dir('/etc/libvirt/libxl'),
    isXapi: map(stat('/etc/xensource-inventory'), (found) => found !== undefined),
  }),
  ({ role, capabilities, major, minor, virtCaps, listed, saved, ofLibvirt, isXapi }) => ({
    role,
    capabilities,
    version: major === undefined ? undefined : `${major.trim()}.${minor?.trim() ?? ''}`,
    virtCaps,
    running: listed.status === ABSENT ? [] : parseXlList(listed),
    saved: saved ?? [],
    ofLibvirt: (ofLibvirt ?? []).filter((name) => name.endsWith('.xml')).map((name) => name.slice(0, -'.xml'.length)),
    isXapi,
  }),
);

/** As `Xen 4.17`. */
export function xenName({ version }: XenHost): string {
  return version === undefined ? 'Xen' : `Xen ${version}`;
}

/** Why nothing can be done for guests on this host; undefined where it can. */
export function xenObstacle(host: XenHost): Blocked | undefined {
  const { role, isXapi, version } = host;
  if (isXapi) return blocked('XenServer or XCP-ng keeps the guests of this host', 'Use the task xcpng.nested.');
  if (role !== 'dom0') {
    return blocked(
      `this is not the control domain of Xen (${role === 'domU' ? 'it is a guest of Xen' : `Xen: ${role}`})`,
      'Take this host out of the group, or boot Xen.',
    );
  }
  if (Number(version?.split('.')[0]) < 4 || /^4\.[0-3]$/.test(version ?? '')) {
    return blocked(`${xenName(host)} does not nest guests`, 'Xen 4.4 was the first to.');
  }
  return undefined;
}

/** libxl's boolean that may be left to Xen. */
const Defbool = z.enum(['True', 'False', '<default>']).optional();
const Leaf = z.looseObject({ leaf: z.int(), ecx: z.string().optional() });
/** A bare list in older Xen, which does not know MSRs beside it. */
const Cpuid = z.union([z.array(Leaf), z.looseObject({ cpuid: z.array(Leaf).optional() })]).nullish();
const Listed = z.array(
  z.looseObject({
    config: z.looseObject({
      c_info: z.looseObject({ name: z.string(), hap: Defbool }),
      // Where nested_hvm stands moved with Xen 4.11.
      b_info: z.looseObject({ nested_hvm: Defbool, 'type.hvm': z.looseObject({ nested_hvm: Defbool }).optional(), cpuid: Cpuid }),
    }),
  }),
);

/** The guests of `xl list -l`. Throws STATE_UNREADABLE. */
function parseXlList({ status, stdout, stderr }: Reading): readonly XenGuest[] {
  const failed = (why: string) => new DroverError('STATE_UNREADABLE', `xl list -l: ${why}`);
  if (status !== 0) throw failed(stderr.trim() || `status ${status}`);
  const listed = Listed.safeParse(json(stdout));
  if (!listed.success) throw failed('its answer is not understood');
  return listed.data.map(({ config: { c_info, b_info } }) => ({
    name: c_info.name,
    nested: (b_info.nested_hvm ?? b_info['type.hvm']?.nested_hvm) === 'True',
    hap: c_info.hap !== 'False',
    cpuid: flagsOf(b_info.cpuid),
  }));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function flagsOf(policy: z.output<typeof Cpuid>): CpuidFlags {
  const leaves = Array.isArray(policy) ? policy : (policy?.cpuid ?? []);
  return flagsBy((flag) => {
    const { leaf, register, offset } = cpuidPlace(flag);
    return leaves.findLast((one) => one.leaf === leaf && one[register] !== undefined)?.[register]?.[offset];
  });
}
