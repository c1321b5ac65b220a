import { stat } from '../../core/file.ts';
import { type Argv, all, command, commandAside, commandIf, map, type Probe, type Reading } from '../../core/probe.ts';

/** What dnf would do to install packages. */
export interface DnfSimulation {
  /** Packages that would come anew, those that were asked for among them; `full` is name-version-release.arch. */
  readonly added: readonly { readonly name: string; readonly full: string }[];
  /** What else would change, each with what would happen to it. */
  readonly others: readonly string[];
  /** What dnf says where it cannot do it; undefined where it can. */
  readonly refusal: string | undefined;
}

/** The packages of a host with rpm and dnf, as far as some of them are concerned. */
export interface Dnf {
  readonly isHere: boolean;
  readonly isFive: boolean;
  /** Whether packages are a part of the system's image. */
  readonly isImage: boolean;
  readonly installed: readonly { readonly name: string; readonly version: string }[];
  /** Why rpm's database could not be read. */
  readonly flaw: string | undefined;
  readonly busy: readonly string[];
  /** Configuration that root alone may read: a plan that is made without it is another one. */
  readonly unseen: readonly string[];
  readonly simulation: DnfSimulation;
}

/** Where a distribution of that family says so; other systems may have dnf too, for other purposes. */
const FAMILY = '/etc/redhat-release';

/** Where dnf 4 writes before it can plan (its conf/config.py, lock.py and history.py). In its cache it must find what is there. */
const ASIDE = {
  empty: ['/var/log', '/run', '/var/tmp', '/var/lib/dnf'],
  linked: ['/var/cache/dnf'],
  omit: 'Last metadata expiration check: ',
};

export function dnf(names: readonly string[], recommends: boolean): Probe<Dnf> {
  const parts = all({
    program: stat('/usr/bin/dnf'),
    five: stat('/usr/bin/dnf5'),
    image: stat('/run/ostree-booted'),
    // Who could write rpm's database rewrites a file beside it by reading.
    listed: commandAside({ empty: [], linked: [] }, FAMILY, 'rpm', '-q', '--qf', FORMAT, ...names),
    busy,
    unseen: commandIf(FAMILY, 'find', '/etc/yum.repos.d', '/etc/dnf', '!', '-type', 'l', '!', '-perm', '-004'),
    simulated: commandAside(ASIDE, FAMILY, 'dnf', '-C', '--assumeno', ...wish(names, recommends)),
  });
  return map(parts, ({ program, five, image, listed, busy: atWork, unseen, simulated }) => ({
    isHere: program !== undefined,
    isFive: five !== undefined,
    isImage: image !== undefined,
    installed: [...listed.stdout.matchAll(/^(\S+) (\d+:\S+)$/gm)].map(([, name = '', version = '']) => ({
      name,
      version: version.replace(/^0:/, ''),
    })),
    flaw: listed.stderr.trim().split('\n')[0] || undefined,
    busy: atWork,
    unseen: unseen.stdout.split('\n').filter(Boolean),
    simulation: parseSimulation(simulated),
  }));
}

const FORMAT = '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n';

/** Installs packages and what they need, by the lists of packages that the look saw. */
export function dnfInstall(names: readonly string[], recommends: boolean): Argv {
  return ['dnf', '-y', '--setopt=metadata_expire=-1', '--setopt=*.metadata_expire=-1', ...wish(names, recommends)];
}

/** Takes exactly these away; rpm refuses where another one has come to need them, which dnf would remove with them. */
export function rpmErase(added: DnfSimulation['added']): Argv {
  return ['rpm', '-e', ...added.map(({ full }) => full)];
}

function wish(names: readonly string[], recommends: boolean): readonly string[] {
  return [`--setopt=install_weak_deps=${recommends ? 'True' : 'False'}`, 'install', ...names];
}

/** Only those that share our process numbers: one in a container works on other packages. */
const busy: Probe<readonly string[]> = map(command('pgrep', '--ns', '1', '--nslist', 'pid', '-l', '-x', 'dnf.*|yum|rpm'), ({ stdout }) =>
  [...stdout.matchAll(/^(\d+) (.*)$/gm)].map(([, pid, name]) => `${name} (${pid})`),
);

/** A row of the table: name, arch, version, repository, size. A long name has a line to itself. */
const ROW = /^ (\S+)\s+(\S+)\s+(?:\d+:)?(\S+)\s+(\S+)\s+[\d.]+(?: [kMG])? *$/gm;

function parseSimulation({ status, stdout, stderr }: Reading): DnfSimulation {
  const sections = [...stdout.matchAll(/^([A-Z][a-z ]+):\n((?: .*\n)+)/gm)].map(([, title = '', rows = '']) => ({ title, rows }));
  const rowsOf = (rows: string) =>
    [...rows.matchAll(ROW)].map(([, name = '', arch, version]) => ({ name, full: `${name}-${version}.${arch}` }));
  const isNew = (title: string) => /^Installing( dependencies| weak dependencies)?$/.test(title);
  const added = sections.flatMap(({ title, rows }) => (isNew(title) ? rowsOf(rows) : []));
  const replaced = [...stdout.matchAll(/^ +replacing +(\S+)\.[^. ]+ /gm)].map(([, name]) => `replace ${name}`);
  const others = sections.flatMap(({ title, rows }) => (isNew(title) ? [] : rowsOf(rows).map(({ name }) => `${verbOf(title)} ${name}`)));
  const counted = Number(/^Install +(\d+) /m.exec(stdout)?.[1] ?? 0);
  const errors = stderr.split('\n').filter((line) => /error|denied|failed|ignoring/i.test(line));
  // A table that is not understood to the last row is none to act by.
  const flaw = counted === added.length ? undefined : `of ${counted} packages ${added.length} were understood`;
  const isPlanned = /^Dependencies resolved\.$/m.test(stdout);
  const why =
    errors[0]?.replace(/^Error: /, '') ?? flaw ?? (isPlanned ? undefined : stderr.trim().split('\n').at(-1) || `status ${status}`);
  return { added, others: [...replaced, ...others], refusal: why };
}

/** `Upgrading` as what would be done; of other sections, whatever they are called, it is said that they are there. */
function verbOf(title: string): string {
  return /^(Upgrad|Remov|Downgrad)ing/.test(title)
    ? title
        .toLowerCase()
        .replace(/(ing)\b.*/, '')
        .replace(/(grad|mov)$/, '$1e')
    : title.toLowerCase();
}
