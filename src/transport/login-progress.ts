import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { DroverError } from '../core/errors.ts';
import type { Connection } from '../core/host.ts';
import type { HostKeys } from './host-keys.ts';
import type { Identities, Identity } from './identities.ts';

/** All that a login over an open stream needs. */
export interface Login {
  readonly connection: Connection;
  readonly stream: Duplex;
  readonly hostKeys: HostKeys;
  readonly identities: Identities;
  readonly password?: string;
  /** Whether this key has let us in somewhere in this run. */
  readonly isProven: (identity: Identity) => boolean;
  readonly onProven: (identity: Identity) => void;
  /** Types of key to ask the host for, after it showed one of a type that we do not know it by. */
  readonly again?: readonly string[];
  /** False after a host hung up on a login that was sent ahead. */
  readonly ahead: boolean;
  readonly keepaliveMs: number;
}

/** A login that failed. `later`: worth another dial; `again`: dial at once and ask for keys of these types. */
export interface LoginFailure {
  readonly kind: 'failed';
  readonly error: DroverError;
  readonly retry: 'never' | 'later' | { readonly again: readonly string[] };
}

/** How a login went. */
export type LoginResult = { readonly kind: 'in'; readonly client: Client } | LoginFailure;

/** What is known while a login goes on. */
export interface Progress {
  /** Set where the host's key was not taken: nothing else counts then. */
  verdict?: LoginFailure;
  newKey?: Buffer;
  isHandshakeDone: boolean;
  /** The host has taken or refused at least one thing that was offered. */
  isAnswered: boolean;
  signatureAlgorithms: readonly string[];
  /** What was offered, for people. */
  readonly offered: string[];
  last?: Identity;
  /** What the host would take, as it said last. */
  accepts: readonly string[];
}
