import { isAbsolute, join } from 'node:path';
import { DroverError } from '../core/errors.ts';
import type { Connection } from '../core/host.ts';
import { LONGEST_TIMER_MS } from '../core/timer.ts';
import { resolveSshConfig, type SshConfigValues } from './ssh-config.ts';
import type { SshConfigReader } from './ssh-config-files.ts';
import type { SshConfigFile } from './ssh-config-lines.ts';
import { expandPath, parseTime, type SshTokens } from './ssh-config-tokens.ts';

/** Where to look, and what is known already. */
export interface SshConfigOptions {
  readonly home: string;
  readonly localUser: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One for all hosts that are asked for. */
  readonly reader: SshConfigReader;
  /** Files in the order they count; those of ssh itself by default. */
  readonly files?: readonly string[];
  /** What the inventory says already: tokens and `Match user` see it. */
  readonly address?: string;
  readonly user?: string;
  readonly port?: number;
}

/** How ssh would connect to a host, and what of its files was passed over. */
export interface SshConnection {
  readonly connection: Connection;
  readonly warnings: readonly string[];
}

const DEFAULT_KEYS = ['id_rsa', 'id_ecdsa', 'id_ed25519'] as const;
const DEFAULT_TIMEOUT_MS = 15_000;
const DEFAULT_RETRIES = 2;
const MAX_JUMPS = 8;

/** How ssh would connect to a host of this name, complete: for an inventory to lay its own values over. Throws INVENTORY_INVALID. */
export function sshConfigFor(alias: string, options: SshConfigOptions): SshConnection {
  return connectionFor(alias, options, MAX_JUMPS);
}

function connectionFor(alias: string, options: SshConfigOptions, jumpsLeft: number): SshConnection {
  const { home, localUser, env } = options;
  const found = resolveSshConfig(
    (options.files ?? ownFiles(home)).flatMap((path) => options.reader.read(path)),
    alias,
    {
      localUser,
      ...(options.user === undefined ? {} : { user: options.user }),
      include: (pattern, from) => included(pattern, from, options),
    },
  );
  const first = (key: keyof SshConfigValues['values']) => found.values[key]?.[0];
  const hostKeyAlias = first('hostkeyalias');
  const tokens: SshTokens = {
    alias,
    address: options.address ?? first('hostname') ?? alias,
    port: options.port ?? Number(first('port') ?? 22),
    user: options.user ?? first('user') ?? localUser,
    localUser,
    home,
    env,
    ...(hostKeyAlias === undefined ? {} : { hostKeyAlias }),
  };
  const agent = agentSocket(first('identityagent') ?? 'SSH_AUTH_SOCK', tokens);
  const jumps = jumpsOf(first('proxyjump') ?? 'none', options, jumpsLeft);
  const hashed = first('hashknownhosts');
  const trust = hostKeysOf(first('stricthostkeychecking'));
  const connection: Connection = {
    address: tokens.address,
    port: tokens.port,
    user: tokens.user,
    privateKeys: privateKeys(found.values.identityfile, tokens),
    ...(agent === undefined ? {} : { agent }),
    ...(first('identitiesonly') === 'yes' ? { identitiesOnly: true } : {}),
    knownHosts: knownHosts(found.values, tokens),
    hostKeys: trust.hostKeys,
    ...(hostKeyAlias === undefined ? {} : { hostKeyAlias }),
    ...(hashed === undefined ? {} : { hashKnownHosts: hashed === 'yes' }),
    jump: jumps.map((jump) => jump.connection),
    connectTimeoutMs: timeoutOf(first('connecttimeout') ?? 'none'),
    connectRetries: DEFAULT_RETRIES,
  };
  return { connection, warnings: [...found.warnings, ...trust.warnings, ...jumps.flatMap((jump) => jump.warnings)] };
}

function ownFiles(home: string): readonly string[] {
  return [join(home, '.ssh/config'), '/etc/ssh/ssh_config'];
}

/** Relative names are of the folder that the main files are in: ~/.ssh, or /etc/ssh for what is included from there. */
function included(pattern: string, from: string, { home, reader }: SshConfigOptions): readonly SshConfigFile[] {
  const base = from.startsWith('/etc/ssh/') ? '/etc/ssh' : join(home, '.ssh');
  const path = pattern.replace(/^~(?=\/)/, home);
  return reader.glob(isAbsolute(path) ? path : join(base, path)).flatMap((file) => reader.read(file));
}

function privateKeys(files: readonly string[] | undefined, tokens: SshTokens): readonly string[] {
  const named = files?.filter((file) => file.toLowerCase() !== 'none');
  return named?.map((file) => expandPath(file, tokens)) ?? DEFAULT_KEYS.map((name) => join(tokens.home, '.ssh', name));
}

function knownHosts({ userknownhostsfile, globalknownhostsfile }: SshConfigValues['values'], tokens: SshTokens): readonly string[] {
  const user = userknownhostsfile ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
  const global = globalknownhostsfile ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
  return [...user, ...global].filter((file) => file !== 'none').map((file) => expandPath(file, tokens));
}

function agentSocket(value: string, tokens: SshTokens): string | undefined {
  if (value === 'none') return undefined;
  if (value === 'SSH_AUTH_SOCK') return tokens.env['SSH_AUTH_SOCK'] || undefined;
  return value.startsWith('$') && !value.startsWith('${') ? tokens.env[value.slice(1)] : expandPath(value, tokens);
}

function hostKeysOf(value: string | undefined): { readonly hostKeys: Connection['hostKeys']; readonly warnings: readonly string[] } {
  const isOff = value === 'no' || value === 'off';
  const warnings = isOff ? [`ssh_config: StrictHostKeyChecking ${value} is taken as accept-new: changed keys are refused`] : [];
  return { hostKeys: isOff || value === 'accept-new' ? 'accept-new' : 'strict', warnings };
}

/** 0 is ssh's word for its system's own limit. */
function timeoutOf(value: string): number {
  return Math.min(parseTime(value) || DEFAULT_TIMEOUT_MS, LONGEST_TIMER_MS);
}

/** The hosts of a ProxyJump. The first is reached as its own settings say, each other one through the one before. */
function jumpsOf(
  value: string,
  { address: _, user: _user, port: _port, ...options }: SshConfigOptions,
  jumpsLeft: number,
): readonly SshConnection[] {
  if (value === 'none') return [];
  if (jumpsLeft === 0) throw new DroverError('INVENTORY_INVALID', `ssh_config: ProxyJump ${value}: jumps lead in a circle`);
  return value.split(',').map((text, index) => {
    const parts = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:/[\]]+))(?::(\d+))?\/?$/.exec(text.trim());
    const name = parts?.[2] ?? parts?.[3];
    if (name === undefined) throw new DroverError('INVENTORY_INVALID', `ssh_config: ProxyJump ${JSON.stringify(text)} names no host`);
    const user = parts?.[1];
    const port = parts?.[4];
    const known = { ...options, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port: Number(port) }) };
    const found = connectionFor(name, known, jumpsLeft - 1);
    return index === 0 ? found : { ...found, connection: { ...found.connection, jump: [] } };
  });
}
