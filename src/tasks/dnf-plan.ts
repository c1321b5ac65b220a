import { run } from '../core/change.ts';
import { type Blocked, blocked, drift, type Plan, steady } from '../core/plan.ts';
import { type Dnf, dnfInstall, rpmErase } from '../probes/packages/dnf.ts';

/** Half an hour, as with apt. */
const TIMEOUT_MS = 1_800_000;

/** Packages are there, by rpm and dnf. */
export function planDnf(found: Dnf, packages: readonly string[], recommends: boolean): Plan {
  const { installed, simulation } = found;
  const unable = dnfObstacle(found);
  if (unable !== undefined) return unable;
  const missing = packages.filter((name) => !installed.some((one) => one.name === name));
  if (missing.length === 0) return steady(`installed: ${installed.map(({ name, version }) => `${name} ${version}`).join(', ')}`);
  const obstacle = installObstacle(missing, found);
  if (obstacle !== undefined) return obstacle;
  const others = simulation.added.map(({ name }) => name).filter((name) => !missing.includes(name));
  const more = others.length === 0 ? '' : `; with it comes ${others.join(', ')}`;
  return drift(
    run(dnfInstall(missing, recommends), {
      undo: rpmErase(simulation.added),
      because: `not installed: ${missing.join(', ')}${more}`,
      touches: ['*'],
      timeoutMs: TIMEOUT_MS,
    }),
  );
}

function dnfObstacle({ isHere, isFive, isImage, flaw }: Dnf): Blocked | undefined {
  if (isImage) return blocked('the packages of this host are part of its image', 'Layer them with rpm-ostree, or build another image.');
  if (!isHere) return blocked('there is no dnf', 'Install it there with command.run, or leave this host out.');
  if (isFive) return blocked('this host has dnf 5, whose plans are not understood', 'Install it there with command.run.');
  return flaw === undefined
    ? undefined
    : blocked(`rpm: ${flaw}`, 'Ask rpm once as root, which makes what its database lacks; then run again.');
}

function installObstacle(missing: readonly string[], { busy, unseen, simulation: { refusal, others, added } }: Dnf): Blocked | undefined {
  if (busy.length > 0) return blocked(`at work on packages: ${busy.join(', ')}`, 'Run again when it is done.');
  if (unseen.length > 0) {
    return blocked(
      `only root may read ${unseen.join(', ')}, and dnf is asked as another`,
      'Let everybody read it, with its secrets elsewhere.',
    );
  }
  if (refusal !== undefined) return blocked(`dnf: ${refusal}`, 'Refresh the lists of packages with `dnf makecache`, or correct the name.');
  if (others.length > 0) return blocked(`it would ${others.join(', ')}`, 'Do that first, when it suits.');
  const unreal = missing.filter((name) => !added.some((one) => one.name === name));
  return unreal.length === 0 ? undefined : blocked(`dnf offers others in place of ${unreal.join(', ')}`, 'Name the one that is wanted.');
}
