import type { TaskCase } from '../../support/task-table.ts';

const MENU = 'grub /boot/grub/grub.cfg';

export const cases: readonly TaskCase[] = [
  { host: 'debian12-grub', with: {}, finds: { steady: '/boot/grub/grub.cfg says what it would say if it were made now' } },
  { host: 'grub-booted', with: {}, finds: { steady: '/boot/grub/grub.cfg says what it would say if it were made now' } },
  {
    host: 'grub-written',
    with: {},
    finds: { drift: [`${MENU}: line 93 of /boot/grub/grub.cfg lacks kvm-amd.nested=0`] },
    result: { path: '/boot/grub/grub.cfg', stale: ['line 93 of /boot/grub/grub.cfg lacks kvm-amd.nested=0'] },
  },
  { host: 'grub-new-kernel', with: {}, finds: { drift: [`${MENU}: it lacks vmlinuz-6.1.0-57-amd64`] } },
  { host: 'grub-gone-kernel', with: {}, finds: { drift: [`${MENU}: it has vmlinuz-6.1.0-56-amd64, which is gone`] } },
  {
    host: 'grub-hand-edited',
    with: {},
    finds: {
      drift: [
        `${MENU}: line 93 of /boot/grub/grub.cfg has nosmt, which no file sets; its default entry is not saved; its timeout is not 7`,
      ],
    },
  },
  { host: 'rocky9-bls', with: {}, finds: { steady: '/boot/grub2/grub.cfg is a frame: its entries are files of their own' } },
  { host: 'rocky9-efi', with: {}, finds: { steady: '/boot/grub2/grub.cfg is a frame: its entries are files of their own' } },
  {
    host: 'leap15-efi',
    with: {},
    finds: { steady: '/boot/grub2/grub.cfg says what it would say if it were made now' },
    result: { path: '/boot/grub2/grub.cfg', stale: [] },
  },
  { host: 'grub-own-menu', with: {}, finds: { blocked: '/boot/grub/grub.cfg has no entry that the system made' } },
  { host: 'grub-command', with: {}, finds: { blocked: '/etc/default/grub:6 has a value that the shell fills in' } },
  { host: 'boot-systemd', with: {}, finds: { blocked: 'the boot loader is not GRUB: systemd-boot 252.39-1' } },
  { host: 'boot-nothing', with: {}, finds: { blocked: 'there is no boot loader that we know' } },
];
