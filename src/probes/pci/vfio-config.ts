import { dir, file, fileImage, stat } from '../../core/file.ts';
import { all, map, type Probe } from '../../core/probe.ts';
import { lineNumbers, withLine } from '../line-edit.ts';
import { type ModuleOption, type ModuleRule, moduleOptions, moduleRules } from '../modprobe.ts';
import { isOfClass, type PciDevice } from './pci.ts';

type Found = ReturnType<ReturnType<typeof fileImage>['parse']>;

/** Our options for vfio-pci, and what puts them into an initramfs. */
export const VFIO_CONF = '/etc/modprobe.d/drover-vfio.conf';
export const DRIVERCTL_FOLDER = '/etc/driverctl.d';

/** The tools that make an initramfs, and the file that tells each of modules to put in. */
const TOOLS = {
  'update-initramfs': { path: '/usr/sbin/update-initramfs', config: '/etc/initramfs-tools/modules' },
  dracut: { path: '/usr/bin/dracut', config: '/etc/dracut.conf.d/drover-vfio.conf' },
} as const;

type InitramfsTool = keyof typeof TOOLS;

/** `-H` of dracut leaves /etc/modprobe.d out where the image is for any host, so our file is named (90kernel-modules of dracut). */
const DRACUT_CONFIG = `force_drivers+=" vfio_pci vfio vfio_iommu_type1 "\ninstall_items+=" ${VFIO_CONF} "\n`;

/** Where a host says that devices go to vfio-pci at boot. */
export interface VfioConfig {
  readonly ids: readonly ModuleOption[];
  readonly rules: readonly ModuleRule[];
  readonly conf: Found;
  /** The tool that makes the initramfs, with its file of modules. */
  readonly tool: { readonly name: InitramfsTool; readonly config: string; readonly found: Found } | undefined;
  /** The images in /boot. */
  readonly images: readonly string[];
  /** Whether udev gives devices the drivers that driverctl has on file. */
  readonly hasDriverctl: boolean;
  readonly driverctlFolder: boolean;
  /** What driverctl has on file, by address. */
  readonly overrides: Readonly<Record<string, Found>>;
}

/** All of it, for devices at these addresses. */
export function vfioConfig(addresses: readonly string[]): Probe<VfioConfig> {
  const parts = all({
    ids: moduleOptions('vfio_pci', 'ids'),
    rules: moduleRules('vfio_pci'),
    conf: fileImage(VFIO_CONF),
    debian: all({ tool: stat(TOOLS['update-initramfs'].path), found: fileImage(TOOLS['update-initramfs'].config) }),
    dracut: all({ tool: stat(TOOLS.dracut.path), found: fileImage(TOOLS.dracut.config) }),
    images: map(dir('/boot'), (names) => names?.filter((name) => /^init(rd|ramfs)/.test(name)) ?? []),
    rule: file('/usr/lib/udev/rules.d/05-driverctl.rules'),
    driverctlFolder: map(stat(DRIVERCTL_FOLDER), (found) => found !== undefined),
    overrides: all<Record<string, Found>>(Object.fromEntries(addresses.map((address) => [address, fileImage(overrideFile(address))]))),
  });
  return map(parts, ({ debian, dracut, rule, ...rest }) => {
    const name = debian.tool !== undefined ? 'update-initramfs' : dracut.tool !== undefined ? 'dracut' : undefined;
    const found = name === 'dracut' ? dracut.found : debian.found;
    return {
      ...rest,
      tool: name === undefined ? undefined : { name, config: TOOLS[name].config, found },
      // The file that the rule looks for has had another name in the past.
      hasDriverctl: rule?.includes('/etc/driverctl.d/$env{SUBSYSTEM}-$kernel') === true,
    };
  });
}

/** Where driverctl has on file which driver a device gets (driverctl 0.111). */
export function overrideFile(address: string): string {
  return `${DRIVERCTL_FOLDER}/pci-${address}`;
}

/** What the boot will do with a device: the file that says that vfio-pci takes it; undefined where none does. */
export function keptBy(config: VfioConfig, device: PciDevice): string | undefined {
  const { hasDriverctl, overrides, ids } = config;
  if (hasDriverctl && overrides[device.address]?.image?.content.trim() === 'vfio-pci') return overrideFile(device.address);
  const heard = ids.at(-1);
  if (heard?.value.toLowerCase().split(',').includes(device.id) !== true) return undefined;
  if (heard.source !== VFIO_CONF) return heard.source;
  const edit = withIds(config.conf?.image?.content, [device], new Map());
  return edit.text === config.conf?.image?.content && earlyText(config) === config.tool?.found?.image?.content ? VFIO_CONF : undefined;
}

/** What the initramfs' tool is to be told, all else in its file untouched. */
export function earlyText({ tool }: VfioConfig): string | undefined {
  if (tool === undefined) return undefined;
  if (tool.name === 'dracut') return DRACUT_CONFIG;
  const text = tool.found?.image?.content ?? '';
  if (lineNumbers(text, (line) => /^\s*vfio[-_]pci(\s|$)/.test(line)).length > 0) return text;
  const edit = withLine(text, { line: 'vfio_pci' });
  return edit.status === 'edited' ? edit.text : text;
}

/** Modules that may want a device before vfio-pci does: which one has it now is not to be seen once vfio-pci has it. */
function rivals({ address, ...device }: PciDevice, modules: ReadonlyMap<string, string>): readonly string[] {
  const own = modules.get(address);
  const known = isOfClass({ address, ...device }, '03')
    ? (DISPLAY_MODULES[device.id.slice(0, 4)] ?? [])
    : (CLASS_MODULES[device.class.slice(0, 4)] ?? []);
  return [...(own === undefined || own.startsWith('vfio') ? [] : [own]), ...known];
}

/** By vendor. */
const DISPLAY_MODULES: Readonly<Record<string, readonly string[]>> = {
  '10de': ['nouveau', 'nvidia', 'nvidia_drm'],
  '1002': ['amdgpu', 'radeon'],
  '8086': ['i915', 'xe'],
};
const CLASS_MODULES: Readonly<Record<string, readonly string[]>> = { '0403': ['snd_hda_intel'], '0c03': ['xhci_pci'] };

/** Our file of options with devices in it too, or its line that is none of ours. */
export function withIds(
  before: string | undefined,
  devices: readonly PciDevice[],
  modules: ReadonlyMap<string, string>,
): { readonly text: string } | { readonly text: undefined; readonly line: number } {
  const ids: string[] = [];
  const softdeps: string[] = [];
  for (const [i, line] of (before ?? '').split('\n').entries()) {
    const options = /^options vfio-pci ids=([0-9a-f:,]+)$/.exec(line)?.[1];
    const softdep = /^softdep ([\w-]+) pre: vfio-pci$/.exec(line)?.[1];
    if (options === undefined && softdep === undefined && line !== '') return { text: undefined, line: i + 1 };
    ids.push(...(options?.split(',') ?? []));
    softdeps.push(...(softdep === undefined ? [] : [softdep]));
  }
  const allIds = new Set([...ids, ...devices.map(({ id }) => id)]);
  const all = new Set([...softdeps, ...devices.flatMap((device) => rivals(device, modules))]);
  const lines = [`options vfio-pci ids=${[...allIds].join(',')}`, ...[...all].map((module) => `softdep ${module} pre: vfio-pci`)];
  return { text: `${lines.join('\n')}\n` };
}
