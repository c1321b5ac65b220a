import { DroverError } from '../core/errors.ts';
import { changed, type HostKeys, type KeyedHost, PLAIN } from './host-keys.ts';
import { fingerprint } from './identities.ts';
import { wireType } from './ssh-wire.ts';

/** A host's keys, as it has proved to hold them. `known`: it is known already, and nothing is to be added. */
export interface KeyScan {
  readonly kind: 'known' | 'new';
  readonly keys: readonly Buffer[];
}

/** A key for people to compare: its type and its fingerprint as ssh-keygen prints it. */
export function keyWords(blob: Buffer): { readonly type: string; readonly fingerprint: string } {
  return { type: wireType(blob), fingerprint: fingerprint(blob) };
}

/** The algorithms that lead to one key each. */
const FAMILIES: readonly (readonly string[])[] = ['ssh-ed25519', 'ecdsa-', 'rsa-'].map((head) =>
  PLAIN.filter((name) => name.startsWith(head)),
);

type Show = (algorithms: readonly string[]) => Promise<Buffer | undefined>;

/** Asks a host for its keys: for one where it is known by that, else for all types. Throws where a key is not the one on file. */
export async function scanKeys(host: KeyedHost, hostKeys: HostKeys, show: Show): Promise<KeyScan> {
  const first = await firstKey(host, hostKeys, show);
  if (first.kind === 'known') return first;
  const [shown] = first.keys;
  const others = FAMILIES.filter((family) => shown === undefined || !family.includes(algorithmOf(shown)));
  const keys = [...first.keys];
  for (const family of others) {
    const blob = await show(family);
    if (blob === undefined) continue;
    judged(host, hostKeys, blob);
    keys.push(blob);
  }
  return { kind: 'new', keys };
}

/** An RSA key is asked for by how it signs. */
function algorithmOf(blob: Buffer): string {
  const type = wireType(blob);
  return type === 'ssh-rsa' ? 'rsa-sha2-512' : type;
}

async function firstKey(host: KeyedHost, hostKeys: HostKeys, show: Show): Promise<KeyScan> {
  let again: readonly string[] | undefined;
  for (;;) {
    const blob = await show(hostKeys.algorithms(host, again));
    if (blob === undefined) throw new DroverError('HOST_UNREACHABLE', `${host.address}: it has no host key of a type that drover knows`);
    const verdict = judged(host, hostKeys, blob);
    if (verdict.kind !== 'ask again') return { kind: verdict.kind === 'new' ? 'new' : 'known', keys: [blob] };
    if (again !== undefined)
      throw changed(host, blob, `is not among those that known_hosts has of it (${again.join(', ') || 'certificates'})`);
    again = verdict.keyTypes;
  }
}

/** What is on file of the key, whatever the host's connection says of new ones. */
function judged(host: KeyedHost, hostKeys: HostKeys, blob: Buffer) {
  const verdict = hostKeys.judge({ ...host, hostKeys: 'accept-new' }, blob);
  if (verdict.kind === 'refused') throw verdict.error;
  return verdict;
}
