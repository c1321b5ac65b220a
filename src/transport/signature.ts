import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import { wireReader, wireString, wireType } from './ssh-wire.ts';

const HASHES: Readonly<Record<string, string | undefined>> = {
  'ssh-ed25519': undefined,
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

/** A signature in SSH's form: the algorithm, then the value (RFC 4253 §6.6, RFC 5656 §3.1.2). */
export function makeSignature(algorithm: string, key: KeyObject, data: Buffer): Buffer {
  if (!isEcdsa(algorithm)) return signatureOf(algorithm, sign(HASHES[algorithm], data, key));
  const pair = sign(HASHES[algorithm], data, { key, dsaEncoding: 'ieee-p1363' });
  const half = pair.length / 2;
  return signatureOf(algorithm, Buffer.concat([mpint(pair.subarray(0, half)), mpint(pair.subarray(half))]));
}

/** Whether a key (as SSH writes it) made this signature. False for every kind that is not known to be strong. */
export function isSignatureOf(blob: Buffer, data: Buffer, signature: Buffer): boolean {
  const reader = wireReader(signature);
  const algorithm = reader.string().toString('latin1');
  const keyType = wireType(blob);
  const fits = algorithm === keyType || (keyType === 'ssh-rsa' && algorithm.startsWith('rsa-sha2-'));
  if (!fits || !(algorithm in HASHES)) return false;
  const key = publicKey(blob);
  if (key === undefined) return false;
  const value = reader.string();
  if (!isEcdsa(algorithm)) return verify(HASHES[algorithm], data, key, value);
  return verify(HASHES[algorithm], data, { key, dsaEncoding: 'ieee-p1363' }, joinPair(value, curveBytes(algorithm)));
}

function publicKey(blob: Buffer): KeyObject | undefined {
  const parsed = ssh2.utils.parseKey(blob);
  return parsed instanceof Error ? undefined : createPublicKey(parsed.getPublicPEM());
}

function signatureOf(algorithm: string, value: Buffer): Buffer {
  return Buffer.concat([wireString(algorithm), wireString(value)]);
}

function isEcdsa(algorithm: string): boolean {
  return algorithm.startsWith('ecdsa-');
}

function curveBytes(algorithm: string): number {
  return Math.ceil(Number(algorithm.slice(-3)) / 8);
}

/** A positive number without leading zeros, but with one where its first bit is set (RFC 4251 §5). */
function mpint(value: Buffer): Buffer {
  let from = 0;
  while (from < value.length - 1 && value[from] === 0) from += 1;
  const short = value.subarray(from);
  return wireString((short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), short]) : short);
}

function joinPair(value: Buffer, length: number): Buffer {
  const reader = wireReader(value);
  return Buffer.concat([fixed(reader.string(), length), fixed(reader.string(), length)]);
}

function fixed(number: Buffer, length: number): Buffer {
  const short = number.length > length ? number.subarray(number.length - length) : number;
  return Buffer.concat([Buffer.alloc(length - short.length), short]);
}
