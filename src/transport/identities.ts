import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { type AgentKey, agentKeys, agentSign } from './agent.ts';
import { parseCertificate } from './certificate.ts';
import { makeSignature } from './signature.ts';
import { wireType } from './ssh-wire.ts';

/** A key that can be offered to a host. */
export interface Identity {
  /** For messages: the file, or the agent's comment. */
  readonly name: string;
  readonly type: string;
  readonly blob: Buffer;
  /** Whether signing may ask a person to touch or agree: then the host is asked first whether it would take the key. */
  readonly disturbs: boolean;
  /** Signs with this algorithm (RSA has several); yields the signature whole, in SSH's form. */
  readonly sign: (data: Buffer, algorithm: string) => Promise<Buffer>;
}

/** Identities, and why others could not be used. */
export interface Identities {
  readonly usable: readonly Identity[];
  readonly unusable: readonly string[];
}

/** Where keys are to be looked for. */
export interface IdentitySources {
  readonly privateKeys: readonly string[];
  readonly agent?: string;
  /** Offer only keys that `privateKeys` names, even where the agent has more. */
  readonly identitiesOnly?: boolean;
}

/** Finds identities; reads each file and asks each agent only once. */
export type IdentityFinder = (sources: IdentitySources) => Promise<Identities>;

type KeyFile =
  | { readonly kind: 'key'; readonly key: KeyObject; readonly type: string; readonly blob: Buffer }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly because: string; readonly blob?: Buffer };

/** The fingerprint as `ssh-keygen -l` prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** A finder that keeps what it read. Parsing an encrypted key costs half a second of CPU, so it must happen only once. */
export function identityFinder(passphrases: Readonly<Record<string, string>>): IdentityFinder {
  const files = new Map<string, Promise<Identities>>();
  const agents = new Map<string, Promise<Identities>>();
  return async ({ privateKeys, agent, identitiesOnly }) => {
    const held = agent === undefined ? { usable: [], unusable: [] } : await kept(agents, agent, () => fromAgent(agent));
    const read = privateKeys.map((path) => kept(files, path, () => fromFile(path, passphrases[path], held.usable)));
    const named = await Promise.all(read);
    const all = identitiesOnly === true ? named : [...named, held];
    return {
      usable: unique(all.flatMap(({ usable }) => usable)),
      unusable: [...all, held].flatMap(({ unusable }) => unusable).filter(isFirst),
    };
  };
}

function kept<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = cache.get(key) ?? make();
  cache.set(key, found);
  return found;
}

function unique(identities: readonly Identity[]): readonly Identity[] {
  return [...new Map(identities.map((identity) => [identity.blob.toString('base64'), identity])).values()];
}

function isFirst(text: string, index: number, all: readonly string[]): boolean {
  return all.indexOf(text) === index;
}

async function fromAgent(socket: string): Promise<Identities> {
  try {
    return { usable: (await agentKeys(socket)).map((key) => agentIdentity(socket, key)), unusable: [] };
  } catch (error) {
    return { usable: [], unusable: [`the agent ${socket} cannot be asked: ${(error as Error).message}`] };
  }
}

function agentIdentity(socket: string, { blob, type, comment }: AgentKey): Identity {
  return {
    name: `${comment} (agent)`,
    type,
    blob,
    disturbs: true,
    sign: (data, algorithm) => {
      const rsaHash = /^rsa-sha2-(256|512)/.exec(algorithm)?.[1];
      return agentSign({ socket, blob, ...(rsaHash === undefined ? {} : { rsaHash: `sha${rsaHash as '256' | '512'}` }) }, data);
    },
  };
}

/** A key file's certificate and the key itself. An encrypted key that the agent holds is left to the agent. */
async function fromFile(path: string, passphrase: string | undefined, held: readonly Identity[]): Promise<Identities> {
  const file = await readKeyFile(path, passphrase);
  if (file.kind === 'missing') return { usable: [], unusable: [`${path} is not there`] };
  if (file.kind === 'unusable') {
    const inAgent = held.filter(({ blob }) => file.blob?.equals(blob));
    return { usable: inAgent, unusable: inAgent.length > 0 ? [] : [`${path} ${file.because}`] };
  }
  const { key, type, blob } = file;
  const sign = async (data: Buffer, algorithm: string) => makeSignature(algorithm.replace(/-cert-v01@openssh\.com$/, ''), key, data);
  const plain = { name: path, type, blob, disturbs: false, sign };
  const certificate = await readCertificate(`${path}-cert.pub`, blob);
  if (certificate === undefined) return { usable: [plain], unusable: [] };
  const certified = { ...plain, name: `${path}-cert.pub`, type: wireType(certificate), blob: certificate };
  return { usable: [certified, plain], unusable: [] };
}

async function readKeyFile(path: string, passphrase: string | undefined): Promise<KeyFile> {
  const text = await readText(path);
  if (typeof text === 'object') return text;
  const parsed = ssh2.utils.parseKey(text, passphrase);
  if (!(parsed instanceof Error)) {
    if (!parsed.isPrivateKey()) return { kind: 'unusable', because: 'holds no private key' };
    return { kind: 'key', key: createPrivateKey(parsed.getPrivatePEM()), type: parsed.type, blob: parsed.getPublicSSH() };
  }
  const open = await readPublicKey(`${path}.pub`);
  const because = /passphrase|encrypted|integrity|decrypt/i.test(parsed.message)
    ? `is encrypted and ${passphrase === undefined ? 'no passphrase was given' : 'the passphrase given is wrong'}`
    : `cannot be used: ${parsed.message}`;
  return { kind: 'unusable', because, ...(open === undefined ? {} : { blob: open }) };
}

async function readCertificate(path: string, key: Buffer): Promise<Buffer | undefined> {
  const blob = await readPublicKey(path);
  const certificate = blob && parseCertificate(blob);
  return certificate?.kind === 'user' && certificate.subject.equals(key) ? blob : undefined;
}

/** The blob in a `.pub` file. */
async function readPublicKey(path: string): Promise<Buffer | undefined> {
  const text = await readText(path);
  const encoded = typeof text === 'string' ? text.trim().split(/\s+/)[1] : undefined;
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}

async function readText(path: string): Promise<string | Exclude<KeyFile, { kind: 'key' }>> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'unusable', because: `cannot be read: ${code}` };
  }
}
