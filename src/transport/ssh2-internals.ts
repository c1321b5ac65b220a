import { createRequire } from 'node:module';
import ssh2, { type Client, type ClientChannel, type ParsedKey } from 'ssh2';
import type { Identity } from './identities.ts';
import { wireString } from './ssh-wire.ts';

// The one place that touches what ssh2 does not promise to keep. ssh2 is pinned; test/transport/ssh2-internals.test.ts
// fails when a newer one has moved a part, and `insides` fails at the first connect.

interface Protocol {
  readonly _handlers: Record<string, (...args: readonly never[]) => void>;
  readonly _kex: { readonly sessionID: Buffer; readonly negotiated: { serverHostKey: string } };
  readonly _authsQueue: string[];
  readonly _packetRW: { readonly write: { allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer } };
  authPK(user: string, key: ParsedKey, algorithm: string | undefined, sign?: unknown): void;
  requestFailure(): void;
  session(id: number, window: number, packetSize: number): void;
  exec(recipient: number, line: string, wantsReply: true): void;
}

interface Insides {
  readonly _protocol: Protocol;
  readonly _remoteVer: string | undefined;
  readonly _chanMgr: { add(opened: unknown): number };
}

interface ChannelInsides {
  readonly outgoing: { readonly id: number };
  readonly _callbacks: ((failed: unknown) => void)[];
}

const require = createRequire(import.meta.url);
const { sendPacket } = require('ssh2/lib/protocol/utils.js') as { sendPacket(protocol: Protocol, packet: Buffer): void };
const { MAX_WINDOW, PACKET_SIZE } = require('ssh2/lib/Channel.js') as { MAX_WINDOW: number; PACKET_SIZE: number };
const constants = require('ssh2/lib/protocol/constants.js') as { SUPPORTED_SERVER_HOST_KEY: string[] };

const USERAUTH_REQUEST = 50;

/** The private parts, seen to be there. */
export function insides(client: Client): Insides {
  const found = client as unknown as Insides;
  const { _protocol: protocol, _chanMgr: channels } = found;
  const parts = [protocol.authPK, protocol.requestFailure, protocol.session, protocol.exec, channels.add, sendPacket];
  const handlers = ['SERVICE_ACCEPT', 'EXT_INFO', 'GLOBAL_REQUEST', 'USERAUTH_SUCCESS', 'USERAUTH_FAILURE'];
  const named = handlers.map((name) => protocol._handlers[name]);
  const isWhole = [...parts, ...named].every((part) => typeof part === 'function') && Array.isArray(protocol._authsQueue);
  if (!isWhole || typeof MAX_WINDOW !== 'number' || typeof PACKET_SIZE !== 'number') throw new Error('ssh2 has moved its private parts');
  return found;
}

/** Lets ssh2 offer host key algorithms that only we can verify. */
export function allowHostKeyAlgorithms(names: readonly string[]): void {
  const { SUPPORTED_SERVER_HOST_KEY: supported } = constants;
  supported.push(...names.filter((name) => !supported.includes(name)));
}

const carried = new WeakMap<ParsedKey, Identity>();
/** No key at all, and always the same: of the ed25519 keys that ssh2 makes, it cannot read one in 256 itself. */
const NO_KEY = Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(32))]);
const noKey = ssh2.utils.parseKey(`ssh-ed25519 ${NO_KEY.toString('base64')}`) as ParsedKey;

/** A key that ssh2 takes for a private one of its own, though only `takeOverKeys` knows how to use it. */
export function carrierOf(identity: Identity): ParsedKey {
  const carrier: ParsedKey = Object.assign(Object.create(noKey), { isPrivateKey: () => true });
  carried.set(carrier, identity);
  return carrier;
}

/** How keys are offered: which algorithm a type takes, whether to sign before the host said it wants the key, and whom to tell of failures. */
export interface KeyOffer {
  readonly algorithmOf: (type: string) => string;
  readonly signsAtOnce: (identity: Identity) => boolean;
  readonly onError: (identity: Identity, error: Error) => void;
}

/**
 * Offers keys in our own way: those of any type (certificates, FIDO), signed at once where that is wished, and by signers that take their time.
 * ssh2 calls `authPK` with a `sign` function when the host has said that it would take the key.
 */
export function takeOverKeys(client: Client, offer: KeyOffer): void {
  const protocol = insides(client)._protocol;
  const refused = protocol._handlers['USERAUTH_FAILURE'] as (protocol: Protocol, methods: null, partial: false) => void;
  protocol.authPK = (user, key, _algorithm, sign) => {
    const identity = carried.get(key);
    if (identity === undefined) throw new Error('ssh2 offers a key that is not ours');
    const algorithm = offer.algorithmOf(identity.type);
    const signs = sign !== undefined || offer.signsAtOnce(identity);
    const names = [user, 'ssh-connection', 'publickey'].map(wireString);
    const asked = [Buffer.from([signs ? 1 : 0]), wireString(algorithm), wireString(identity.blob)];
    const head = Buffer.concat([Buffer.from([USERAUTH_REQUEST]), ...names, ...asked]);
    if (!signs) return send(protocol, head);
    identity.sign(Buffer.concat([wireString(protocol._kex.sessionID), head]), algorithm).then(
      (signature) => send(protocol, Buffer.concat([head, wireString(signature)])),
      (error: Error) => {
        offer.onError(identity, error);
        refused(protocol, null, false);
      },
    );
  };
}

function send(protocol: Protocol, body: Buffer): void {
  protocol._authsQueue.push('publickey');
  const { write } = protocol._packetRW;
  const at = write.allocStart;
  const packet = write.alloc(body.length);
  packet.set(body, at);
  sendPacket(protocol, write.finalize(packet));
}

/** What we want to hear of the host before it lets us in. */
export interface LoginListener {
  readonly onSignatureAlgorithms: (names: readonly string[]) => void;
  /** The host has taken or refused what was offered. */
  readonly onAnswer: () => void;
}

/** Listens to the login, and keeps the host from making us check all its keys again after it (hostkeys-00@openssh.com). */
export function listenToLogin(client: Client, listener: LoginListener): void {
  const protocol = insides(client)._protocol;
  const handlers = protocol._handlers as Record<string, (...args: readonly unknown[]) => void>;
  const before = (name: string, listen: (...args: readonly unknown[]) => void) => {
    const original = handlers[name];
    handlers[name] = (...args) => {
      listen(...args);
      original?.(...args);
    };
  };
  before('EXT_INFO', (_, extensions) => {
    const found = (extensions as readonly { name: string; algs: readonly string[] }[]).find(({ name }) => name === 'server-sig-algs');
    if (found !== undefined) listener.onSignatureAlgorithms(found.algs);
  });
  before('USERAUTH_SUCCESS', listener.onAnswer);
  before('USERAUTH_FAILURE', listener.onAnswer);
  handlers['GLOBAL_REQUEST'] = (_, _name, wantsReply) => {
    if (wantsReply === true) protocol.requestFailure();
  };
}

/**
 * Begins the login as soon as the service for it is asked for, and not a round trip later when the host has agreed: a host that does
 * not agree hangs up in either case. For key logins only: nothing secret is sent ahead.
 */
export function startLoginAhead(client: Client): void {
  const protocol = insides(client)._protocol;
  const handlers = protocol._handlers as Record<string, (...args: readonly unknown[]) => void>;
  const accepted = handlers['SERVICE_ACCEPT'];
  // The host's EXT_INFO stands behind its NEWKEYS, mostly in the same chunk: let ssh2 read it first.
  client.once('handshake', () => setImmediate(() => accepted?.(protocol, 'ssh-userauth')));
  handlers['SERVICE_ACCEPT'] = () => undefined;
}

/** The other end's program, as it names itself, e.g. `OpenSSH_9.2p1`. */
export function remoteVersion(client: Client): string {
  return insides(client)._remoteVer ?? '';
}

/** Makes ssh2 check the exchange's signature with the key inside a host certificate that we have verified ourselves. */
export function trustCertifiedKey(client: Client, certificate: Buffer, subject: Buffer): void {
  const kex = insides(client)._protocol._kex;
  kex.negotiated.serverHostKey = kex.negotiated.serverHostKey.replace(/-cert-v01@openssh\.com$/, '');
  let reads = 0;
  // kex.js reads it first for the exchange hash, which is over the certificate, and then to verify.
  Object.defineProperty(kex, '_hostKey', { configurable: true, get: () => (reads++ === 0 ? certificate : subject), set: () => undefined });
}

/** A line to run on a channel, and whom to tell if the host will not. */
export interface ExecRequest {
  readonly line: string;
  readonly onRefused: () => void;
}

/** A channel to be opened. `onOpen` is called in the same turn that the host's answer is read in, so that no event is missed. */
export interface ChannelOpen {
  readonly onOpen: (channel: ClientChannel) => void;
  readonly onError: (error: Error & { readonly reason?: unknown }) => void;
  /** Sent in the same flight, to the number that a connection's first channel gets. */
  readonly ahead?: ExecRequest;
}

/** Opens a session channel. */
export function openChannel(client: Client, { onOpen, onError, ahead }: ChannelOpen): void {
  const { _protocol: protocol, _chanMgr: channels } = insides(client);
  const opened = (error: Error | undefined, channel: ClientChannel) => {
    if (error !== undefined) return onError(error);
    const { outgoing, _callbacks } = channel as unknown as ChannelInsides;
    if (ahead !== undefined && outgoing.id === 0) _callbacks.push((failed) => failed !== false && ahead.onRefused());
    else if (ahead !== undefined) requestExec(client, channel, ahead);
    onOpen(channel);
  };
  opened.type = 'session';
  protocol.session(channels.add(opened), MAX_WINDOW, PACKET_SIZE);
  if (ahead !== undefined) protocol.exec(0, ahead.line, true);
}

/** Runs a line on an open channel. */
export function requestExec(client: Client, channel: ClientChannel, { line, onRefused }: ExecRequest): void {
  const { outgoing, _callbacks } = channel as unknown as ChannelInsides;
  _callbacks.push((failed) => failed !== false && onRefused());
  insides(client)._protocol.exec(outgoing.id, line, true);
}
