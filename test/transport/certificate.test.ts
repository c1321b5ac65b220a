import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Certificate, faultOfHostCertificate, parseCertificate } from '../../src/transport/certificate.ts';
import { makeKey } from '../support/sshd.ts';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-certificate-'));
});

afterAll(() => rmSync(dir, { recursive: true }));

const TYPES = ['ed25519', 'rsa', 'ecdsa'] as const;

/** A certificate for a key of one type, signed by an authority of another. */
function certify(type: string, authority: string, options: readonly string[]): Buffer {
  const name = `${type}-by-${authority}-${options.join('').replaceAll(/\W/g, '_')}`;
  const key = makeKey(join(dir, name), ['-t', type]);
  const signer = makeKey(join(dir, `${name}-ca`), ['-t', authority]);
  execFileSync('ssh-keygen', ['-q', '-s', signer, '-I', 'the id', ...options, `${key}.pub`], { stdio: 'ignore' });
  return Buffer.from(readFileSync(`${key}-cert.pub`, 'utf8').split(' ')[1] ?? '', 'base64');
}

function read(blob: Buffer): Certificate {
  const certificate = parseCertificate(blob);
  if (certificate === undefined) throw new Error('no certificate');
  return certificate;
}

describe.each(TYPES)('a certificate for an %s key', (type) => {
  test.each(TYPES)('by an authority with an %s key is taken as it is, and not with one bit changed', (authority) => {
    const blob = certify(type, authority, ['-h', '-n', 'web01,web02']);
    const found = read(blob);
    expect(found).toMatchObject({ kind: 'host', id: 'the id', principals: ['web01', 'web02'], criticalOptions: [] });
    expect(faultOfHostCertificate(found, 'web02', new Date())).toBeUndefined();
    const forged = Buffer.from(blob);
    const at = forged.indexOf('web01');
    forged[at] = (forged[at] ?? 0) ^ 1;
    expect(faultOfHostCertificate(read(forged), 'web02', new Date())).toBe('is not signed by its authority');
  });
});

test('one of a user is for no host', () => {
  const found = read(certify('ed25519', 'ed25519', ['-n', 'web01']));
  expect([found.kind, faultOfHostCertificate(found, 'web01', new Date())]).toEqual(['user', 'is not for hosts']);
});

test('it is good from its first second up to its last', () => {
  const found = read(certify('ed25519', 'ed25519', ['-h', '-V', '20260101000000Z:20260201000000Z']));
  const faultAt = (time: string) => faultOfHostCertificate(found, 'web01', new Date(time));
  expect(faultAt('2025-12-31T23:59:59Z')).toBe('is not valid yet');
  expect(faultAt('2026-01-01T00:00:00Z')).toBeUndefined();
  expect(faultAt('2026-01-31T23:59:59Z')).toBeUndefined();
  expect(faultAt('2026-02-01T00:00:00Z')).toBe('has expired');
});

test('a plain key is no certificate', () => {
  const key = makeKey(join(dir, 'plain'), ['-t', 'ed25519']);
  expect(parseCertificate(Buffer.from(readFileSync(`${key}.pub`, 'utf8').split(' ')[1] ?? '', 'base64'))).toBeUndefined();
});
