import * as z from 'zod';
import { run } from '../core/change.ts';
import { file } from '../core/file.ts';
import { type Blocked, blocked, drift, steady } from '../core/plan.ts';
import { all, map } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { parseOsRelease } from '../probes/host.ts';
import { type Apt, apt, installCommand, removeCommand } from '../probes/packages/apt.ts';
import { dnf } from '../probes/packages/dnf.ts';
import { orUnknown } from '../probes/unknown.ts';
import { planDnf } from './dnf-plan.ts';

/** Half an hour: a package may be large, and its scripts slow. */
const TIMEOUT_MS = 1_800_000;

export const packagePresent = defineTask({
  name: 'package.present',
  summary: 'Packages are installed, in whatever version; what is there is never upgraded.',
  params: z.strictObject({
    packages: z
      .array(
        z
          .string()
          // Debian policy 5.6.1, and rpm's names. apt-get would take a minus at the end for "remove".
          .regex(/^[A-Za-z0-9][\w+.-]*[\w+.]$/, 'write the name of a package, without version and architecture'),
      )
      .min(1)
      .describe('Their names.'),
    recommends: z.boolean().default(true).describe('Whether packages come along that these recommend.'),
  }),
  effects:
    "Installs with apt-get, or with dnf 4 on hosts of Red Hat's family: packages start their services as they please. Refused where anything would be upgraded or removed. The lists of packages are not refreshed. Every look lets apt or dnf simulate it, for about a second of processor time.",
  examples: [
    { name: 'A web server is there', with: { packages: ['nginx-light'] } },
    { name: 'Tools to look around, and no more', with: { packages: ['tcpdump', 'strace'], recommends: false } },
  ],
  resultSchema: z.strictObject({
    versions: z.record(z.string(), z.string()).describe('Those that are installed, with their versions.'),
  }),

  inspect: ({ packages, recommends }) =>
    all({
      os: map(orUnknown(file('/etc/os-release')), (text) => parseOsRelease(text ?? '')),
      apt: apt(packages, recommends),
      dnf: dnf(packages, recommends),
    }),

  plan({ os, apt: found, dnf: other }, { packages, recommends }) {
    if (os.family === 'redhat') return planDnf(other, packages, recommends);
    if (!found.isHere) {
      return blocked(`${os.id} has no apt`, 'Install it there with command.run, or leave this host out: only apt and dnf are known.');
    }
    const missing = packages.filter((name) => !found.installed.some((one) => one.name === name));
    if (missing.length === 0) return steady(`installed: ${found.installed.map(({ name, version }) => `${name} ${version}`).join(', ')}`);
    const obstacle = obstacleFor(missing, found);
    if (obstacle !== undefined) return obstacle;

    const { added } = found.simulation;
    const others = added.filter((name) => !missing.includes(name));
    const more = others.length === 0 ? '' : `; with it comes ${others.join(', ')}`;
    // To purge would take configuration files away that were there before.
    const how = added.some((name) => found.remains.includes(name)) ? '--remove' : '--purge';
    const install = run(installCommand(packages, recommends), {
      undo: removeCommand(added, how),
      because: `not installed: ${missing.join(', ')}${more}`,
      touches: ['*'],
      timeoutMs: TIMEOUT_MS,
    });
    return drift(install);
  },

  result: ({ os, apt: { installed }, dnf: other }) => ({
    versions: Object.fromEntries((os.family === 'redhat' ? other.installed : installed).map(({ name, version }) => [name, version])),
  }),
});

/** Why nothing can be installed now; undefined where it can. */
function obstacleFor(missing: readonly string[], { isInterrupted, unfinished, busy, onHold, simulation }: Apt): Blocked | undefined {
  if (busy.length > 0) return blocked(`at work on packages: ${busy.join(', ')}`, 'Run again when it is done.');
  if (isInterrupted) return blocked('dpkg was interrupted', 'Let `dpkg --configure -a` finish what was begun.');
  if (unfinished.length > 0) {
    return blocked(`not installed whole: ${unfinished.join(', ')}`, 'Let `dpkg --configure -a` and `apt-get -f install` finish it.');
  }
  const held = missing.filter((name) => onHold.includes(name));
  if (held.length > 0) return blocked(`on hold: ${held.join(', ')}`, 'Find out who put it there and why; `apt-mark unhold` takes it back.');
  const { refusal, removed, upgraded, added } = simulation;
  if (removed.length > 0) return blocked(`it would remove ${removed.join(', ')}`, 'Remove it first, if it is not needed.');
  if (refusal !== undefined) return blocked(`apt: ${refusal}`, 'Refresh the lists of packages with `apt-get update`, or correct the name.');
  if (upgraded.length > 0) return blocked(`it would upgrade ${upgraded.join(', ')}`, 'Upgrade it first, when that suits.');
  const unreal = missing.filter((name) => !added.includes(name));
  return unreal.length === 0 ? undefined : blocked(`apt offers others in place of ${unreal.join(', ')}`, 'Name the one that is wanted.');
}
