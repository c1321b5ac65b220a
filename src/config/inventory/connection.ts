import { resolve } from 'node:path';
import * as z from 'zod';
import type { Become, Connection } from '../../core/host.ts';
import { canWait, parseTime, TOO_LONG } from '../source/time.ts';

/** Where relative paths begin, and what `~` stands for. */
export interface Surroundings {
  readonly folder: string;
  readonly home: string;
}

/** How a host is hopped to: another host of the inventory, or an address. */
export type Jump =
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'address'; readonly address: string; readonly user?: string; readonly port?: number };

/** What one layer (inventory, flags, ssh_config) says about reaching a host. */
export interface ConnectionSettings {
  readonly address?: string;
  readonly port?: number;
  readonly user?: string;
  readonly privateKeys?: readonly string[];
  /** false: none; true: the one of the environment; else the socket. */
  readonly agent?: boolean | string;
  readonly knownHosts?: readonly string[];
  readonly hostKeys?: 'strict' | 'accept-new';
  readonly hostKeyAlias?: string;
  readonly site?: string;
  readonly jump?: readonly Jump[];
  readonly connectTimeoutMs?: number;
  readonly connectRetries?: number;
  readonly become?: Become | false;
}

/** The lowest layer: ssh_config and the built-in defaults. Complete but for what may be absent. */
export type BaseSettings = ConnectionSettings &
  Required<Pick<ConnectionSettings, 'port' | 'user' | 'privateKeys' | 'knownHosts' | 'hostKeys' | 'connectTimeoutMs' | 'connectRetries'>>;

const Texts = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** A time with its unit. */
const Time = z
  .string()
  .regex(/^\d{1,6}(ms|s|m|h)$/, 'a time needs its unit: 10s, 500ms, 2m')
  .refine(canWait, TOO_LONG);

/** How root (or another user) is reached after login, as YAML says it. */
export const BecomeKey = z
  .union([
    z.boolean(),
    z.literal('sudo'),
    z.strictObject({ method: z.literal('sudo').default('sudo'), user: z.string().min(1).default('root').describe('Whom to become.') }),
  ])
  .describe('Become root after login: false, true or sudo, or a mapping with method and user.');

/** The keys that say how a host is reached: the same under `defaults`, on a group and on a host. */
const CONNECTION_KEYS = {
  address: z.string().min(1).describe("Name or address to dial, where it is not the host's name."),
  port: z.int().min(1).max(65_535).describe('Port of sshd.'),
  user: z.string().min(1).describe('Whom to log in as.'),
  private_key: Texts.describe('Private key file, or a list of them in the order to try.'),
  agent: z.union([z.boolean(), z.string().min(1)]).describe('Whether to ask the SSH agent, or the path of its socket.'),
  known_hosts: Texts.describe('known_hosts file, or a list of them.'),
  host_keys: z.enum(['strict', 'accept-new']).describe('What to do with a host whose key is not known.'),
  host_key_alias: z.string().min(1).describe('The name that known_hosts has the host under.'),
  site: z
    .string()
    .regex(/^[\w.-]+$/, 'a site is one word')
    .describe('The site whose workers reach it, with --engine (default).'),
  jump: Texts.describe('Host to hop over: user@host:port or a host of this inventory; or a list, first hop first.'),
  connect_timeout: Time.describe('How long connecting may take, e.g. 10s.'),
  connect_retries: z.int().min(0).max(100).describe('How often a failed connect is tried again.'),
  become: BecomeKey,
} as const;

/** Connection keys as they stand in YAML, all of them optional. */
export const ConnectionKeys = z.strictObject(CONNECTION_KEYS).partial();
export type ConnectionKeys = z.output<typeof ConnectionKeys>;

/** YAML's keys as settings; paths are made absolute. */
export function toSettings(keys: ConnectionKeys, around: Surroundings): ConnectionSettings {
  const path = (text: string) => absolutePath(text, around);
  return {
    ...given('address', keys.address),
    ...given('port', keys.port),
    ...given('user', keys.user),
    ...given(
      'privateKeys',
      mapped(keys.private_key, (files) => [files].flat().map(path)),
    ),
    ...given('agent', typeof keys.agent === 'string' ? path(keys.agent) : keys.agent),
    ...given(
      'knownHosts',
      mapped(keys.known_hosts, (files) => [files].flat().map(path)),
    ),
    ...given('hostKeys', keys.host_keys),
    ...given('hostKeyAlias', keys.host_key_alias),
    ...given('site', keys.site),
    ...given('jump', mapped(keys.jump, parseJumps)),
    ...given('connectTimeoutMs', mapped(keys.connect_timeout, parseTime)),
    ...given('connectRetries', keys.connect_retries),
    ...given('become', mapped(keys.become, parseBecome)),
  };
}

/** `become:` as data. */
export function parseBecome(key: z.output<typeof BecomeKey>): Become | false {
  if (typeof key === 'object') return key;
  return key === false ? false : { method: 'sudo', user: 'root' };
}

/** `~` is the home of who runs drover; what is relative begins at the folder of the file that says it. */
export function absolutePath(text: string, { folder, home }: Surroundings): string {
  if (text === '~' || text.startsWith('~/')) return home + text.slice(1);
  return resolve(folder, text);
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [k in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [k in K]?: V });
}

function mapped<A, B>(value: A | undefined, fn: (value: A) => B): B | undefined {
  return value === undefined ? undefined : fn(value);
}

/** `none` is ssh_config's word for no jump. Names of the inventory are told from addresses once it is read whole. */
function parseJumps(key: string | readonly string[]): readonly Jump[] {
  const hops = [key].flat().flatMap((text) => text.split(','));
  return hops.filter((hop) => hop !== 'none').map(parseJump);
}

function parseJump(text: string): Jump {
  const [, user, address = text, port] = /^(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text.trim()) ?? [];
  const plain = address.replace(/^\[|\]$/g, '');
  return { kind: 'address', address: plain, ...given('user', user), ...given('port', mapped(port, Number)) };
}

/** One connection of all layers, the upper ones first. */
export function layConnection(alias: string, layers: readonly ConnectionSettings[], base: BaseSettings): Omit<Connection, 'jump'> {
  const settings: BaseSettings = Object.assign({}, base, ...layers.toReversed());
  const { agent, become, hostKeyAlias, site, privateKeys, knownHosts, hostKeys, connectTimeoutMs, connectRetries, port, user } = settings;
  const socket = agent === true ? base.agent : agent;
  return {
    address: settings.address ?? alias,
    ...{ port, user, privateKeys, knownHosts, hostKeys, connectTimeoutMs, connectRetries },
    ...given('agent', typeof socket === 'string' ? socket : undefined),
    ...given('hostKeyAlias', hostKeyAlias),
    ...given('site', site),
    ...given('become', become === false ? undefined : become),
  };
}
