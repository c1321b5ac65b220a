import { type FileImage, fileImage, glob } from '../core/file.ts';
import { type Blocked, blocked } from '../core/plan.ts';
import { all, map, type Probe } from '../core/probe.ts';
import { guestName } from './boot/boot-reasons.ts';
import { containerOf, generatedEtc } from './host.ts';
import { type Cpu, cpu, type LoadedModule, loadableModules, loadedModule, xenRole } from './kernel.ts';
import { type ModuleOption, moduleOptions } from './modprobe.ts';
import { runningQemus } from './qemu/running.ts';
import { orUnknown } from './unknown.ts';

/** The module that turns a CPU's extension into /dev/kvm. */
const KVM_MODULES = { vmx: 'kvm_intel', svm: 'kvm_amd' } as const;

export type KvmModule = (typeof KVM_MODULES)[keyof typeof KVM_MODULES];

/** A host as somebody sees it who wants to set an option of its KVM module. */
export interface KvmHost {
  readonly cpu: Cpu;
  readonly container: string;
  readonly xen: string;
  readonly etcBy: string | undefined;
  readonly loadable: readonly string[];
  readonly live: { readonly [module in KvmModule]: LoadedModule | undefined };
  readonly options: { readonly [module in KvmModule]: readonly ModuleOption[] };
  /** Guests that run: those of libvirt, and others that KVM runs. */
  readonly guests: readonly string[];
  /** Our own file of options. */
  readonly conf: { readonly image?: FileImage } | undefined;
}

/** Everything that matters for a parameter of the KVM modules, `conf` being the file to set it in. */
export function kvmHost(parameter: string, conf: string): Probe<KvmHost> {
  return all<{ [K in keyof KvmHost]: KvmHost[K] }>({
    cpu,
    container: containerOf,
    xen: xenRole,
    etcBy: generatedEtc,
    loadable: loadableModules(...Object.values(KVM_MODULES)),
    live: all({ kvm_intel: loadedModule('kvm_intel', parameter), kvm_amd: loadedModule('kvm_amd', parameter) }),
    options: all({ kvm_intel: moduleOptions('kvm_intel', parameter), kvm_amd: moduleOptions('kvm_amd', parameter) }),
    guests: guestsOfKvm,
    conf: fileImage(conf),
  });
}

/** By their names; libvirt keeps the process of each of its own. */
const guestsOfKvm: Probe<readonly string[]> = map(
  all({ libvirt: orUnknown(glob('/run/libvirt/qemu/*.xml')), qemus: orUnknown(runningQemus) }),
  ({ libvirt, qemus }) => {
    const own = (libvirt === 'unknown' ? [] : libvirt).map(({ path, content }) => ({
      name: guestName(path),
      pid: Number(/\bpid='(\d+)'/.exec(content)?.[1]),
    }));
    const others = (qemus === 'unknown' ? [] : qemus).filter(({ pid, line }) => /kvm/.test(line) && !own.some((one) => one.pid === pid));
    const names = others.map(({ line }) => / --?name (?:guest=)?([^ ,]+)/.exec(line)?.[1] ?? 'a QEMU without a name');
    return [...own.map(({ name }) => name), ...names];
  },
);

/** The KVM module that this CPU needs; undefined where it shows no extension that we know a module for. */
export function kvmModuleOf({ extension }: Cpu): KvmModule | undefined {
  return extension === 'vmx' || extension === 'svm' ? KVM_MODULES[extension] : undefined;
}

/** The KVM module whose options can be set on this host, or why there is none. */
export function kvmModule(host: KvmHost): KvmModule | Blocked {
  const { container, xen, etcBy } = host;
  if (container !== 'none' && container !== 'unknown')
    return blocked(`the host is a container (${container})`, 'Run this on the host that it lives on.');
  if (xen === 'dom0' || xen === 'domU') return blocked(`the host is under Xen (${xen}), where KVM does not run`, 'Leave this host out.');
  if (etcBy !== undefined) return blocked(`${etcBy} makes /etc on this host`, `Set the module's option in the configuration of ${etcBy}.`);
  if (host.cpu.extension === 'sie') return blocked('nesting on s390x is not supported', 'Leave this host out.');
  const module = kvmModuleOf(host.cpu);
  if (module === undefined) {
    return blocked(
      'the CPU shows neither VT-x nor AMD-V',
      'Turn virtualization on in the firmware; in a guest, let its hypervisor pass the CPU flag through.',
    );
  }
  if (host.live[module] === undefined && !host.loadable.includes(module))
    return blocked(`this kernel has no ${module}`, 'Boot a kernel that has KVM.');
  if (host.conf !== undefined && host.conf.image === undefined)
    return blocked('our file in /etc/modprobe.d is no regular file', 'Move it away first.');
  return module;
}

/** A boolean parameter, however it is written: Intel's is a bool (Y, N), AMD's an int, of which all but 0 is on. */
export function isOn(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : /^[Yy]/.test(value) || Math.abs(Number(value)) > 0;
}

/** Who uses the module, as far as it is known: ` by web, db`. */
export function usersOf({ guests }: KvmHost): string {
  return guests.length === 0 ? '' : ` by ${guests.join(', ')}`;
}
