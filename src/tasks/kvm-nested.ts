import * as z from 'zod';
import { type Change, write } from '../core/change.ts';
import { blocked, drift, type Plan, steady } from '../core/plan.ts';
import { all, constant } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { type CmdlineHost, cmdlineHost } from '../probes/boot/kernel-cmdline.ts';
import { isOn, type KvmHost, type KvmModule, kvmHost, kvmModule, kvmModuleOf, usersOf } from '../probes/kvm.ts';
import { isHeardAfter } from '../probes/modprobe.ts';
import { planCmdline } from './cmdline-plan.ts';
import { load, reload } from './kvm-reload.ts';

const CONF = '/etc/modprobe.d/drover-kvm-nested.conf';
const VENDORS = { intel: 'kvm_intel', amd: 'kvm_amd' } as const;

export const kvmNested = defineTask({
  name: 'kvm.nested',
  summary: 'Guests of a KVM host may be KVM hosts themselves, or may not: now and after a reboot.',
  params: z.strictObject({
    enabled: z.boolean().default(true).describe('Whether guests may nest guests.'),
    vendor: z.enum(['auto', 'intel', 'amd']).default('auto').describe("The CPU's maker; other than auto, it must be the host's."),
    via: z
      .enum(['modprobe', 'cmdline'])
      .default('modprobe')
      .describe('Where it is configured: modprobe.d, or the kernel command line, which also a module that is part of the kernel hears.'),
    when_busy: z
      .enum(['refuse', 'later'])
      .default('refuse')
      .describe(
        'While guests run: refuse touches nothing; later writes the file, and the step stays blocked until the module was loaded again.',
      ),
  }),
  effects: `Writes ${CONF} and reloads the KVM module, which works only while no guest runs; nothing is unloaded by force. With via: cmdline it does what kernel.cmdline does, and needs a reboot. Guests see the change when they are started next.`,
  examples: [
    { name: 'Guests may nest', with: {} },
    { name: 'No nesting from the next boot on', with: { enabled: false, when_busy: 'later' } },
    { name: 'Nesting with a module that is part of the kernel', with: { via: 'cmdline' } },
  ],
  resultSchema: z.strictObject({
    live: z.boolean().nullable().describe('What holds now; null where no KVM module is loaded.'),
    configured: z.boolean().nullable().describe('What the configuration says; null where it leaves it to the kernel.'),
  }),

  inspect: ({ via }) =>
    all<{ host: KvmHost; cmdline: CmdlineHost | undefined }>({
      host: kvmHost('nested', CONF),
      cmdline: via === 'cmdline' ? cmdlineHost : constant(undefined),
    }),

  plan({ host, cmdline }, { enabled, vendor, when_busy }) {
    const module = kvmModule(host);
    if (typeof module !== 'string') return module;
    if (vendor !== 'auto' && VENDORS[vendor] !== module) {
      return blocked(`${VENDORS[vendor]} does not fit the CPU (${host.cpu.vendor ?? 'unknown'})`, 'Correct vendor, or leave it out.');
    }
    if (cmdline !== undefined) return planByCmdline({ host, cmdline, module }, enabled);
    const live = host.live[module];
    if (live !== undefined && live.users === undefined) {
      return blocked(`${module} is part of the kernel, so modprobe.d is not heard`, 'Say via: cmdline.');
    }
    const rival = host.options[module].findLast(({ source }) => isHeardAfter(source, CONF));
    if (rival !== undefined && isOn(rival.value) !== enabled) {
      return blocked(`${rival.source} has ${module} nested=${rival.value} and is heard last`, 'Take the option out there, then run again.');
    }

    const isConfigured = isOn(host.options[module].at(-1)?.value) === enabled;
    const isLive = isOn(live?.value) === enabled;
    const isBusy = live !== undefined && live.users !== 0;
    if (isConfigured && isLive) return steady(`${module} has nested=${live?.value}, now and after a reboot`);
    if (isBusy && !isLive && (isConfigured || when_busy === 'refuse')) {
      const waiting = isConfigured ? '; the configured value waits for its next load' : '';
      return blocked(
        `${module} has nested=${live.value} and is in use${usersOf(host)}${waiting}`,
        'Migrate the guests or shut them down, then run again.',
      );
    }
    const keep = isConfigured ? [] : [keepOption(host, `options ${module} nested=${Number(enabled)}\n`)];
    if (isLive || isBusy) return drift(...keep);
    return drift(...keep, live === undefined ? load(module) : reload(module, live.value, enabled));
  },

  result({ host: { cpu, live, options } }) {
    const module = kvmModuleOf(cpu);
    if (module === undefined) return { live: null, configured: null };
    return { live: isOn(live[module]?.value) ?? null, configured: isOn(options[module].at(-1)?.value) ?? null };
  },
});

/** The word in the kernel's command line, which is heard after all files; our own file must not say otherwise. */
function planByCmdline(
  { host, cmdline, module }: { readonly host: KvmHost; readonly cmdline: CmdlineHost; readonly module: KvmModule },
  enabled: boolean,
): Plan {
  const plan = planCmdline(cmdline, { set: { [`${module}.nested`]: Number(enabled) }, append: [], remove: [] });
  if (plan.status === 'blocked') return plan;
  const others = host.options[module].filter(({ source, value }) => source.startsWith('/') && isOn(value) !== enabled);
  const own: readonly Change[] = others.some(({ source }) => source === CONF)
    ? [write(CONF, host.conf?.image, undefined, 'the kernel command line says otherwise')]
    : [];
  if (plan.status === 'drift') return drift(...own, ...plan.changes);
  const live = host.live[module];
  if (isOn(live?.value) !== enabled) {
    if (live === undefined) return drift(...own, load(module));
    if (live.users === 0) return drift(...own, reload(module, live.value, enabled));
    return blocked(
      `${module} has nested=${live.value} against the command line, and is in use${usersOf(host)}`,
      'End the guests, then run again.',
    );
  }
  const over = others.filter(({ source }) => source !== CONF).map(({ source }) => `, over ${source}`);
  return own.length > 0 ? drift(...own) : steady(`${module} has nested=${live?.value}: ${plan.because}${over.join('')}`);
}

function keepOption({ conf }: KvmHost, content: string) {
  const before = conf?.image;
  const { mode, owner, group } = before ?? { mode: 0o644, owner: 'root', group: 'root' };
  return write(CONF, before, { content, mode, owner, group }, 'the module reads its options when it is loaded');
}
