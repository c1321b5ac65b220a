import { createHmac } from 'node:crypto';
import { wireType } from './ssh-wire.ts';

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHostLine {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  readonly names: KnownNames;
  readonly keyType: string;
  /** The key's blob in base64, as we write it ourselves. */
  readonly key: string;
  readonly file: string;
  readonly line: number;
}

/** Which hosts a line is about. */
export type KnownNames =
  | { readonly kind: 'hashed'; readonly salt: Buffer; readonly hash: string }
  | { readonly kind: 'plain'; readonly patterns: readonly NamePattern[] };

interface NamePattern {
  readonly negated: boolean;
  readonly text: string;
  readonly wildcard?: RegExp;
}

/** All lines of some files, found by key and by name. Hashed names can only be tried one by one. */
export interface KnownHosts {
  readonly byKey: Map<string, KnownHostLine[]>;
  readonly byName: Map<string, KnownHostLine[]>;
  readonly patterns: KnownHostLine[];
  readonly hashed: KnownHostLine[];
}

/** The name that a known_hosts file has a host under. */
export function knownName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Reads known_hosts files. Lines that are no entries are passed over, as OpenSSH does. */
export function parseKnownHosts(files: readonly { readonly path: string; readonly text: string }[]): KnownHosts {
  const known: KnownHosts = { byKey: new Map(), byName: new Map(), patterns: [], hashed: [] };
  for (const { path, text } of files) {
    for (const [index, raw] of text.split(/\r?\n/).entries()) {
      const line = parseLine(raw, path, index + 1);
      if (line !== undefined) addKnownHost(known, line);
    }
  }
  return known;
}

/** Puts a line into the index. */
export function addKnownHost(known: KnownHosts, line: KnownHostLine): void {
  push(known.byKey, line.key, line);
  if (line.names.kind === 'hashed') {
    known.hashed.push(line);
    return;
  }
  const { patterns } = line.names;
  if (patterns.some((pattern) => pattern.negated || pattern.wildcard !== undefined)) known.patterns.push(line);
  else for (const { text } of patterns) push(known.byName, text, line);
}

/** The lines about a host, without those that hold only hashed names: cheap however long the files are. */
export function plainLinesOf(known: KnownHosts, name: string): readonly KnownHostLine[] {
  return [...(known.byName.get(name) ?? []), ...known.patterns.filter((line) => isAbout(line, name))];
}

/** All lines about a host. Costs some 5 µs for each hashed line there is. */
export function linesOf(known: KnownHosts, name: string): readonly KnownHostLine[] {
  return [...plainLinesOf(known, name), ...known.hashed.filter((line) => isAbout(line, name))];
}

/** The lines that hold this very key and are about the host. */
export function linesWithKey(known: KnownHosts, key: string, name: string): readonly KnownHostLine[] {
  return (known.byKey.get(key) ?? []).filter((line) => isAbout(line, name));
}

/** Whether a line is about a host of this name. */
export function isAbout({ names }: KnownHostLine, name: string): boolean {
  if (names.kind === 'hashed') return hashName(name, names.salt) === names.hash;
  let found = false;
  for (const pattern of names.patterns) {
    const matches = pattern.wildcard === undefined ? pattern.text === name : pattern.wildcard.test(name);
    if (matches && pattern.negated) return false;
    found ||= matches;
  }
  return found;
}

/** A name as `HashKnownHosts yes` writes it: HMAC-SHA1 over the name, keyed with the salt. */
export function hashName(name: string, salt: Buffer): string {
  return createHmac('sha1', salt).update(name).digest('base64');
}

/** One line's meaning; undefined where it says nothing. */
export function parseLine(raw: string, file: string, line: number): KnownHostLine | undefined {
  const words = raw.trim().split(/[ \t]+/);
  if (words[0]?.startsWith('#')) return undefined;
  const marker = parseMarker(words[0]);
  if (marker === undefined) return undefined;
  const [hosts, keyType, encoded] = marker === 'none' ? words : words.slice(1);
  if (hosts === undefined || keyType === undefined || encoded === undefined) return undefined;
  const blob = Buffer.from(encoded, 'base64');
  if (blob.length < 8 || !isOfType(blob, keyType)) return undefined;
  const names = parseNames(hosts);
  return names && { marker, names, keyType, key: blob.toString('base64'), file, line };
}

function parseMarker(word: string | undefined): KnownHostLine['marker'] | undefined {
  if (!word?.startsWith('@')) return 'none';
  if (word === '@revoked') return 'revoked';
  return word === '@cert-authority' ? 'cert-authority' : undefined;
}

function isOfType(blob: Buffer, keyType: string): boolean {
  try {
    return wireType(blob) === keyType;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function parseNames(hosts: string): KnownNames | undefined {
  if (!hosts.startsWith('|')) return { kind: 'plain', patterns: hosts.split(',').filter(Boolean).map(parsePattern) };
  const [, version, salt, hash] = hosts.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return undefined;
  return { kind: 'hashed', salt: Buffer.from(salt, 'base64'), hash };
}

function parsePattern(word: string): NamePattern {
  const negated = word.startsWith('!');
  const text = (negated ? word.slice(1) : word).toLowerCase();
  return /[*?]/.test(text) ? { negated, text, wildcard: wildcard(text) } : { negated, text };
}

/** A pattern of ssh_config(5), PATTERNS, as an expression: `*` is any text, `?` any one character. */
export function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's');
}

function push(index: Map<string, KnownHostLine[]>, key: string, line: KnownHostLine): void {
  const lines = index.get(key);
  if (lines === undefined) index.set(key, [line]);
  else lines.push(line);
}
