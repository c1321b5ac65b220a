import { isSignatureOf } from './signature.ts';
import { type WireReader, wireReader, wireString, wireStrings } from './ssh-wire.ts';

/** An OpenSSH certificate (PROTOCOL.certkeys). */
export interface Certificate {
  readonly type: string;
  /** The key that it is about, as SSH writes keys. */
  readonly subject: Buffer;
  readonly kind: 'user' | 'host' | 'other';
  readonly id: string;
  /** Names that it is good for; none means every name. */
  readonly principals: readonly string[];
  /** Seconds since 1970. */
  readonly validFrom: bigint;
  readonly validTo: bigint;
  readonly criticalOptions: readonly string[];
  readonly authority: Buffer;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** How many fields make up the public key of a type, after the nonce. */
const KEY_FIELDS: Readonly<Record<string, number>> = {
  'ssh-rsa': 2,
  'ssh-ed25519': 1,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
};

const KINDS: Readonly<Record<number, Certificate['kind']>> = { 1: 'user', 2: 'host' };

/** The certificate in a blob; undefined where it is of a type that we do not know. */
export function parseCertificate(blob: Buffer): Certificate | undefined {
  const reader = wireReader(blob);
  const type = reader.string().toString('latin1');
  const plainType = type.replace(/-cert-v01@openssh\.com$/, '');
  const fields = KEY_FIELDS[plainType];
  if (type === plainType || fields === undefined) return undefined;
  reader.string();
  const key = Array.from({ length: fields }, () => wireString(reader.string()));
  return { type, subject: Buffer.concat([wireString(plainType), ...key]), ...parseClaims(blob, reader) };
}

function parseClaims(blob: Buffer, reader: WireReader): Omit<Certificate, 'type' | 'subject'> {
  reader.u64();
  const kind = KINDS[reader.u32()] ?? 'other';
  const id = reader.string().toString();
  const principals = wireStrings(reader.string()).map(String);
  const validFrom = reader.u64();
  const validTo = reader.u64();
  const criticalOptions = wireStrings(reader.string())
    .filter((_, index) => index % 2 === 0)
    .map(String);
  reader.string();
  reader.string();
  const authority = reader.string();
  const signed = blob.subarray(0, reader.offset());
  const signature = reader.string();
  return { kind, id, principals, validFrom, validTo, criticalOptions, authority, signed, signature };
}

/** Why a host may not show itself with this certificate; undefined where it may. Whether the authority is trusted is not asked here. */
export function faultOfHostCertificate(certificate: Certificate, name: string, now: Date): string | undefined {
  const seconds = BigInt(Math.floor(now.getTime() / 1000));
  if (certificate.kind !== 'host') return 'is not for hosts';
  if (!isSignatureOf(certificate.authority, certificate.signed, certificate.signature)) return 'is not signed by its authority';
  if (seconds < certificate.validFrom) return 'is not valid yet';
  if (seconds >= certificate.validTo) return 'has expired';
  if (certificate.criticalOptions.length > 0) return `demands ${certificate.criticalOptions.join(', ')}`;
  if (certificate.principals.length > 0 && !certificate.principals.includes(name)) {
    return `is for ${certificate.principals.join(', ')}`;
  }
  return undefined;
}
