import { userInfo } from 'node:os';
import { type BaseSettings, type ConnectionSettings, completeConnection, type Inventory } from '../config/load.ts';
import type { Become, Connection } from '../core/host.ts';
import { printable } from '../report/printable.ts';
import { sshConfigFor } from '../transport/ssh-config-connection.ts';
import { sshConfigReader } from '../transport/ssh-config-files.ts';
import type { FleetArgs } from './command-flags.ts';
import type { Io } from './io.ts';
import { secondsFlag } from './usage.ts';

/** The flags about connections; commands that do not connect have none of them. */
export type ConnectArgs = Partial<
  Pick<FleetArgs, 'user' | 'private-key' | 'timeout' | 'host-keys' | 'become' | 'become-user' | 'become-method'>
>;

type Connect = (host: string, become: Become | false | undefined) => Connection;

/** Completes the connection of a host: flags over playbook over inventory over ssh_config over what is usual. */
export function connectWith(args: ConnectArgs, io: Io, inventory: Inventory): Connect {
  const over = flagSettings(args);
  const ssh = sshSettings(io, inventory, over);
  return (host, become) => {
    const base = (alias: string): BaseSettings => baseOf(ssh(alias));
    const connection = completeConnection(inventory, host, { over, base, ...(become === undefined ? {} : { become }) });
    const { jump, identitiesOnly, hashKnownHosts } = ssh(host);
    return {
      ...connection,
      ...(identitiesOnly === undefined ? {} : { identitiesOnly }),
      ...(hashKnownHosts === undefined ? {} : { hashKnownHosts }),
      jump: inventory.hosts.get(host)?.settings.jump === undefined ? jump : connection.jump,
    };
  };
}

/** Flags say how to reach hosts, not which: no address and no port. */
function flagSettings(args: ConnectArgs): ConnectionSettings {
  const { user, timeout } = args;
  const keys = args['private-key'];
  const hostKeys = args['host-keys'];
  const wantsBecome = args.become === true || args['become-user'] !== undefined || args['become-method'] !== undefined;
  return {
    ...(user === undefined ? {} : { user }),
    ...(keys === undefined ? {} : { privateKeys: keys }),
    ...(timeout === undefined ? {} : { connectTimeoutMs: secondsFlag('timeout', timeout) }),
    ...(hostKeys === undefined ? {} : { hostKeys }),
    ...(wantsBecome ? { become: { method: 'sudo', user: args['become-user'] ?? 'root' } as const } : {}),
  };
}

/** What ssh itself would do for a name, told once a name; what it passes over in the files is told once. */
function sshSettings({ env, home, talk }: Io, inventory: Inventory, over: ConnectionSettings): (alias: string) => Connection {
  const known = new Map<string, Connection>();
  const told = new Set<string>();
  const reader = sshConfigReader();
  const localUser = env['USER'] ?? userInfo().username;
  return (alias) => {
    const found = known.get(alias);
    if (found !== undefined) return found;
    const { address, user, port } = { ...inventory.hosts.get(alias)?.settings, ...over };
    const { connection, warnings } = sshConfigFor(alias, {
      home,
      localUser,
      env,
      reader,
      ...(address === undefined ? {} : { address }),
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
    });
    talk.lines(warnings.filter((warning) => !told.has(warning)).map((warning) => `warning: ${printable(warning)}`));
    for (const warning of warnings) told.add(warning);
    known.set(alias, connection);
    return connection;
  };
}

/** Jumps are laid on afterwards: here they are connections, there still names. */
function baseOf({ jump: _, become: _become, identitiesOnly: _only, hashKnownHosts: _hashed, ...settings }: Connection): BaseSettings {
  return settings;
}
