import { dir, file, fileImage, glob, stat } from '../core/file.ts';
import { type Blocked, blocked } from '../core/plan.ts';
import { all, command, map, type Probe } from '../core/probe.ts';
import { containerOf, generatedEtc } from './host.ts';
import { kernelArguments } from './kernel.ts';
import { configFiles, isModule, type ModuleRule, moduleRules, namedBy } from './modprobe.ts';
import { linksUp } from './network.ts';

/** A module of the running kernel. */
interface LiveModule {
  /** As the kernel says it: live, coming, going; undefined where the module is not loaded. */
  readonly state: string | undefined;
  /** Other modules that need it. */
  readonly holders: readonly string[];
  readonly users: number;
  /** Devices that it drives, by their addresses. */
  readonly devices: readonly string[];
  /** Network links of its kind that are up. */
  readonly links: readonly string[];
}

/** A module on a host: what the kernel has, what it could load, and what it will load when it boots. */
export interface KernelModule {
  readonly live: LiveModule;
  /** The file that modprobe would load; `built in` where there is none, for it is part of the kernel. */
  readonly origin: string | undefined;
  /** What asks for it at boot, each by its place. */
  readonly loads: readonly { readonly source: string; readonly place: string }[];
  readonly rules: readonly ModuleRule[];
  /** Why no module can be configured on this host at all. */
  readonly obstacle: Blocked | undefined;
  /** Whether the kernel neither loads nor unloads modules any more: sysctl kernel.modules_disabled. */
  readonly isFrozen: boolean;
  readonly ownLoad: OwnFile;
  readonly ownRules: OwnFile;
}

type OwnFile = ReturnType<ReturnType<typeof fileImage>['parse']>;

/** Where systemd-modules-load looks, the strongest folder first, modules-load.d(5). */
const LOAD_FOLDERS = ['/etc/modules-load.d', '/run/modules-load.d', '/usr/local/lib/modules-load.d', '/usr/lib/modules-load.d'] as const;

/** Our files for a module: the one that loads it at boot, and the one that keeps it from being loaded. */
export function ownFiles(module: string) {
  const name = `drover-${module.replaceAll('-', '_')}.conf`;
  return { load: `/etc/modules-load.d/${name}`, rules: `/etc/modprobe.d/${name}` };
}

/** Everything that matters for loading a module or not, now and at boot. */
export function moduleOnHost(module: string): Probe<KernelModule> {
  const own = ownFiles(module);
  const parts = all({
    live: liveModule(module.replaceAll('-', '_')),
    origin: command('modinfo', '-F', 'filename', module),
    loads: bootLoads(module),
    rules: moduleRules(module),
    obstacle,
    disabled: file('/proc/sys/kernel/modules_disabled'),
    ownLoad: fileImage(own.load),
    ownRules: fileImage(own.rules),
  });
  return map(parts, ({ live, origin, disabled, ...rest }) => ({
    ...rest,
    live,
    origin: live.isBuiltIn ? BUILT_IN : origin.stdout.trim().replace(/^\(builtin\)$/, BUILT_IN) || undefined,
    isFrozen: disabled?.trim() === '1',
  }));
}

/** The origin of a module that is part of the kernel. */
export const BUILT_IN = 'built in';

function liveModule(module: string): Probe<LiveModule & { readonly isBuiltIn: boolean }> {
  const folder = `/sys/module/${module}`;
  const parts = all({
    folder: stat(folder),
    // Only a module that can be loaded has a state: /sys/module has parts of the kernel too.
    state: file(`${folder}/initstate`),
    users: file(`${folder}/refcnt`),
    holders: dir(`${folder}/holders`),
    devices: glob(`${folder}/drivers/*/*/modalias`),
    links: linksUp(KINDS[module] ?? module),
  });
  return map(parts, ({ folder, state, users, holders, devices, links }) => ({
    state: state?.trim(),
    isBuiltIn: folder !== undefined && state === undefined,
    users: Number(users ?? 0),
    holders: holders ?? [],
    devices: devices.map(({ path }) => path.split('/').at(-2) ?? path),
    links,
  }));
}

/** Modules whose links are of a kind with another name, ip-link(8). */
const KINDS: Readonly<Record<string, string>> = { bonding: 'bond', '8021q': 'vlan' };

function bootLoads(module: string): Probe<KernelModule['loads']> {
  return map(all({ files: configFiles(LOAD_FOLDERS), words: kernelArguments }), ({ files, words }) => [
    ...files.flatMap(({ path, content }) =>
      content.split('\n').flatMap((line, i) => (isModule(line.trim(), module) ? [{ source: path, place: `${path}:${i + 1}` }] : [])),
    ),
    ...namedBy(words, ['modules_load', 'rd.modules_load'], module).map((place) => ({ source: place, place })),
  ]);
}

const obstacle: Probe<Blocked | undefined> = map(
  all({ container: containerOf, etcBy: generatedEtc, systemd: stat('/run/systemd/system') }),
  ({ container, etcBy, systemd }) => {
    if (container !== 'none' && container !== 'unknown')
      return blocked(`the host is a container (${container})`, 'Run this on the host that it lives on, whose kernel it has.');
    if (etcBy !== undefined) return blocked(`${etcBy} makes /etc on this host`, `Name the module in the configuration of ${etcBy}.`);
    // sd_booted(3). OpenRC has other files for it.
    return systemd === undefined ? blocked('systemd does not run here', 'This task keeps modules for systemd-modules-load.') : undefined;
  },
);

/** Why the module cannot be told what to do on this host; undefined where it can. */
export function moduleObstacle(module: string, { live, origin, obstacle, ownLoad, ownRules }: KernelModule): Blocked | undefined {
  if (obstacle !== undefined) return obstacle;
  // `/lib/modules/6.1.0/kernel/drivers/net/dummy.ko.xz` holds dummy.
  const real = origin === undefined || origin === BUILT_IN ? module : (/([^/]+)\.ko(\.\w+)?$/.exec(origin)?.[1] ?? origin);
  if (!isModule(real, module)) return blocked(`${module} is an alias of ${real}`, `Name the module itself: ${real}.`);
  if (live.state === 'coming' || live.state === 'going')
    return blocked(`${module} is ${live.state}`, 'Run again; if it stays so, see `journalctl -k`.');
  const { load, rules } = ownFiles(module);
  const isOdd = [ownLoad, ownRules].some((own) => own !== undefined && own.image === undefined);
  return isOdd ? blocked(`our file for ${module} is no regular file`, `Move away what stands at ${load} or ${rules}.`) : undefined;
}

/** What would be hurt if the module went now; undefined where nothing would. A driver's users are not counted by the kernel. */
export function moduleInUse(module: string, { holders, users, devices, links }: LiveModule): string | undefined {
  if (holders.length > 0) return `${module} is needed by ${holders.join(', ')}`;
  if (users > 0) return `${module} is in use (${users})`;
  if (devices.length > 0) return `${module} drives ${devices.join(', ')}`;
  return links.length > 0 ? `${module} has links that are up: ${links.join(', ')}` : undefined;
}
