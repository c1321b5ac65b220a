import type { AnyTask } from '../core/task.ts';
import { commandRun } from './command-run.ts';
import { dockerBridge } from './docker-bridge.ts';
import { dockerKeepalive } from './docker-keepalive.ts';
import { dockerMssClamp } from './docker-mss-clamp.ts';
import { dockerMtu } from './docker-mtu.ts';
import { fileContent } from './file-content.ts';
import { fileLine } from './file-line.ts';
import { fileTemplate } from './file-template.ts';
import { gpuPassthrough } from './gpu-passthrough.ts';
import { grubConfig } from './grub-config.ts';
import { hostReboot } from './host-reboot.ts';
import { hostVirtualization } from './host-virtualization.ts';
import { kernelCmdline } from './kernel-cmdline.ts';
import { kernelModule } from './kernel-module.ts';
import { kvmNested } from './kvm-nested.ts';
import { libvirtDomain } from './libvirt-domain.ts';
import { packagePresent } from './package-present.ts';
import { qemuCommand } from './qemu-command.ts';
import { serviceState } from './service-state.ts';
import { sysctlValue } from './sysctl-value.ts';
import { systemdHealthy } from './systemd-healthy.ts';
import { vfioBind } from './vfio-bind.ts';
import { xcpngNested } from './xcpng-nested.ts';
import { xenNested } from './xen-nested.ts';

/** Every task that drover brings along, by name. */
export const tasks: readonly AnyTask[] = [
  commandRun,
  dockerBridge,
  dockerKeepalive,
  dockerMssClamp,
  dockerMtu,
  fileContent,
  fileLine,
  fileTemplate,
  gpuPassthrough,
  grubConfig,
  hostReboot,
  hostVirtualization,
  kernelCmdline,
  kernelModule,
  kvmNested,
  libvirtDomain,
  packagePresent,
  qemuCommand,
  serviceState,
  sysctlValue,
  systemdHealthy,
  vfioBind,
  xcpngNested,
  xenNested,
];
