import * as z from 'zod';
import { run } from '../core/change.ts';
import { type Blocked, blocked, drift, steady } from '../core/plan.ts';
import { ABSENT } from '../core/probe.ts';
import { reboot } from '../core/reboot.ts';
import { defineTask } from '../core/task.ts';
import { BOOT_COMMANDS, type BootState, bootState, newerKernel } from '../probes/boot/boot-reasons.ts';

export const hostReboot = defineTask({
  name: 'host.reboot',
  summary: 'The host was booted since there was a reason for it.',
  params: z.strictObject({
    since: z.iso.datetime({ offset: true }).optional().describe('A time; a boot before it is a reason. Written as 2026-11-24T08:00:00Z.'),
    newer_kernel: z.boolean().default(true).describe('Whether it is a reason that a newer kernel is installed than the one that runs.'),
    guests: z
      .enum(['refuse', 'shutdown', 'destroy'])
      .default('refuse')
      .describe(
        'While guests of libvirt run: refuse does not reboot; shutdown asks them to shut down, and fails where one does not; destroy switches those off.',
      ),
    guests_timeout: z.int().min(1).max(3600).default(300).describe('How many seconds guests have to shut down.'),
    timeout: z.int().min(30).max(7200).default(900).describe('How many seconds the host may stay away.'),
  }),
  effects:
    'Reboots the host where there is a reason, and only with --reboot; else the step waits. Reasons are /run/reboot-required, a newer kernel, modules of the running kernel that are gone, and since. Refused while a shutdown is inhibited, packages are worked on, guests run or are saved (managed save). Guests come back only where libvirt starts them by itself.',
  examples: [
    { name: 'What was installed is in use', with: {} },
    {
      name: 'Booted in this maintenance window, guests shut down before',
      with: { since: '2026-11-24T22:00:00+01:00', guests: 'shutdown' },
    },
  ],
  resultSchema: z.strictObject({
    kernel: z.string().describe('The kernel that runs, as uname -r says it.'),
    reasons: z.array(z.string()).describe('Why a boot is due, without since.'),
  }),

  inspect: () => bootState,

  plan(state, { since, newer_kernel, guests, guests_timeout, timeout }) {
    const { container, kernel, bootedAt } = state;
    if (container !== 'none' && container !== 'unknown') {
      return blocked(`the host is a container (${container})`, 'Run this on the host that it lives on.');
    }
    if (since !== undefined && bootedAt === undefined) return blocked('the host does not say when it was booted', 'Leave since out.');
    const isOld = since !== undefined && (bootedAt ?? 0) * 1000 < Date.parse(since);
    const reasons = [...reasonsOf(state, newer_kernel), ...(isOld ? [`it was booted before ${since}`] : [])];
    if (reasons.length === 0) return steady(`nothing asks for a boot; it runs ${kernel}`);

    const again = (drained: boolean) =>
      reboot(reasons.join('; '), {
        how: { timeoutMs: timeout * 1000, ...(drained ? { guests: 'drained' as const } : {}) },
        touches: BOOT_COMMANDS,
        leadsTo: { 'stat /run/reboot-required': { status: ABSENT, stdout: '', stderr: '' } },
      });
    if (state.guests.length === 0 || guests === 'refuse') return drift(again(false));
    const drain = drainOf(state, guests, guests_timeout);
    return drain.kind === 'run' ? drift(drain, again(true)) : drain.plan;
  },

  result: (state) => ({ kernel: state.kernel, reasons: [...reasonsOf(state, true)] }),
});

function reasonsOf(state: BootState, newerCounts: boolean): readonly string[] {
  const { required, kernel, installed } = state;
  const newer = newerCounts ? newerKernel(state) : undefined;
  const packages = required === undefined || required.length === 0 ? '' : ` by ${required.join(', ')}`;
  return [
    ...(required === undefined ? [] : [`a reboot is asked for${packages}`]),
    ...(newer === undefined ? [] : [`${newer} is installed, and ${kernel} runs`]),
    // Some systems remove them with an update, and nothing can be loaded any more.
    ...(installed.length === 0 || installed.includes(kernel) ? [] : [`the modules of ${kernel} are gone`]),
  ];
}

const VIRSH = 'v() { virsh -c qemu:///system "$@"; }';

/** Asks all guests at once, then waits for them. */
const DRAIN = `${VIRSH}
mode=$1 end=$(($(date +%s) + $2)); shift 2
is_off() { [ "$(v domstate "$1" | head -n 1)" = 'shut off' ]; }
for one in "$@"; do v shutdown "$one" || is_off "$one" || exit; done
for one in "$@"; do
  until is_off "$one"; do
    if [ "$(date +%s)" -ge "$end" ]; then
      [ "$mode" = destroy ] || { echo "$one did not shut down"; exit 1; }
      v destroy "$one" || is_off "$one" || exit
    fi
    sleep 1
  done
done`;
const START = `${VIRSH}\nfor one in "$@"; do v start "$one" || exit; done`;

function drainOf({ guests }: BootState, mode: string, seconds: number) {
  const transient = guests.find(({ isPersistent }) => !isPersistent);
  if (transient !== undefined) {
    const plan: Blocked = blocked(`the guest ${transient.name} is transient: shut down, it is gone`, 'Migrate it away, or define it.');
    return { kind: 'blocked' as const, plan };
  }
  const names = guests.map(({ name }) => name);
  return run(['sh', '-c', DRAIN, 'drover-drain', mode, String(seconds), ...names], {
    undo: ['sh', '-c', START, 'drover-start', ...names],
    because: `guests run: ${names.join(', ')}`,
    touches: ['glob /run/libvirt/*', 'command virsh *', 'file /sys/module/*', 'file /run/*'],
    leadsTo: { 'glob /run/libvirt/qemu/*.xml': { status: 0, stdout: '[]', stderr: '' } },
    timeoutMs: (seconds + 120) * 1000,
  });
}
