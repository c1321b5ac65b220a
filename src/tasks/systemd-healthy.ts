import * as z from 'zod';
import { DroverError } from '../core/errors.ts';
import { blocked, steady } from '../core/plan.ts';
import { ABSENT, all, command, map, type Reading } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';

const Health = z.strictObject({
  state: z.string().describe('As systemctl is-system-running says it: running, degraded, starting …'),
  failed: z.array(z.string()).describe('The units that failed, those to ignore left out.'),
});

export const systemdHealthy = defineTask({
  name: 'systemd.healthy',
  summary: 'Everything that systemd starts is up, and no unit has failed.',
  params: z.strictObject({
    ignore: z.array(z.string()).default([]).describe('Units that may be failed, by their whole names.'),
  }),
  effects: 'Only looks. It is blocked, with their names, while units are failed.',
  examples: [
    { name: 'Nothing has failed', with: {} },
    { name: 'Nothing but the old mount has failed', with: { ignore: ['mnt-old.mount'] } },
  ],
  resultSchema: Health,

  inspect: ({ ignore }) =>
    map(
      all({
        state: command('systemctl', 'is-system-running'),
        failed: command('systemctl', 'list-units', '--failed', '--plain', '--no-legend', '--full'),
      }),
      ({ state, failed }) => parseHealth(state, failed, ignore),
    ),

  plan({ state, failed }) {
    if (failed.length > 0) {
      return blocked(`failed: ${failed.join(', ')}`, 'See `systemctl status` of each; mend it, or clear it with `systemctl reset-failed`.');
    }
    switch (state) {
      case 'running':
        return steady('systemd is running and no unit has failed');
      case 'degraded':
        return steady('no unit has failed but those to ignore');
      default:
        return blocked(`systemd is ${state}`, 'Wait until it is up, then run again.');
    }
  },

  result: (state) => state,
});

function parseHealth(state: Reading, failed: Reading, ignore: readonly string[]): z.output<typeof Health> {
  const word = state.stdout.trim();
  // Its status says the same as its word: 0 for running alone (systemctl(1)).
  if (state.status === ABSENT || word === '' || word === 'offline' || word === 'unknown') {
    throw new DroverError('STATE_UNREADABLE', 'this host does not run systemd', { hint: 'Leave it out of this step.' });
  }
  if (failed.status !== 0)
    throw new DroverError('STATE_UNREADABLE', `systemctl list-units: ${failed.stderr.trim() || `status ${failed.status}`}`);
  const units = failed.stdout.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []);
  return { state: word, failed: units.filter((unit) => !ignore.includes(unit)) };
}
