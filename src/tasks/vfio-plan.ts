import * as z from 'zod';
import { type Change, settle, write } from '../core/change.ts';
import type { FileImage } from '../core/file.ts';
import { type Blocked, blocked, drift, type Plan, steady } from '../core/plan.ts';
import { reboot } from '../core/reboot.ts';
import {
  iommuObstacle,
  modelObstacle,
  type PassthroughHost,
  sayGroup,
  siblingObstacle,
  useObstacle,
  wantedDevices,
} from '../probes/pci/passthrough.ts';
import { isOfClass, isPassed, type PciDevice, sayDevice } from '../probes/pci/pci.ts';
import { DRIVERCTL_FOLDER, earlyText, keptBy, overrideFile, VFIO_CONF, withIds } from '../probes/pci/vfio-config.ts';
import { makeFolder } from './file-plan.ts';
import { loadVfio, toVfio } from './vfio-move.ts';

/** How a binding that nothing keeps yet is kept. */
export const viaParam = z
  .enum(['auto', 'driverctl', 'modprobe'])
  .default('auto')
  .describe(
    'What binds them at boot: driverctl by their addresses, or modprobe.d and the initramfs by their models. auto takes driverctl where it is installed, and modprobe for displays.',
  );

/** Devices are held by vfio-pci, now and at boot, with all that is in their IOMMU groups. */
export function planPassthrough(host: PassthroughHost, addresses: readonly string[], via: z.output<typeof viaParam>): Plan {
  const wanted = host.obstacle ?? iommuObstacle(host) ?? wantedDevices(host, addresses);
  if ('status' in wanted) return wanted;
  const sibling = siblingObstacle(host, wanted);
  if (sibling !== undefined) return sibling;
  const groups = [...new Set(wanted.map(({ group }) => group))].map((group) => sayGroup(host, group)).join('; ');
  const loose = wanted.filter((device) => keptBy(host.config, device) === undefined);
  const held = wanted.filter((device) => !isPassed(device));
  if (loose.length + held.length === 0) return steady(`vfio-pci has it, now and after a reboot; ${groups}`);

  const obstacle = useObstacle(host, wanted) ?? (host.vfio === undefined ? noModule() : undefined);
  if (obstacle !== undefined) return obstacle;
  const keep = loose.length === 0 ? [] : keeping(host, wanted, via);
  if ('status' in keep) return keep;
  // The drivers of displays hang or leave the machine without a picture when their device is taken away.
  const display = held.find((device) => isOfClass(device, '03') && device.driver !== undefined);
  if (display !== undefined) return drift(...keep, reboot(`${sayDevice(display)} is given away by a boot; ${groups}`));
  const now = held.map((device) => toVfio(device, host.overrides[device.address], `${device.driver ?? 'no driver'} has it; ${groups}`));
  // What is configured was not so after the last boot, so the initramfs is from before.
  const isStale = keep.length === 0 && held.some((device) => keptBy(host.config, device) === VFIO_CONF);
  return drift(
    ...keep.filter(({ kind }) => kind !== 'settle'),
    ...(held.length > 0 && host.vfio === 'on disk' ? [loadVfio()] : []),
    ...now,
    ...keep.filter(({ kind }) => kind === 'settle'),
    ...(isStale ? initramfs(host) : []),
  );
}

function noModule(): Blocked {
  return blocked('this kernel has no vfio-pci', 'Boot a kernel that has it.');
}

function keeping(host: PassthroughHost, wanted: readonly PciDevice[], via: z.output<typeof viaParam>): readonly Change[] | Blocked {
  const { hasDriverctl } = host.config;
  if (via === 'driverctl' && !hasDriverctl)
    return blocked('driverctl is not installed, or has no rule for udev that we know', 'Install it, or say via: modprobe.');
  const isByAddress = via === 'driverctl' || (via === 'auto' && hasDriverctl && !wanted.some((device) => isOfClass(device, '03')));
  return isByAddress ? keptByAddress(host, wanted) : (modelObstacle(host, wanted) ?? keptByModel(host, wanted));
}

function keptByAddress({ config }: PassthroughHost, wanted: readonly PciDevice[]): readonly Change[] | Blocked {
  const odd = wanted.find(({ address }) => config.overrides[address] !== undefined && config.overrides[address]?.image === undefined);
  if (odd !== undefined) return blocked(`${overrideFile(odd.address)} is no regular file`, 'Move it away first.');
  const writes = wanted.map(({ address }) => {
    const before = config.overrides[address]?.image;
    return write(overrideFile(address), before, imageOf(before, 'vfio-pci\n'), 'udev gives it that driver at boot, as driverctl would');
  });
  return [...(config.driverctlFolder ? [] : [makeFolder(DRIVERCTL_FOLDER)]), ...writes];
}

function keptByModel(host: PassthroughHost, wanted: readonly PciDevice[]): readonly Change[] | Blocked {
  const { config, modules } = host;
  const edit = withIds(config.conf?.image?.content, wanted, modules);
  if (edit.text === undefined) return blocked(`${VFIO_CONF}:${edit.line} is none of our lines`, 'Move it to another file.');
  const [conf, early] = [config.conf?.image, config.tool?.found?.image];
  const [path, text] = [config.tool?.config ?? '', earlyText(config) ?? ''];
  return [
    ...(edit.text === conf?.content
      ? []
      : [write(VFIO_CONF, conf, imageOf(conf, edit.text), 'vfio-pci takes these models before other drivers')]),
    ...(text === early?.content ? [] : [write(path, early, imageOf(early, text), 'those drivers may be loaded from the initramfs')]),
    ...initramfs(host),
  ];
}

function initramfs({ config: { tool, images } }: PassthroughHost): readonly Change[] {
  if (tool === undefined) return [];
  const because = `it holds a copy of what is heard there${images.length === 0 ? '' : ` (${images.join(', ')})`}`;
  return [settle({ what: 'initramfs', tool: tool.name }, { because, touches: ['dir /boot'] })];
}

function imageOf(before: FileImage | undefined, content: string): FileImage {
  return { mode: 0o644, owner: 'root', group: 'root', ...before, content };
}
