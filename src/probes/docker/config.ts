import { type FileImage, file, fileImage, glob } from '../../core/file.ts';
import type { Json } from '../../core/json.ts';
import { type Blocked, blocked } from '../../core/plan.ts';
import { all, command, map, type Probe } from '../../core/probe.ts';
import { scanJson } from '../json-scan.ts';
import { childOfInit } from '../systemd.ts';

/** The daemon's config file, where no flag names another. */
export const DAEMON_JSON = '/etc/docker/daemon.json';

/** What dockerd will be told when it starts next. */
export interface DockerConfig {
  /** Undefined where there is no file. */
  readonly image: FileImage | undefined;
  /** The file's settings; none where it cannot be understood, and `flaw` says why. */
  readonly settings: { readonly [key: string]: Json };
  readonly flaw: Blocked | undefined;
  /** Files whose variables the unit may put on dockerd's command line. */
  readonly environment: readonly TextFile[];
  /** What an administrator has added to the unit. */
  readonly dropIns: readonly TextFile[];
  /** The command line of the dockerd that runs, variables replaced; empty where none does. */
  readonly running: string;
}

interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** The files that packages give dockerd's flags in (Debian's docker.io, RHEL's docker, Fedora's moby-engine), and the one that flannel writes. */
const ENVIRONMENT_FILES = ['/etc/default/docker', '/etc/sysconfig/docker', '/etc/sysconfig/docker-network', '/run/flannel/docker'] as const;

/** Everything that dockerd is told: its config file, and what may stand on its command line. */
export const dockerConfig: Probe<DockerConfig> = map(
  all({
    found: fileImage(DAEMON_JSON),
    environment: all<Record<string, string | undefined>>(Object.fromEntries(ENVIRONMENT_FILES.map((path) => [path, file(path)]))),
    dropIns: glob('/etc/systemd/system/docker.service.d/*.conf'),
    running: command(...childOfInit('dockerd')),
  }),
  ({ found, environment, dropIns, running }) => ({
    image: found?.image,
    ...understood(found),
    environment: Object.entries(environment).flatMap(([path, text]) => (text === undefined ? [] : [{ path, text }])),
    dropIns: dropIns.map(({ path, content }) => ({ path, text: content })),
    running: running.stdout.split('\n')[0]?.replace(/^\d+ /, '') ?? '',
  }),
);

function understood(found: { readonly image?: FileImage } | undefined): Pick<DockerConfig, 'settings' | 'flaw'> {
  const none = { settings: {}, flaw: undefined };
  if (found === undefined) return none;
  if (found.image === undefined) {
    return { ...none, flaw: blocked(`${DAEMON_JSON} is no regular file`, 'Edit the file that it stands for where it is made.') };
  }
  if (found.image.content.trim() === '') return none;
  const scan = scanJson(found.image.content);
  if (!scan.ok) return { ...none, flaw: flawIn(scan) };
  const { value } = scan.root;
  if (typeof value === 'object' && value !== null && scan.root.members !== undefined)
    return { settings: value as DockerConfig['settings'], flaw: undefined };
  return { ...none, flaw: flawIn({ line: 1, message: 'it is no object' }) };
}

/** The finding that daemon.json cannot be edited. */
export function flawIn({ line, message }: { readonly line: number; readonly message: string }): Blocked {
  return blocked(`${DAEMON_JSON} line ${line}: ${message}`, 'Mend it by hand: what it was to say cannot be guessed.');
}

/** A flag of dockerd, and where it is given. */
export interface Flag {
  readonly name: string;
  readonly source: string;
  readonly value: string;
}

/** Where a flag stands that no file on this list gives: a variable may come from any file. */
export const RUNNING_SOURCE = 'the dockerd that runs';

/** How a flag stands on dockerd's command line; undefined where it does not. */
export function flagOf(name: string, execStart: string, config: DockerConfig): Flag | undefined {
  const words = (/argv\[\]=(.*?) ; ignore_errors=/.exec(execStart)?.[1] ?? '').split(' ');
  const inUnit = flagIn(name, { source: 'docker.service', words });
  if (inUnit !== undefined) return { ...inUnit, source: dropInWith(`--${name}`, config) ?? inUnit.source };
  const values = words.filter((word) => /^\$\{?\w+\}?$/.test(word)).map((word) => assigned(word.replace(/\W/g, ''), config));
  const running = values.some((places) => places.length === 0) ? [{ source: RUNNING_SOURCE, words: config.running.split(' ') }] : [];
  return [...values.flat(), ...running].map((place) => flagIn(name, place)).find((flag) => flag !== undefined);
}

/** The last drop-in that says it is the one that counts. */
function dropInWith(words: string, { dropIns }: DockerConfig): string | undefined {
  return dropIns.findLast(({ text }) => text.split('\n').some((line) => /^\s*ExecStart\s*=/.test(line) && line.includes(words)))?.path;
}

/** What a variable of the unit is set to, by its drop-ins or by the files that packages name in it. */
function assigned(variable: string, { environment, dropIns }: DockerConfig): readonly { source: string; words: readonly string[] }[] {
  const inDropIns = dropIns.flatMap(({ path, text }) =>
    [...text.matchAll(/^\s*Environment\s*=(.*)$/gm)].flatMap(([, line = '']) =>
      [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)]
        .map(([, double, single, bare]) => double ?? single ?? bare ?? '')
        .filter((word) => word.startsWith(`${variable}=`))
        .map((word) => ({
          source: path,
          words: word
            .slice(variable.length + 1)
            .trim()
            .split(/\s+/),
        })),
    ),
  );
  const inFiles = environment.flatMap(({ path, text }) =>
    [...text.matchAll(new RegExp(`^[ \\t]*${variable}=(.*)$`, 'gm'))].map(([, value = '']) => ({
      source: path,
      words: value
        .replace(/^\s*(["'])(.*)\1\s*$/, '$2')
        .trim()
        .split(/\s+/),
    })),
  );
  return [...inDropIns, ...inFiles];
}

/** Other names of flags that dockerd --help has. */
const SHORT: Readonly<Record<string, string>> = { bridge: '-b' };

function flagIn(name: string, { source, words }: { source: string; words: readonly string[] }): Flag | undefined {
  const names = [`--${name}`, ...(SHORT[name] === undefined ? [] : [SHORT[name]])];
  const at = words.findIndex((word) => names.some((one) => word === one || word.startsWith(`${one}=`)));
  const word = words[at];
  if (word === undefined) return undefined;
  const mark = word.indexOf('=');
  return { name, source, value: mark >= 0 ? word.slice(mark + 1) : (words[at + 1] ?? '') };
}

/** A setting of dockerd as text, from its file or from its flags; it refuses to start where both have it. */
export function settingOf(
  name: string,
  { config, service }: { readonly config: DockerConfig; readonly service: { readonly execStart: string } },
): string | undefined {
  const value = config.settings[name] ?? flagOf(name, service.execStart, config)?.value;
  return value === undefined ? undefined : String(value);
}
