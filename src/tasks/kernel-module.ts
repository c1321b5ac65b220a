import * as z from 'zod';
import { run, write } from '../core/change.ts';
import { type Blocked, blocked, drift, type Plan, steady } from '../core/plan.ts';
import { defineTask } from '../core/task.ts';
import { BUILT_IN, type KernelModule, moduleInUse, moduleObstacle, moduleOnHost, ownFiles } from '../probes/kernel-module.ts';

export const kernelModule = defineTask({
  name: 'kernel.module',
  summary: 'A kernel module is loaded, or is not: now and after a reboot.',
  params: z.strictObject({
    module: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/)
      .describe('The name of the module itself, not of an alias.'),
    loaded: z.boolean().default(true).describe('Whether it is loaded. With false, nothing can load it any more.'),
    when_busy: z
      .enum(['refuse', 'later'])
      .default('refuse')
      .describe(
        'While something uses a module that is to go: refuse touches nothing; later writes the file, and the step stays blocked until a reboot.',
      ),
  }),
  effects:
    'Loads or unloads the module and writes a file of its own to /etc/modules-load.d or /etc/modprobe.d. Nothing is unloaded that has users, drives a device or has links that are up. The copy of modprobe.d in the initramfs is not renewed.',
  examples: [
    { name: 'Bridged packets pass the firewall', with: { module: 'br_netfilter' } },
    { name: 'No USB sticks', with: { module: 'usb_storage', loaded: false } },
  ],
  resultSchema: z.strictObject({
    live: z.boolean().describe('Whether the kernel has it now, loaded or built in.'),
    configured: z.array(z.string()).describe('What asks for it at boot, each by its place.'),
  }),

  inspect: ({ module }) => moduleOnHost(module),

  plan(state, { module, loaded, when_busy }) {
    const obstacle = moduleObstacle(module, state);
    if (obstacle !== undefined) return obstacle;
    return loaded ? planLoaded(state, module) : planGone(state, module, when_busy);
  },

  result: ({ live, origin, loads }) => ({
    live: live.state === 'live' || origin === BUILT_IN,
    configured: loads.map(({ place }) => place),
  }),
});

function planLoaded(state: KernelModule, module: string): Plan {
  const { live, origin, loads, rules, ownLoad, ownRules } = state;
  if (origin === BUILT_IN) return steady(`${module} is part of the kernel`);
  if (origin === undefined && live.state === undefined)
    return blocked(
      `this kernel has no ${module}`,
      'Check the name, install the package that brings it, or boot the kernel that was installed.',
    );
  const own = ownFiles(module);
  const rule = rules.find(({ source }) => source !== own.rules);
  if (rule !== undefined)
    return ruled(rule.place, rule.command === undefined ? `blacklists ${module}` : `has a command in place of ${module}`);
  const isForbidden = rules.length > 0;
  if (live.state === 'live' && loads.length > 0 && !isForbidden) return steady(`${module} is loaded, now and after a reboot`);
  if (live.state === undefined && state.isFrozen) return frozen();

  const load = run(['modprobe', module], { undo: ['modprobe', '-r', module], because: `${module} is not loaded`, touches: TOUCHES });
  const image = { mode: 0o644, owner: 'root', group: 'root', ...ownLoad?.image, content: `${module}\n` };
  return drift(
    ...(isForbidden ? [write(own.rules, ownRules?.image, undefined, 'it keeps the module from being loaded')] : []),
    ...(loads.length > 0 ? [] : [write(own.load, ownLoad?.image, image, 'so that it is loaded at boot')]),
    ...(live.state === undefined ? [load] : []),
  );
}

function planGone(state: KernelModule, module: string, whenBusy: 'refuse' | 'later'): Plan {
  const { live, origin, loads, rules, ownLoad, ownRules } = state;
  if (origin === BUILT_IN) return blocked(`${module} is part of the kernel`, 'Boot a kernel that has it as a module, or none.');
  const own = ownFiles(module);
  const asks = loads.find(({ source }) => source !== own.load);
  if (asks !== undefined) return ruled(asks.place, `loads ${module} at boot`);
  const [command] = rules.filter((rule) => rule.command !== undefined);
  if (command !== undefined && !isRefusal(command.command)) return ruled(command.place, `has a command in place of ${module}`);
  const isForbidden = command !== undefined && rules.some((rule) => rule.command === undefined);
  const isConfigured = (isForbidden || origin === undefined) && loads.length === 0;
  if (isConfigured && live.state === undefined) return steady(`${module} is not loaded, and nothing can load it`);

  const busy = live.state === undefined ? undefined : state.isFrozen ? frozen().because : moduleInUse(module, live);
  if (busy !== undefined && (isConfigured || whenBusy === 'refuse')) {
    return blocked(
      `${busy}${isConfigured ? '; what is configured waits for a reboot' : ''}`,
      'Stop what uses it, or reboot once it is configured.',
    );
  }
  // The other way round, taking back would load a module that our own file still forbids.
  const unload = run(['modprobe', '-r', module], { undo: ['modprobe', module], because: `${module} is loaded`, touches: TOUCHES });
  const content = `blacklist ${module}\ninstall ${module} /bin/false\n`;
  const image = { mode: 0o644, owner: 'root', group: 'root', ...ownRules?.image, content };
  return drift(
    ...(live.state === undefined || busy !== undefined ? [] : [unload]),
    ...(loads.length === 0 ? [] : [write(own.load, ownLoad?.image, undefined, 'it loads the module at boot')]),
    ...(isForbidden || origin === undefined ? [] : [write(own.rules, ownRules?.image, image, 'so that nothing loads it')]),
  );
}

/** A module brings devices, links, settings and whatever else it is for. */
const TOUCHES = ['file /sys/*', 'stat /sys/*', 'dir /sys/*', 'glob /sys/*', 'file /proc/*', 'stat /dev/*', 'dir /dev/*', 'command ip *'];

function ruled(place: string, what: string): Blocked {
  return blocked(`${place} ${what}`, 'Take it out there, then run again.');
}

function frozen(): Blocked {
  return blocked('kernel.modules_disabled is 1', 'Until a reboot this kernel neither loads nor unloads a module.');
}

/** The commands that stand for: do not load it. */
function isRefusal(command = ''): boolean {
  return /^(\/usr)?\/bin\/(false|true)$/.test(command);
}
