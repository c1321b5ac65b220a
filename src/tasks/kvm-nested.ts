import * as z from 'zod';
import { run, settle, write } from '../core/change.ts';
import { blocked, drift, steady } from '../core/plan.ts';
import type { Readings } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { isOn, type KvmHost, type KvmModule, kvmHost, kvmModule, kvmModuleOf } from '../probes/kvm.ts';
import { isHeardAfter, type ModuleOption } from '../probes/modprobe.ts';

const CONF = '/etc/modprobe.d/drover-kvm-nested.conf';
const VENDORS = { intel: 'kvm_intel', amd: 'kvm_amd' } as const;

export const kvmNested = defineTask({
  name: 'kvm.nested',
  summary: 'Guests of a KVM host may be KVM hosts themselves, or may not: now and after a reboot.',
  params: z.strictObject({
    enabled: z.boolean().default(true).describe('Whether guests may nest guests.'),
    vendor: z.enum(['auto', 'intel', 'amd']).default('auto').describe("The CPU's maker; other than auto, it must be the host's."),
    when_busy: z
      .enum(['refuse', 'later'])
      .default('refuse')
      .describe(
        'While guests run: refuse touches nothing; later writes the file, and the step stays blocked until the module was loaded again.',
      ),
  }),
  effects: `Writes ${CONF} and reloads the KVM module, which works only while no guest runs; nothing is unloaded by force. Guests see the change when they are started next.`,
  examples: [
    { name: 'Guests may nest', with: {} },
    { name: 'No nesting from the next boot on', with: { enabled: false, when_busy: 'later' } },
  ],
  resultSchema: z.strictObject({
    live: z.boolean().nullable().describe('What holds now; null where no KVM module is loaded.'),
    configured: z.boolean().nullable().describe('What the configuration says; null where it leaves it to the kernel.'),
  }),

  inspect: () => kvmHost('nested', CONF),

  plan(host, { enabled, vendor, when_busy }) {
    const module = kvmModule(host);
    if (typeof module !== 'string') return module;
    if (vendor !== 'auto' && VENDORS[vendor] !== module) {
      return blocked(`${VENDORS[vendor]} does not fit the CPU (${host.cpu.vendor ?? 'unknown'})`, 'Correct vendor, or leave it out.');
    }
    const live = host.live[module];
    if (live !== undefined && live.users === undefined) {
      return blocked(
        `${module} is part of the kernel, so modprobe.d is not heard`,
        `Boot with the argument ${module}.nested=${Number(enabled)}.`,
      );
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
      return blocked(`${module} has nested=${live.value} and is in use${waiting}`, 'Migrate the guests or shut them down, then run again.');
    }
    const keep = isConfigured ? [] : [keepOption(host, `options ${module} nested=${Number(enabled)}\n`)];
    if (isLive || isBusy) return drift(...keep);
    return drift(...keep, live === undefined ? load(module) : reload(module, live.value, enabled));
  },

  result({ cpu, live, options }) {
    const module = kvmModuleOf(cpu);
    if (module === undefined) return { live: null, configured: null };
    return { live: isOn(live[module]?.value) ?? null, configured: isOn(last(options[module])) ?? null };
  },
});

function last(options: readonly ModuleOption[]): string | undefined {
  return options.at(-1)?.value;
}

function keepOption({ conf }: KvmHost, content: string) {
  const before = conf?.image;
  const { mode, owner, group } = before ?? { mode: 0o644, owner: 'root', group: 'root' };
  return write(CONF, before, { content, mode, owner, group }, 'the module reads its options when it is loaded');
}

/** Marks for what unloading and loading the module changes: kvm itself goes and comes with it. */
function touched(module: KvmModule): readonly string[] {
  return [
    `file /sys/module/${module}/*`,
    `stat /sys/module/${module}`,
    'file /sys/module/kvm/*',
    'stat /sys/module/kvm',
    'stat /dev/kvm',
    'dir /sys/module',
  ];
}

function load(module: KvmModule) {
  return run(['modprobe', module], { undo: ['modprobe', '-r', module], because: `${module} is not loaded`, touches: touched(module) });
}

function reload(module: KvmModule, value: string | undefined, enabled: boolean) {
  const [off, on] = value === 'Y' || value === 'N' ? ['N', 'Y'] : ['0', '1'];
  const leadsTo: Readings = {
    [`file /sys/module/${module}/parameters/nested`]: { status: 0, stdout: `${enabled ? on : off}\n`, stderr: '' },
    [`file /sys/module/${module}/refcnt`]: { status: 0, stdout: '0\n', stderr: '' },
  };
  return settle({ what: 'module-reload', module }, { because: `${module} has nested=${value}`, touches: touched(module), leadsTo });
}
