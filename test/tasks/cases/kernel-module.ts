import type { TaskCase } from '../../support/task-table.ts';

const dummy = { module: 'dummy' };
const gone = { module: 'dummy', loaded: false };
const KEEP = 'create /etc/modules-load.d/drover-dummy.conf: so that it is loaded at boot';
const LOAD = 'run modprobe dummy: dummy is not loaded';
const UNLOAD = 'run modprobe -r dummy: dummy is loaded';
const FORBID = 'create /etc/modprobe.d/drover-dummy.conf: so that nothing loads it';

export const cases: readonly TaskCase[] = [
  { host: 'module-unloaded', with: dummy, finds: { drift: [KEEP, LOAD] }, result: { live: false, configured: [] } },
  { host: 'module-live', with: dummy, finds: { drift: [KEEP] }, result: { live: true, configured: [] } },
  {
    host: 'module-kept',
    with: dummy,
    finds: { steady: 'dummy is loaded, now and after a reboot' },
    result: { live: true, configured: ['/etc/modules-load.d/modules.conf:2'] },
  },
  { host: 'module-kept-by-us', with: dummy, finds: { steady: 'dummy is loaded, now and after a reboot' } },
  { host: 'module-command-line-load', with: dummy, finds: { steady: 'dummy is loaded, now and after a reboot' } },
  {
    host: 'module-forbidden',
    with: dummy,
    finds: { drift: ['remove /etc/modprobe.d/drover-dummy.conf: it keeps the module from being loaded', KEEP, LOAD] },
  },
  { host: 'module-blacklisted', with: dummy, finds: { blocked: '/etc/modprobe.d/site.conf:2 blacklists dummy' } },
  { host: 'module-command', with: dummy, finds: { blocked: '/etc/modprobe.d/site.conf:1 has a command in place of dummy' } },
  { host: 'module-command-line-blacklist', with: dummy, finds: { blocked: 'the kernel command line blacklists dummy' } },
  {
    host: 'module-built-in',
    with: { module: 'unix' },
    finds: { steady: 'unix is part of the kernel' },
    result: { live: true, configured: [] },
  },
  { host: 'module-built-in-parameters', with: { module: 'printk' }, finds: { steady: 'printk is part of the kernel' } },
  { host: 'module-alias', with: { module: 'fs-xfs' }, finds: { blocked: 'fs-xfs is an alias of xfs' } },
  { host: 'module-unknown', with: { module: 'br-nonsense' }, finds: { blocked: 'this kernel has no br-nonsense' } },
  {
    host: 'module-dash',
    with: { module: 'kvm-amd' },
    finds: { drift: ['create /etc/modules-load.d/drover-kvm_amd.conf: so that it is loaded at boot'] },
  },
  { host: 'module-frozen', with: dummy, finds: { blocked: 'kernel.modules_disabled is 1' } },
  { host: 'module-frozen-live', with: dummy, finds: { drift: [KEEP] } },
  { host: 'module-coming', with: dummy, finds: { blocked: 'dummy is coming' } },
  { host: 'module-own-link', with: dummy, finds: { blocked: 'our file for dummy is no regular file' } },

  { host: 'module-unloaded', with: gone, finds: { drift: [FORBID] } },
  { host: 'module-live', with: gone, finds: { drift: [UNLOAD, FORBID] } },
  {
    host: 'module-kept-by-us',
    with: gone,
    finds: { drift: [UNLOAD, 'remove /etc/modules-load.d/drover-dummy.conf: it loads the module at boot', FORBID] },
  },
  { host: 'module-forbidden', with: gone, finds: { steady: 'dummy is not loaded, and nothing can load it' } },
  { host: 'module-forbidden', with: { ...gone, when_busy: 'later' }, finds: { steady: 'dummy is not loaded, and nothing can load it' } },
  { host: 'module-blacklisted', with: gone, finds: { drift: [FORBID] } },
  {
    host: 'module-unknown',
    with: { module: 'br-nonsense', loaded: false },
    finds: { steady: 'br-nonsense is not loaded, and nothing can load it' },
  },
  { host: 'module-kept', with: gone, finds: { blocked: '/etc/modules-load.d/modules.conf:2 loads dummy at boot' } },
  { host: 'module-command-line-load', with: gone, finds: { blocked: 'the kernel command line loads dummy at boot' } },
  { host: 'module-command', with: gone, finds: { blocked: '/etc/modprobe.d/site.conf:1 has a command in place of dummy' } },
  { host: 'module-link-up', with: gone, finds: { blocked: 'dummy has links that are up: dummy0' } },
  { host: 'module-link-up', with: { ...gone, when_busy: 'later' }, finds: { drift: [FORBID] } },
  {
    host: 'module-forbidden-live',
    with: { ...gone, when_busy: 'later' },
    finds: { blocked: 'dummy has links that are up: dummy0; what is configured waits for a reboot' },
  },
  { host: 'module-driver', with: { module: 'virtio_net', loaded: false }, finds: { blocked: 'virtio_net drives virtio1' } },
  { host: 'module-held', with: { module: 'kvm', loaded: false }, finds: { blocked: 'kvm is needed by kvm_amd' } },
  { host: 'module-mounted', with: { module: 'ext4', loaded: false }, finds: { blocked: 'ext4 is in use (1)' } },
  { host: 'module-frozen-live', with: gone, finds: { blocked: 'kernel.modules_disabled is 1' } },
  { host: 'module-built-in', with: { module: 'unix', loaded: false }, finds: { blocked: 'unix is part of the kernel' } },

  { host: 'module-in-container', with: dummy, finds: { blocked: 'the host is a container (container-other)' } },
  { host: 'module-nixos', with: dummy, finds: { blocked: 'NixOS makes /etc on this host' } },
  { host: 'module-openrc', with: dummy, finds: { blocked: 'systemd does not run here' } },
];
