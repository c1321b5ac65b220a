import { file, stat } from '../core/file.ts';
import { all, command, commandIf, map, type Probe } from '../core/probe.ts';
import { splitWords } from './kernel-words.ts';
import { orUnknown } from './unknown.ts';

/** What a CPU calls its virtualization extension. */
export type CpuExtension = 'vmx' | 'svm' | 'sie';

/** The CPU as the kernel sees it. */
export interface Cpu {
  /** As the CPU names its maker: GenuineIntel, AuthenticAMD, IBM/S390; undefined where /proc/cpuinfo has none. */
  readonly vendor: string | undefined;
  /** Undefined where the kernel shows none: absent, masked by a hypervisor, or off in the firmware. */
  readonly extension: CpuExtension | undefined;
  /** Whether the CPU says that it is a guest's. */
  readonly isGuest: boolean;
}

/**
 * The first CPU of /proc/cpuinfo. Two lines of it only: the file also has clock rates, which differ from look to look, and a
 * kilobyte or two for each CPU.
 */
export const cpu: Probe<Cpu> = map(
  command('grep', '-m', '2', '-E', '^(vendor_id|flags|features)[[:space:]]*:', '/proc/cpuinfo'),
  ({ stdout }) => parseCpu(stdout),
);

/** Understands the lines `vendor_id`, `flags` (x86) and `features` (s390x). Words are compared whole: AMD has `svm_lock`, Intel `vmx flags`. */
export function parseCpu(text: string): Cpu {
  const vendor = /^vendor_id\s*:\s*(\S+)/m.exec(text)?.[1];
  const words = new Set(/^(?:flags|features)\s*:(.*)$/m.exec(text)?.[1]?.split(/\s+/));
  const extension = (['vmx', 'svm', 'sie'] as const).find((word) => words.has(word));
  return { vendor, extension, isGuest: words.has('hypervisor') };
}

/** A loaded module: one of its parameters, and how many hold it. */
export interface LoadedModule {
  /** As the kernel prints it; undefined where the module has no such parameter. */
  readonly value: string | undefined;
  /** Undefined where the module is part of the kernel and cannot be unloaded. */
  readonly users: number | undefined;
}

/** A module's parameter while it is loaded; undefined where the kernel does not have the module. */
export function loadedModule(module: string, parameter: string): Probe<LoadedModule | undefined> {
  const folder = `/sys/module/${module}`;
  const parts = all({
    folder: stat(folder),
    value: file(`${folder}/parameters/${parameter}`),
    users: file(`${folder}/refcnt`),
  });
  return map(parts, ({ folder, value, users }) =>
    folder === undefined ? undefined : { value: value?.trim(), users: users === undefined ? undefined : Number(users) },
  );
}

/** Which of the modules modprobe could load from disk. */
export function loadableModules(...modules: readonly string[]): Probe<readonly string[]> {
  return map(command('modinfo', '-F', 'filename', ...modules), ({ stdout }) => {
    const files = stdout.split('\n').map((path) => /([^/]+)\.ko(\.\w+)?$/.exec(path)?.[1]?.replaceAll('-', '_'));
    return modules.filter((module) => files.includes(module));
  });
}

/** The kernel's command line, word by word; a quoted value may hold blanks. */
export const kernelArguments: Probe<readonly string[]> = map(file('/proc/cmdline'), (text = '') => splitWords(text));

/** What the host is under Xen: its control domain, a guest, or neither. */
export const xenRole: Probe<'dom0' | 'domU' | 'none' | 'unknown'> = map(
  all({ type: orUnknown(file('/sys/hypervisor/type')), capabilities: orUnknown(file('/proc/xen/capabilities')) }),
  ({ type, capabilities }) => {
    if (capabilities?.includes('control_d') === true) return 'dom0';
    if (type === 'unknown') return 'unknown';
    return type?.trim() === 'xen' ? 'domU' : 'none';
  },
);

/** What Xen lets its guests be, as its control domain reads it, e.g. `xen-3.0-x86_64 hvm-3.0-x86_64`; empty where Xen does not run. */
export const xenCapabilities: Probe<string> = map(orUnknown(file('/sys/hypervisor/properties/capabilities')), (text) => text?.trim() ?? '');

/** There only in the control domain (Linux: drivers/xen/xenfs/super.c), so that nothing is asked elsewhere. */
export const DOM0_ONLY = '/proc/xen/xsd_port';

/** What the machine can do for guests, as Xen tells its control domain, e.g. `pv hvm hvm_directio hap`; empty where it cannot be told. */
export const xenVirtCaps: Probe<readonly string[]> = map(commandIf(DOM0_ONLY, 'xl', 'info', 'virt_caps'), ({ stdout }) =>
  stdout
    .replace(/^virt_caps\s*:/, '')
    .trim()
    .split(/\s+/)
    .filter(Boolean),
);
