import * as z from 'zod';
import { DroverError } from '../core/errors.ts';
import { glob } from '../core/file.ts';
import type { Json } from '../core/json.ts';
import { type Blocked, blocked } from '../core/plan.ts';
import { ABSENT, type Argv, all, command, commandIf, map, type Probe, type Reading } from '../core/probe.ts';
import { type DockerConfig, dockerConfig, flagOf } from './docker/config.ts';
import { generatedEtc } from './host.ts';
import { type Unit, unit, unitTouches } from './systemd.ts';

/** A running container, and whether the daemon starts it again when it comes back itself. */
interface Container {
  readonly name: string;
  readonly returns: boolean;
}

/** What the running daemon says of itself. */
interface DockerDaemon {
  readonly liveRestore: boolean;
  /** inactive, active, pending, locked or error. */
  readonly swarm: string;
  readonly running: readonly Container[];
}

/** Docker on a host. `daemon` is undefined where it does not run. */
export interface Docker {
  readonly service: Unit;
  readonly socket: Unit;
  readonly config: DockerConfig;
  readonly daemon: DockerDaemon | undefined;
  readonly etcBy: string | undefined;
}

/** The param by which an operator says what to do about containers in the way. */
export const WhenBusy = z
  .enum(['refuse', 'force'])
  .default('refuse')
  .describe('Whether containers may be stopped that do not come back by themselves.');
export type WhenBusy = z.output<typeof WhenBusy>;

/** dockerd writes it and removes it. Without the guard a client would wake a stopped daemon through docker.socket. */
const PID_FILE = '/run/docker.pid';

const INFO = '[{{json .LiveRestoreEnabled}},{{json .Swarm.LocalNodeState}}]';

/** A question to the Docker daemon; answered ABSENT where it does not run. */
export function askDocker(...args: readonly string[]): Probe<Reading> {
  return whileDockerRuns('docker', ...args);
}

/** A command that is asked only while the Docker daemon runs. */
export function whileDockerRuns(...argv: Argv): Probe<Reading> {
  return commandIf(PID_FILE, ...argv);
}

/** The daemon, its units, its config and its containers. */
export const docker: Probe<Docker> = map(
  all({
    service: unit('docker.service'),
    socket: unit('docker.socket'),
    config: dockerConfig,
    info: askDocker('info', '--format', INFO),
    running: askDocker('ps', '--no-trunc', '--format', '{{.ID}} {{.Names}}'),
    // The daemon's own files: no single question to it gives the restart policies of all containers.
    policies: glob('/var/lib/docker/containers/*/hostconfig.json'),
    etcBy: generatedEtc,
  }),
  ({ info, running, policies, ...rest }) => ({ ...rest, daemon: parseDaemon(info, running, policies) }),
);

/** The major version of dockerd; 0 where it does not tell. */
export const dockerVersion: Probe<number> = map(command('dockerd', '--version'), ({ stdout }) =>
  Number(/version (\d+)\./.exec(stdout)?.[1] ?? 0),
);

/** Marks for `touches`: what starting, stopping or restarting Docker may change. It makes links, lets packets be forwarded, and loads modules. */
export const DOCKER_TOUCHES: readonly string[] = [
  ...unitTouches('docker.service', 'docker.socket'),
  'glob /var/lib/docker/*',
  ...['dir', 'file', 'stat'].flatMap((kind) => [`${kind} /sys/class/net*`, `${kind} /sys/module/*`]),
  'file /proc/modules',
  'file /proc/sys/net/*',
];

type PolicyFile = { readonly path: string; readonly content: string };

function parseDaemon(info: Reading, running: Reading, policies: readonly PolicyFile[]): DockerDaemon | undefined {
  if (info.status === ABSENT) return undefined;
  const [liveRestore, swarm] = answered('docker info', info) as readonly Json[];
  if (running.status !== 0) throw silent('docker ps', running);
  const containers = running.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id = '', name = id] = line.split(' ');
      return { name, returns: returns(policies.find(({ path }) => path.includes(`/${id}/`))?.content) };
    });
  return { liveRestore: liveRestore === true, swarm: String(swarm), running: containers };
}

/** The daemon's JSON. Throws STATE_UNREADABLE where it did not answer. */
export function answered(question: string, answer: Reading): Json {
  if (answer.status !== 0) throw silent(question, answer);
  try {
    return JSON.parse(answer.stdout) as Json;
  } catch (cause) {
    throw new DroverError('STATE_UNREADABLE', `${question}: its answer is no JSON`, { cause });
  }
}

/** What to throw where the daemon did not answer a question. */
export function silent(question: string, { status, stderr }: Reading): DroverError {
  return new DroverError('STATE_UNREADABLE', `${question}: ${stderr.trim() || `status ${status}`}`, {
    hint: 'Use --become if this user may not ask Docker; else see `journalctl -u docker`.',
  });
}

/** Policy `no` stays down, and so does `on-failure`, for the daemon stops its containers without failure. */
function returns(hostConfig: string | undefined): boolean {
  return /"RestartPolicy":\s*\{\s*"Name":\s*"(always|unless-stopped)"/.test(hostConfig ?? '');
}

/** Why Docker on this host cannot be configured at all; undefined where it can. */
export function dockerObstacle({ service, config, daemon, etcBy }: Docker): Blocked | undefined {
  if (etcBy !== undefined) return blocked(`${etcBy} makes /etc on this host`, `Set the daemon's options in the configuration of ${etcBy}.`);
  if (service.load === 'not-found') return blocked('docker.service is absent', 'Take this host out of the group, or install Docker first.');
  if (service.load !== 'loaded') return blocked(`docker.service is ${service.load}`, 'Unmask or mend the unit first.');
  if (['activating', 'deactivating', 'reloading'].includes(service.active)) {
    return blocked(`docker.service is ${service.active}`, 'Run again when it has settled; see `journalctl -u docker`.');
  }
  if ((service.active === 'active') !== (daemon !== undefined)) {
    return blocked(
      daemon === undefined ? `docker.service is active, yet there is no ${PID_FILE}` : 'dockerd runs, but not as docker.service',
      'Let systemd run dockerd, with its pid file in the usual place.',
    );
  }
  if (config.flaw !== undefined) return config.flaw;
  const other = flagOf('config-file', service.execStart, config);
  return other === undefined
    ? undefined
    : blocked(`dockerd reads ${other.value}, as ${other.source} says`, 'Remove that flag, or edit that file by hand.');
}

/** Why Docker must not be restarted now; undefined where it may be. `force` covers containers, not a swarm. */
export function interruption({ daemon }: Docker, whenBusy: WhenBusy): Blocked | undefined {
  if (daemon === undefined) return undefined;
  if (daemon.swarm !== 'inactive')
    return blocked(`this host is part of a swarm (${daemon.swarm})`, 'Drain the node and let it leave the swarm first.');
  const lost = daemon.liveRestore ? [] : daemon.running.filter((container) => !container.returns);
  if (lost.length === 0 || whenBusy === 'force') return undefined;
  return blocked(
    `a restart of Docker would stop ${lost.map(({ name }) => name).join(', ')} for good`,
    'Give the containers a restart policy, stop them, or set when_busy: force.',
  );
}

/** What a restart of Docker means for the containers, in words for a reason; empty where none runs. */
export function meanwhile({ daemon }: Docker): string {
  const count = daemon?.liveRestore === false ? daemon.running.length : 0;
  return count === 0 ? '' : ` (it interrupts ${count} ${count === 1 ? 'container' : 'containers'})`;
}
