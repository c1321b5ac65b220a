import { dir } from '../../core/file.ts';
import { ABSENT, type Argv, all, command, map, type Probe, type Reading } from '../../core/probe.ts';

/** A package as dpkg has it. */
interface DebPackage {
  readonly name: string;
  readonly version: string;
}

/** What apt would do to install packages. */
export interface Simulation {
  /** Packages that would come anew, those that were asked for among them. */
  readonly added: readonly string[];
  readonly upgraded: readonly string[];
  readonly removed: readonly string[];
  /** What apt says where it cannot do it; undefined where it can. */
  readonly refusal: string | undefined;
}

/** The packages of a Debian host, as far as some of them are concerned. */
export interface Apt {
  readonly isHere: boolean;
  /** Of the packages that were asked for, those that are installed whole. */
  readonly installed: readonly DebPackage[];
  /** Packages whose installation was begun and not ended, with their state. */
  readonly unfinished: readonly string[];
  readonly onHold: readonly string[];
  /** Packages that were removed, their configuration files not. */
  readonly remains: readonly string[];
  /** Whether dpkg was ended while it wrote its database. */
  readonly isInterrupted: boolean;
  /** Programs that work on packages just now, each with its number. */
  readonly busy: readonly string[];
  readonly simulation: Simulation;
}

/** What matters for installing packages with apt. */
export function apt(names: readonly string[], recommends: boolean): Probe<Apt> {
  const parts = all({
    // An architecture of its own is a package of its own: libc6:i386 is not the libc6 that was asked for.
    architecture: map(command('dpkg', '--print-architecture'), ({ stdout }) => stdout.trim()),
    listed: command('dpkg-query', '-W', '-f', FORMAT, ...names),
    odd: oddPackages,
    updates: dir('/var/lib/dpkg/updates'),
    busy,
    simulated: command(...simulate(names, recommends)),
  });
  return map(parts, ({ architecture, listed, odd, updates, busy, simulated }) => ({
    ...odd,
    isHere: listed.status !== ABSENT && simulated.status !== ABSENT,
    installed: installedOf(listed, architecture),
    isInterrupted: (updates ?? []).length > 0,
    busy,
    simulation: parseSimulation(simulated),
  }));
}

/** Installs packages and what they need; never upgrades or removes one, keeps changed configuration files, asks nothing. */
export function installCommand(names: readonly string[], recommends: boolean): Argv {
  // needrestart, where it is there, would restart services of its own accord (NEEDRESTART_SUSPEND of its README.batch).
  return ['env', 'DEBIAN_FRONTEND=noninteractive', 'NEEDRESTART_SUSPEND=1', 'apt-get', '-q', '-y', ...INSTALL, ...wish(names, recommends)];
}

/** Takes exactly these packages away. dpkg refuses where another one has come to need them, which apt-get would remove with them. */
export function removeCommand(names: readonly string[], how: '--remove' | '--purge'): Argv {
  return ['env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', how, ...names];
}

/** Another apt that began since the look is waited for, two minutes at most (apt.conf(5)). */
const INSTALL = [
  '--no-remove',
  ...['-o', 'DPkg::Lock::Timeout=120'],
  ...['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'],
];

/** Without the two caches apt makes them in memory; else it would write them anew where they are stale. */
function simulate(names: readonly string[], recommends: boolean): Argv {
  const caches = ['-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache='];
  return ['apt-get', '-s', '-qq', ...caches, ...wish(names, recommends)];
}

function wish(names: readonly string[], recommends: boolean): readonly string[] {
  return ['--no-upgrade', recommends ? '--install-recommends' : '--no-install-recommends', 'install', '--', ...names];
}

/** As dpkg-query(1) wants it, a line a package. */
const FORMAT = `${['Package', 'Architecture', 'db:Status-Abbrev', 'Version'].map((field) => `\${${field}}`).join(' ')}\\n`;

/** dpkg-query(1): the wanted state, the state, and a flag or a blank; `ii ` is installed, `hi ` installed and on hold. */
function installedOf({ stdout }: Reading, architecture: string): readonly DebPackage[] {
  const lines = [...stdout.matchAll(/^(\S+) (\S+) .i {2}(\S+)$/gm)];
  return lines.flatMap(([, name = '', arch, version = '']) => (arch === 'all' || arch === architecture ? [{ name, version }] : []));
}

/** Lines of dpkg's database that are not those of a package that is simply there; the name stands up to three lines above. */
const ODD =
  '^Status: (hold|[^ ]+ reinstreq|[^ ]+ [^ ]+ (half-installed|unpacked|half-configured|triggers-awaited|triggers-pending|config-files))';

const oddPackages: Probe<Pick<Apt, 'unfinished' | 'onHold' | 'remains'>> = map(
  command('grep', '-E', '-B3', ODD, '/var/lib/dpkg/status'),
  ({ stdout }) => {
    const found = [...stdout.matchAll(/^Package: (\S+)\n(?:(?!Status:|Package:).*\n)*Status: (\S+) (\S+) (\S+)$/gm)];
    const packages = found.map(([, name = '', wanted, flag, state = '']) => ({ name, wanted, flag, state }));
    const isWhole = (state: string) => ['installed', 'not-installed', 'config-files'].includes(state);
    return {
      unfinished: packages
        .filter(({ state, flag }) => !isWhole(state) || flag === 'reinstreq')
        .map(({ name, state }) => `${name} (${state})`),
      onHold: packages.filter(({ wanted }) => wanted === 'hold').map(({ name }) => name),
      remains: packages.filter(({ state }) => state === 'config-files').map(({ name }) => name),
    };
  },
);

/** Only those that share our process numbers: an apt-get in a container works on other packages. */
const busy: Probe<readonly string[]> = map(command('pgrep', '--ns', '1', '--nslist', 'pid', '-l', '-x', 'apt(|-get)|dpkg'), ({ stdout }) =>
  stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/^(\d+) (.*)$/, '$2 ($1)')])),
);

function parseSimulation({ status, stdout, stderr }: Reading): Simulation {
  const lines = stdout.split('\n').map((line) => line.split(' '));
  // `Inst name (1.0 …)` is new, `Inst name [0.9] (1.0 …)` an upgrade.
  const installs = lines.filter(([verb]) => verb === 'Inst');
  const names = (some: readonly (readonly string[])[]) => some.map(([, name = '']) => name);
  const errors = stderr.split('\n').flatMap((line) => (line.startsWith('E: ') ? [line.slice(3).replace(/\.$/, '')] : []));
  return {
    added: names(installs.filter(([, , next]) => next?.startsWith('[') !== true)),
    upgraded: names(installs.filter(([, , next]) => next?.startsWith('['))),
    removed: names(lines.filter(([verb]) => verb === 'Remv' || verb === 'Purg')),
    refusal: status === 0 ? undefined : errors.join('; ') || `status ${status}`,
  };
}
