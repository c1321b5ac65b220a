import * as z from 'zod';
import { run, write } from '../core/change.ts';
import { type FileImage, fileImage } from '../core/file.ts';
import { blocked, drift, type Plan, steady } from '../core/plan.ts';
import { all, map } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { acceptExperimental, isAccepted, NOT_ACCEPTED } from '../probes/xen/experimental.ts';
import { guestObstacle, holdsPassword, nestingObstacle, stagedPath, unmet, withNesting, xenConfig } from '../probes/xen/guest.ts';
import { xenHost, xenName, xenObstacle } from '../probes/xen/host.ts';
import { fileParams, notRegular } from './file-plan.ts';

const Flag = z.union([z.literal(0), z.literal(1), z.enum(['x', 'k'])]).optional();

export const xenNested = defineTask({
  name: 'xen.nested',
  summary: 'An HVM guest of Xen may nest guests, or may not: now and when it is created the next time.',
  params: z
    .strictObject({
      config: fileParams.path.describe('The file that `xl create` makes the guest from.'),
      nested: z.boolean().default(true).describe('Whether it may nest guests. Xen does without where nothing is said.'),
      hap: z.boolean().optional().describe('Whether it has hardware-assisted paging, which nesting needs; without it that is left alone.'),
      cpuid: z
        .strictObject({ hypervisor: Flag, vmx: Flag, svm: Flag })
        .optional()
        .describe(
          'Flags that the guest sees: 0, 1, k as the host has it, x as Xen chooses. `hypervisor: 0` hides Xen from hypervisors that refuse to run on one, and takes the paravirtual drivers away.',
        ),
      accept_experimental: acceptExperimental,
      when_busy: z
        .enum(['refuse', 'later'])
        .default('refuse')
        .describe('While it runs: refuse touches nothing; later writes the file, and the step stays blocked until it was created anew.'),
    })
    .refine(isAccepted, NOT_ACCEPTED)
    .refine(({ nested, hap }) => !nested || hap !== false, 'a guest that nests needs hap: leave it out, or say true'),
  effects:
    'Changes these settings of the file, once `xl create -n` has taken the new text; never starts or stops a guest. Only a shutdown and `xl create` take a new file up, a reboot inside the guest does not. Guests of libvirt and saved ones are refused.',
  examples: [
    { name: 'A lab guest that runs its own KVM', with: { config: '/etc/xen/lab1.cfg', accept_experimental: true } },
    {
      name: 'A hypervisor that must not see that it is a guest',
      with: { config: '/etc/xen/esx1.cfg', accept_experimental: true, cpuid: { hypervisor: 0 }, when_busy: 'later' },
    },
    { name: 'No nesting', with: { config: '/etc/xen/web01.cfg', nested: false } },
  ],
  resultSchema: z.strictObject({
    xen: z.string().nullable().describe("Xen's version; null where it does not run."),
    guest: z.string().nullable().describe('Its name; null where the file cannot be understood.'),
    configured: z.boolean().nullable().describe('Whether its file lets it nest.'),
    live: z.boolean().nullable().describe('Whether it runs with that; null while it does not run.'),
  }),

  inspect: ({ config }) =>
    all({ host: xenHost, found: fileImage(config), staged: map(fileImage(stagedPath(config)), (old) => old?.image) }),

  plan({ host, found, staged }, { config: path, nested, hap, cpuid, when_busy }) {
    const obstacle = xenObstacle(host);
    if (obstacle !== undefined) return obstacle;
    if (found === undefined) return blocked(`there is no ${path}`, 'Check the path: it is the file of one guest.');
    if (found.image === undefined) return notRegular(path, found.meta);
    const guest = xenConfig(path, found.image.content);
    if ('status' in guest) return guest;
    const wanted = { nested, hap, cpuid: cpuid ?? {} };
    const against = guestObstacle(host, guest) ?? (nested ? nestingObstacle(host, guest, wanted) : undefined);
    if (against !== undefined) return against;

    const { name } = guest;
    const live = host.running.find((one) => one.name === name);
    const configured = unmet(guest, wanted);
    const waiting = live === undefined ? [] : unmet(live, wanted);
    if (waiting.length > 0 && (configured.length === 0 || when_busy === 'refuse')) {
      const also = configured.length === 0 ? '; the new file waits for its next creation' : '';
      return blocked(
        `${name} runs with ${waiting.join(', ')}${also}`,
        `Shut it down and create it anew (\`xl shutdown -w ${name}\`, \`xl create ${path}\`), or say when_busy: later to write the file now.`,
      );
    }
    const status = nested ? `, which ${xenName(host)} calls experimental` : '';
    if (configured.length === 0) {
      const when = live === undefined ? 'when it is created' : 'now and when it is created again';
      return steady(`${name} ${nested ? 'may' : 'may not'} nest guests, ${when}${status}`);
    }
    const because = `it has ${configured.join(', ')}${nested ? `; to nest guests${status}` : ''}`;
    return put(path, { before: found.image, staged, content: withNesting(guest, wanted), because });
  },

  result: ({ host, found }, { config }) => {
    const read = found?.image === undefined ? undefined : xenConfig(config, found.image.content);
    const guest = read === undefined || 'status' in read ? undefined : read;
    const live = host.running.find(({ name }) => name === guest?.name);
    return { xen: host.version ?? null, guest: guest?.name ?? null, configured: guest?.nested ?? null, live: live?.nested ?? null };
  },
});

interface Put {
  readonly before: FileImage;
  /** What an earlier run left, where it was cut off. */
  readonly staged: FileImage | undefined;
  readonly content: string;
  readonly because: string;
}

/** The new text is put in place only once xl has taken it. Where a password is in it, all of it is kept off the screen and off the record. */
function put(path: string, { before, staged, content, because }: Put): Plan {
  const aside = { ...before, content, mode: 0o600, owner: 'root', group: 'root' };
  const sensitive = holdsPassword(before) ? ({ sensitive: true } as const) : {};
  return drift(
    { ...write(stagedPath(path), staged, aside, 'xl tries it from there'), ...sensitive },
    run(['xl', 'create', '-n', stagedPath(path)], {
      undo: 'not needed',
      because: 'what xl refuses is not put in place',
      touches: [`file ${stagedPath(path)}`],
      ...sensitive,
    }),
    { ...write(path, before, { ...before, content }, because), ...sensitive },
    { ...write(stagedPath(path), aside, undefined, 'xl has tried it'), ...sensitive },
  );
}
