import * as z from 'zod';
import { blocked, drift, steady } from '../core/plan.ts';
import { defineTask } from '../core/task.ts';
import { notGrubs } from '../probes/boot/boot-way.ts';
import { isBls, remake } from '../probes/boot/grub-menu.ts';
import { menuHost, menuStale } from '../probes/boot/grub-stale.ts';

export const grubConfig = defineTask({
  name: 'grub.config',
  summary: "GRUB's menu says what its configuration and the installed kernels say.",
  params: z.strictObject({}),
  effects:
    'Makes the menu anew beside the old one, checks it and swaps it in whole; the old one is kept in /var/lib/drover/backup. Boots nothing. It compares kernels, their arguments, the default entry and the timeout, no times of files; what else 00_header and other parts write is not looked at.',
  examples: [{ name: 'The menu is not stale', with: {} }],
  resultSchema: z.strictObject({
    path: z.string().nullable().describe('The file that GRUB reads; null where there is none that we know.'),
    stale: z.array(z.string()).describe('What it says otherwise than it would if it were made now.'),
  }),

  inspect: () => menuHost,

  plan(host) {
    const { menu, signs } = host.cmdline;
    const other = notGrubs(signs, { hasMenu: menu !== undefined });
    if (other !== undefined) return other;
    if (menu === undefined) return blocked('there is no menu of GRUB', 'Make it by hand first.');
    if (isBls(menu.text)) return steady(`${menu.path} is a frame: its entries are files of their own`);
    const stale = menuStale(host);
    return stale.length === 0 ? steady(`${menu.path} says what it would say if it were made now`) : drift(remake(menu, stale.join('; ')));
  },

  result: (host) => ({ path: host.cmdline.menu?.path ?? null, stale: [...menuStale(host)] }),
});
