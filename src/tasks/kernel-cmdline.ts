import * as z from 'zod';
import { defineTask } from '../core/task.ts';
import { bootedEntries, cmdlineHost } from '../probes/boot/kernel-cmdline.ts';
import { isMany, keyOf } from '../probes/kernel-words.ts';
import { planCmdline } from './cmdline-plan.ts';

/** No sign that a shell or GRUB's own script language would take for something else. */
const KEY = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const VALUE = /^[A-Za-z0-9_.,:=/+@%^-]*$/;
const WORD = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(=[A-Za-z0-9_.,:=/+@%^-]*)?$/;

const value = z.union([z.string().regex(VALUE), z.number(), z.literal(true)]);

export const kernelCmdline = defineTask({
  name: 'kernel.cmdline',
  summary: 'The kernel is booted with certain arguments, and without others: now and at every boot.',
  params: z
    .strictObject({
      set: z
        .record(z.string().regex(KEY), value)
        .default({})
        .describe('Arguments by key, each with its one value; true for one without a value. Another value is replaced where it stands.'),
      append: z
        .array(z.string().regex(WORD))
        .default([])
        .describe('Whole arguments that stand beside others with the same key, such as console=ttyS0.'),
      remove: z.array(z.string().regex(WORD)).default([]).describe('Keys that are not there, or with = whole arguments.'),
    })
    .refine(({ set, append, remove }) => Object.keys(set).length + append.length + remove.length > 0, 'say what to set, append or remove')
    .refine(({ set }) => !Object.keys(set).some(isMany), {
      error: 'set names a key that may stand there many times, such as console: use append and remove',
    })
    .refine(({ set, append, remove }) => isClear({ set, append, remove }), { error: 'two of set, append and remove name the same key' }),
  effects:
    'Edits /etc/default/grub or a drop-in of its own, and has the menu of GRUB made anew; with entries by the Boot Loader Specification, runs grubby. The boot that it needs is made only with --reboot. Where another boot loader boots the host, nothing is touched.',
  examples: [
    { name: 'The IOMMU is on, and host devices bypass it', with: { set: { intel_iommu: 'on', iommu: 'pt' } } },
    { name: 'A serial console beside the others', with: { append: ['console=ttyS0,115200'] } },
    { name: 'No splash', with: { remove: ['splash', 'quiet'] } },
  ],
  resultSchema: z.strictObject({
    live: z.array(z.string()).describe('What this boot was given.'),
    entries: z.array(z.array(z.string())).describe('What each entry of the menu gives, recovery entries left out.'),
  }),

  inspect: () => cmdlineHost,
  plan: planCmdline,
  result: (host) => ({ live: [...host.live], entries: bootedEntries(host).map(({ words }) => [...words]) }),
});

interface Params {
  readonly set: Readonly<Record<string, unknown>>;
  readonly append: readonly string[];
  readonly remove: readonly string[];
}

/** Each key in one place, and spelled in one way; whole words may be removed beside those that are appended. */
function isClear({ set, append, remove }: Params): boolean {
  const keys = Object.keys(set).map(keyOf);
  const bare = remove.filter((word) => !word.includes('=')).map(keyOf);
  const others = [...append, ...remove].map(keyOf);
  return (
    new Set(keys).size === keys.length &&
    !keys.some((key) => others.includes(key)) &&
    !append.some((word) => bare.includes(keyOf(word)) || remove.includes(word))
  );
}
