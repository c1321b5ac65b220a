import * as z from 'zod';
import { type Change, run } from '../core/change.ts';
import { blocked, drift, type Plan, steady } from '../core/plan.ts';
import type { Argv } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { showUnit, type Unit, unit as unitProbe, unitTouches } from '../probes/systemd.ts';

const SUFFIXES = 'service|socket|timer|path|mount|automount|swap|target|slice';

export const serviceState = defineTask({
  name: 'service.state',
  summary: 'A systemd unit runs or does not, now and after a reboot.',
  params: z
    .strictObject({
      unit: z
        .string()
        .regex(
          new RegExp(`^[A-Za-z0-9_][\\w:.\\\\-]*(@[\\w:.\\\\-]+)?\\.(${SUFFIXES})$`),
          'write the whole name of one unit, as in nginx.service',
        )
        .describe('The whole name of the unit, with its suffix.'),
      state: z.enum(['started', 'stopped']).optional().describe('Whether it runs now. Without it, that is left alone.'),
      enabled: z.boolean().optional().describe('Whether it is started at boot. Without it, that is left alone.'),
    })
    .refine(({ state, enabled }) => state !== undefined || enabled !== undefined, 'say state, enabled or both'),
  effects: 'Starts, stops, enables or disables the unit; it never restarts one that runs. Masked units are refused.',
  examples: [
    { name: 'The web server runs', with: { unit: 'nginx.service', state: 'started', enabled: true } },
    { name: 'No updates by themselves', with: { unit: 'apt-daily.timer', state: 'stopped', enabled: false } },
  ],
  resultSchema: z.strictObject({
    active: z.string().describe('As systemd says it: active, inactive, failed …'),
    file: z.string().describe('As systemd says it: enabled, disabled, static …'),
  }),

  inspect: ({ unit }) => unitProbe(unit),

  plan(unit, { state, enabled }) {
    const { name, load } = unit;
    if (load === 'not-found') {
      if (state !== 'started' && enabled !== true) return steady(`there is no ${name}`);
      return blocked(`there is no ${name}`, 'Check the name, or install what brings the unit.');
    }
    if (load === 'masked' && (state === 'started' || enabled === true))
      return blocked(`${name} is masked`, `Find out who masked it and why; \`systemctl unmask ${name}\` takes it back.`);
    if (load !== 'masked' && load !== 'loaded') return blocked(`${name} cannot be loaded: ${load}`, `See \`systemctl status ${name}\`.`);

    const boot = enabled === undefined ? [] : bootChanges(unit, enabled);
    const now = state === undefined ? [] : stateChanges(unit, state);
    if ('status' in boot) return boot;
    if ('status' in now) return now;
    // The order of systemctl enable --now; taken back the other way round.
    const changes = [...boot, ...now];
    if (changes.length === 0) return steady(`${name} is ${unit.active} (${unit.sub})${unit.file === '' ? '' : ` and ${unit.file}`}`);
    return drift(...changes);
  },

  result: ({ active, file }) => ({ active, file }),
});

type Part = readonly Change[] | Extract<Plan, { status: 'blocked' }>;

function bootChanges({ name, file }: Unit, enabled: boolean): Part {
  const isEnabled = file === 'enabled' || file === 'alias';
  if (isEnabled === enabled) return [];
  if (!enabled && !['enabled-runtime', 'linked', 'linked-runtime'].includes(file) && !isEnabled) return [];
  if (enabled && ['static', 'indirect', 'generated', 'transient'].includes(file)) {
    return blocked(
      `${name} is ${file}: it cannot be enabled itself`,
      'Enable the unit that wants it, or add an [Install] section with a drop-in.',
    );
  }
  const [enable, disable]: readonly [Argv, Argv] = [
    ['systemctl', 'enable', name],
    ['systemctl', 'disable', name],
  ];
  const more = { because: `it is ${file || 'without a file'}`, touches: [`command ${showUnit(name).slice(0, 3).join(' ')} *`] };
  return [enabled ? run(enable, { undo: disable, ...more }) : run(disable, { undo: enable, ...more })];
}

function stateChanges(unit: Unit, state: 'started' | 'stopped'): Part {
  const { name, active, sub } = unit;
  const isActive = active === 'active' || active === 'reloading' || active === 'refreshing';
  if (state === 'started' ? isActive : active === 'inactive' || active === 'failed') return [];
  if (state === 'started' && active !== 'inactive' && active !== 'failed') {
    return blocked(`${name} is ${active} (${sub})`, `It may fail again and again; see \`systemctl status ${name}\`, then run again.`);
  }
  const because = `it is ${active} (${sub})`;
  const touches = unitTouches(name);
  const [start, stop]: readonly [Argv, Argv] = [
    ['systemctl', 'start', name],
    ['systemctl', 'stop', name],
  ];
  if (state === 'stopped') return [run(stop, { undo: start, because, touches })];
  // systemd.unit(5): a unit that failed too often in a row is not started again (StartLimitBurst) before this.
  const reset = run(['systemctl', 'reset-failed', name], { undo: 'not needed', because, touches });
  const reload = run(['systemctl', 'daemon-reload'], {
    undo: 'not needed',
    because: `the file of ${name} changed since it was loaded`,
    touches,
  });
  return [...(unit.isStale ? [reload] : []), ...(active === 'failed' ? [reset] : []), run(start, { undo: stop, because, touches })];
}
