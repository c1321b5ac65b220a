import { DroverError } from '../../core/errors.ts';
import { glob } from '../../core/file.ts';
import { type Blocked, blocked } from '../../core/plan.ts';
import { all, command, each, map, type Probe } from '../../core/probe.ts';
import type { NamedText } from './placed-word.ts';
import { setsCommand } from './unit-words.ts';

const PROPERTIES =
  'FragmentPath,DropInPaths,MainPID,NeedDaemonReload,User,DynamicUser,LimitMEMLOCK,CapabilityBoundingSet,AmbientCapabilities';

/** The unit that the file is of, as systemd has it. */
export interface StartUnit {
  readonly name: string;
  readonly mainPid: number;
  readonly isStale: boolean;
  /** How much memory its processes may lock, in bytes; undefined where there is no limit. */
  readonly lockLimit: number | undefined;
  /** Where systemd found it, drop-ins too. */
  readonly paths: readonly string[];
  readonly dropIns: readonly NamedText[];
}

/** The unit that a path belongs to, as its file or its drop-in. */
export function unitNameOf(path: string): string | undefined {
  return /\/([^/]+\.service)(?:\.d\/[^/]+\.conf)?$/.exec(path)?.[1];
}

/** What systemd knows of a unit, and its drop-ins. Throws STATE_UNREADABLE. */
export function startUnit(name: string): Probe<StartUnit> {
  const shown = command('systemctl', 'show', name, '-p', PROPERTIES);
  const folders = ['/etc', '/run', '/usr/local/lib', '/usr/lib'].map((folder) => `${folder}/systemd/system/${name}.d/*.conf`);
  const globs = each(folders.map((pattern) => glob(globbed(pattern))));
  return map(all({ shown, globs }), ({ shown: { status, stdout, stderr }, globs: found }) => {
    if (status !== 0) {
      const hint = 'A unit needs a host that systemd runs.';
      throw new DroverError('STATE_UNREADABLE', `systemctl show ${name}: ${stderr.trim() || `status ${status}`}`, { hint });
    }
    const says = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
    return {
      name,
      mainPid: Number(says('MainPID')),
      lockLimit: lockLimit(says),
      isStale: says('NeedDaemonReload') === 'yes',
      paths: [says('FragmentPath'), ...says('DropInPaths').split(' ')].filter(Boolean),
      dropIns: found.flat().map(({ path, content }) => ({ path, text: content })),
    };
  });
}

/** Processes with CAP_IPC_LOCK have no limit (mlock(2)): those of root, where the unit does not take it away. */
function lockLimit(says: (key: string) => string): number | undefined {
  const isRoot = /^(root|0)?$/.test(says('User')) && says('DynamicUser') !== 'yes';
  const isFree = says(isRoot ? 'CapabilityBoundingSet' : 'AmbientCapabilities')
    .split(' ')
    .includes('cap_ipc_lock');
  const bytes = says('LimitMEMLOCK');
  // No limit is `infinity`, or the highest number of older systemds.
  return isFree || !/^\d+$/.test(bytes) || Number(bytes) > Number.MAX_SAFE_INTEGER ? undefined : Number(bytes);
}

/** A unit's name may hold signs that have a meaning in a pattern, or none that may stand in one. */
function globbed(pattern: string): string {
  return pattern.replaceAll(/[^\w./*-]/g, '?');
}

/** Why the file is not the one to change. */
export function unitObstacle(path: string, { name, paths, dropIns }: StartUnit): Blocked | undefined {
  if (!/^\/(etc|usr\/local\/lib)\/systemd\/system\//.test(path)) {
    return blocked(`${path} belongs to a package or a generator, which writes it anew`, `Copy it to /etc/systemd/system/${name} first.`);
  }
  if (!paths.includes(path)) {
    return blocked(
      `systemd takes ${name} from ${paths.join(', ') || 'nowhere'}`,
      'Name that file, or reload systemd where the file is new.',
    );
  }
  const other = dropIns.find((one) => one.path !== path && setsCommand(one));
  return other === undefined ? undefined : blocked(`${other.path} sets ExecStart too`, 'Name that file, or take the setting out of it.');
}
