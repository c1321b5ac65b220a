import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { DroverError } from '../core/errors.ts';
import type { Connection } from '../core/host.ts';
import { faultOfHostCertificate, parseCertificate } from './certificate.ts';
import { fingerprint } from './identities.ts';
import {
  addKnownHost,
  hashName,
  type KnownHostLine,
  type KnownHosts,
  knownName,
  linesOf,
  linesWithKey,
  parseKnownHosts,
  parseLine,
  plainLinesOf,
} from './known-hosts.ts';
import { wireType } from './ssh-wire.ts';

/** What known_hosts says of the key that a host shows. `ask again` names the types of key that we do know the host by. */
export type HostKeyVerdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'certified'; readonly subject: Buffer }
  | { readonly kind: 'new' }
  | { readonly kind: 'ask again'; readonly keyTypes: readonly string[] }
  | { readonly kind: 'refused'; readonly error: DroverError };

/** The part of a connection that host keys are about. */
export type KeyedHost = Pick<Connection, 'address' | 'port' | 'knownHosts' | 'hostKeys' | 'hostKeyAlias' | 'hashKnownHosts'>;

/** Judges host keys by known_hosts files, each read once. */
export interface HostKeys {
  /** The algorithms to ask the host for, best first: those of keys that we know it by before all others. `again` is what `ask again` said. */
  readonly algorithms: (host: KeyedHost, again: readonly string[] | undefined) => readonly string[];
  readonly judge: (host: KeyedHost, blob: Buffer) => HostKeyVerdict;
  /** Adds a new host's key to the first known_hosts file, on disk when it returns. */
  readonly remember: (host: KeyedHost, blob: Buffer) => void;
  /** As `remember`, and tells nobody; the file. */
  readonly add: (host: KeyedHost, blob: Buffer) => string;
}

/** Algorithms of plain keys, best first. */
export const PLAIN: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Types of host certificate that can be verified (ssh2 cannot be brought to negotiate those of RSA keys). */
export const CERTIFIED: readonly string[] = PLAIN.filter((name) => !name.startsWith('rsa')).map((name) => `${name}-cert-v01@openssh.com`);

/** A judge of host keys, and whom to tell of those it adds. */
export function hostKeys(onAdded: (text: string) => void): HostKeys {
  const read = new Map<string, KnownHosts>();
  const knownOf = ({ knownHosts }: KeyedHost): KnownHosts => {
    const key = knownHosts.join('\0');
    const known = read.get(key) ?? parseKnownHosts(knownHosts.map((path) => ({ path, text: readKnownHosts(path) })));
    read.set(key, known);
    return known;
  };
  const add = (host: KeyedHost, blob: Buffer): string => {
    const [path] = host.knownHosts;
    if (path === undefined) throw new DroverError('HOST_KEY_UNKNOWN', `there is no known_hosts file to add the key of ${nameOf(host)} to`);
    const isHashed = host.hashKnownHosts ?? knownOf(host).hashed.some(({ file }) => file === path);
    const line = knownHostLine(nameOf(host), blob, isHashed ? 'hashed' : 'plain');
    append(path, line);
    // Other lists of files may hold this one, too.
    for (const [paths, known] of read) {
      const added = paths.split('\0').includes(path) ? parseLine(line, path, 0) : undefined;
      if (added !== undefined) addKnownHost(known, added);
    }
    return path;
  };
  return {
    algorithms: (host, again) => {
      const lines = namesOf(host).map((name) => plainLinesOf(knownOf(host), name));
      return order(lines.find(({ length }) => length > 0) ?? [], again);
    },
    judge: (host, blob) => (isCertificate(blob) ? judgeCertificate(knownOf(host), host, blob) : judgeKey(knownOf(host), host, blob)),
    remember: (host, blob) => {
      const path = add(host, blob);
      onAdded(`added the ${wireType(blob)} host key ${fingerprint(blob)} of ${nameOf(host)} to ${path}`);
    },
    add,
  };
}

/** The name that known_hosts has this host under: an alias stands as it is, without the port (as in OpenSSH's sshconnect.c). */
function nameOf({ address, port, hostKeyAlias }: KeyedHost): string {
  return hostKeyAlias?.toLowerCase() ?? knownName(address, port);
}

/** OpenSSH looks a host at another port up without the port, too, where its name with it says nothing (check_host_key in sshconnect.c). */
function namesOf(host: KeyedHost): readonly string[] {
  const own = nameOf(host);
  return host.hostKeyAlias === undefined && host.port !== 22 ? [own, knownName(host.address, 22)] : [own];
}

/** The lines about the host, under whichever name, that hold one of these keys. */
function linesWithAny(known: KnownHosts, host: KeyedHost, keys: readonly Buffer[]): readonly KnownHostLine[] {
  return keys.flatMap((key) => namesOf(host).flatMap((name) => linesWithKey(known, key.toString('base64'), name)));
}

function order(lines: readonly KnownHostLine[], again: readonly string[] | undefined): readonly string[] {
  const types = new Set([...(again ?? []), ...lines.filter(({ marker }) => marker === 'none').map(({ keyType }) => keyType)]);
  const isKnown = (name: string) => types.has(name.startsWith('rsa-') ? 'ssh-rsa' : name);
  const certified = again === undefined && lines.some(({ marker }) => marker === 'cert-authority') ? CERTIFIED : [];
  return [...certified, ...PLAIN.filter(isKnown), ...PLAIN.filter((name) => !isKnown(name))];
}

function isCertificate(blob: Buffer): boolean {
  return wireType(blob).endsWith('-cert-v01@openssh.com');
}

function judgeKey(known: KnownHosts, host: KeyedHost, blob: Buffer): HostKeyVerdict {
  const same = linesWithAny(known, host, [blob]);
  const revoked = same.find(({ marker }) => marker === 'revoked');
  if (revoked !== undefined) return refuse(changed(host, blob, `was revoked by ${placeOf(revoked)}`));
  if (same.some(({ marker }) => marker === 'none')) return { kind: 'known' };
  const others = linesOf(known, nameOf(host)).filter(({ marker }) => marker === 'none');
  const type = wireType(blob);
  const sameType = others.filter(({ keyType }) => keyType === type);
  if (sameType.length > 0) return refuse(changed(host, blob, `is not the one in ${sameType.map(placeOf).join(', ')}`));
  if (others.length > 0) return { kind: 'ask again', keyTypes: others.map(({ keyType }) => keyType) };
  return host.hostKeys === 'accept-new' ? { kind: 'new' } : refuse(unknown(host, blob));
}

function judgeCertificate(known: KnownHosts, host: KeyedHost, blob: Buffer): HostKeyVerdict {
  const certificate = parseCertificate(blob);
  if (certificate === undefined) return refuse(unknown(host, blob));
  const lines = linesWithAny(known, host, [certificate.authority]);
  const revoked = linesWithAny(known, host, [certificate.authority, certificate.subject]).find(({ marker }) => marker === 'revoked');
  if (revoked !== undefined) return refuse(changed(host, blob, `was revoked by ${placeOf(revoked)}`));
  // A host whose certificate is of no use to us may still be known by its key.
  if (!lines.some(({ marker }) => marker === 'cert-authority')) return { kind: 'ask again', keyTypes: [] };
  const fault = faultOfHostCertificate(certificate, host.hostKeyAlias ?? host.address, new Date());
  if (fault === undefined) return { kind: 'certified', subject: certificate.subject };
  return refuse(new DroverError('HOST_KEY_UNKNOWN', `${nameOf(host)}: its host certificate ${JSON.stringify(certificate.id)} ${fault}`));
}

function refuse(error: DroverError): HostKeyVerdict {
  return { kind: 'refused', error };
}

/** The error for a host that shows a key other than the one it is known by. */
export function changed(host: KeyedHost, blob: Buffer, how: string): DroverError {
  return new DroverError('HOST_KEY_CHANGED', `${nameOf(host)}: its ${wireType(blob)} host key ${fingerprint(blob)} ${how}`);
}

function unknown(host: KeyedHost, blob: Buffer): DroverError {
  const where = host.knownHosts.join(', ') || 'any known_hosts file';
  return new DroverError('HOST_KEY_UNKNOWN', `${nameOf(host)}: its ${wireType(blob)} host key ${fingerprint(blob)} is not in ${where}`);
}

function placeOf({ file, line }: KnownHostLine): string {
  return line === 0 ? file : `${file}:${line}`;
}

/** A line of known_hosts for a host's key. */
function knownHostLine(name: string, blob: Buffer, form: 'plain' | 'hashed'): string {
  const salt = randomBytes(20);
  const shown = form === 'plain' ? name : `|1|${salt.toString('base64')}|${hashName(name, salt)}`;
  return `${shown} ${wireType(blob)} ${blob.toString('base64')}`;
}

function readKnownHosts(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    // As if it were empty would let a changed key pass for a new one.
    throw new DroverError('HOST_KEY_UNKNOWN', `${path} cannot be read: ${code}`, { cause: error });
  }
}

function append(path: string, line: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(path, 'a+', 0o600);
    try {
      const { size } = fstatSync(file);
      const last = Buffer.alloc(1);
      const isBroken = size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
      writeSync(file, `${isBroken ? '\n' : ''}${line}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new DroverError('HOST_KEY_UNKNOWN', `${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}
