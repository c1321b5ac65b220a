import type { Json } from './json.ts';

/** How root (or another user) is reached after login. */
export interface Become {
  readonly method: 'sudo';
  readonly user: string;
}

/** How to reach one host: the inventory's settings laid over ssh_config's, complete but for secrets. */
export interface Connection {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Private key files, in the order they are tried. */
  readonly privateKeys: readonly string[];
  /** The agent's socket; absent where none is to be asked. */
  readonly agent?: string;
  /** Offer only the keys that `privateKeys` names, even where the agent has more. */
  readonly identitiesOnly?: boolean;
  readonly knownHosts: readonly string[];
  /** `strict` refuses a host without a known key; `accept-new` adds it. A changed key is refused by both. */
  readonly hostKeys: 'strict' | 'accept-new';
  /** The name that known_hosts has the host under, where it is not the address. */
  readonly hostKeyAlias?: string;
  /** Whether names are hashed where a key is added; absent where ssh_config does not say: then as the file has them. */
  readonly hashKnownHosts?: boolean;
  /** Hosts to hop over, first one first. */
  readonly jump: readonly Connection[];
  /** The site whose workers reach it, where sessions go through workers. */
  readonly site?: string;
  readonly connectTimeoutMs: number;
  /** How often a failed connect is tried again; keys and passwords that were refused are not. */
  readonly connectRetries: number;
  readonly become?: Become;
}

/** A machine that is reached over SSH. */
export interface Host {
  readonly name: string;
  readonly groups: readonly string[];
  readonly vars: Readonly<Record<string, Json>>;
  readonly connection: Connection;
}

/** Asked for once by the CLI, kept in memory, sent through stdin only. */
export interface Secrets {
  readonly becomePassword?: string;
  readonly loginPassword?: string;
  /** By private key file. */
  readonly passphrases?: Readonly<Record<string, string>>;
}
