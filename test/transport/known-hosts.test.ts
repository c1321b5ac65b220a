import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashName, isAbout, knownName, linesOf, linesWithKey, parseKnownHosts } from '../../src/transport/known-hosts.ts';
import { wireString } from '../../src/transport/ssh-wire.ts';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-known-hosts-'));
});

afterAll(() => rmSync(dir, { recursive: true }));

function keyOf(seed: number): string {
  return Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(32, seed))]).toString('base64');
}

function parse(text: string) {
  return parseKnownHosts([{ path: 'kh', text }]);
}

const A = keyOf(1);
const B = keyOf(2);

const SALT = Buffer.from('01234567890123456789');

describe('a line is about a host', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['web01.example.net', 'web01.example.net', true],
    ['WEB01.example.net', 'web01.example.net', true],
    ['web01.example.net', 'web01', false],
    ['web01,192.0.2.1', '192.0.2.1', true],
    ['[web01]:2222', '[web01]:2222', true],
    ['[web01]:2222', 'web01', false],
    ['*.example.net', 'a.b.example.net', true],
    ['web0?', 'web01', true],
    ['web0?', 'web0', false],
    ['*.example.net,!bad.example.net', 'good.example.net', true],
    ['*.example.net,!bad.example.net', 'bad.example.net', false],
    ['!bad.example.net,*.example.net', 'bad.example.net', false],
    ['a.c', 'abc', false],
    [`|1|${SALT.toString('base64')}|${hashName('web01', SALT)}`, 'web01', true],
    [`|1|${SALT.toString('base64')}|${hashName('web01', SALT)}`, 'web02', false],
  ];
  test.each(cases)('%s: %s is %s', (names, name, expected) => {
    const known = parse(`${names} ssh-ed25519 ${A}`);
    expect(linesOf(known, name)).toHaveLength(expected ? 1 : 0);
    expect(linesWithKey(known, A, name)).toHaveLength(expected ? 1 : 0);
    expect(linesWithKey(known, B, name)).toEqual([]);
  });
});

test('comments, empty lines, CRLF, markers, and lines that are no entries', () => {
  const text = [
    '# a comment',
    '',
    `  web01   ssh-ed25519\t${A} and a comment`,
    `@revoked * ssh-ed25519 ${B}`,
    `@cert-authority *.example.net ssh-ed25519 ${A}`,
    `@other web01 ssh-ed25519 ${A}`,
    'web02 ssh-ed25519',
    'web03 ssh-ed25519 AAAA',
    `web04 ssh-rsa ${A}`,
    `|2|x|y ssh-ed25519 ${A}`,
  ].join('\r\n');
  const known = parse(text);
  const found = [...known.byKey.values()].flat().map(({ marker, line, file }) => [marker, `${file}:${line}`]);
  expect(found).toEqual([
    ['none', 'kh:3'],
    ['cert-authority', 'kh:5'],
    ['revoked', 'kh:4'],
  ]);
});

test('a port other than 22 is part of the name', () => {
  expect([knownName('Web01', 22), knownName('2001:DB8::1', 22), knownName('Web01', 2222)]).toEqual([
    'web01',
    '2001:db8::1',
    '[web01]:2222',
  ]);
});

const label = fc.stringMatching(/^[a-c]{1,2}$/);
const nameArb = fc.tuple(label, label).map(([a, b]) => `${a}.${b}`);
const patternArb = fc.oneof(
  nameArb,
  nameArb.map((name) => `[${name}]:2222`),
  label.map((part) => `*.${part}`),
  label.map((part) => `${part}.?`),
  label.map((part) => `!${part}.*`),
);
const lineArb = fc.tuple(fc.uniqueArray(patternArb, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 4 }));

test('it finds the same lines as ssh-keygen -F, plain and hashed', () => {
  fc.assert(
    fc.property(
      fc.array(lineArb, { minLength: 1, maxLength: 6 }),
      nameArb,
      fc.constantFrom(22, 2222),
      fc.boolean(),
      (lines, address, port, isHashed) => {
        const file = join(dir, 'kh');
        const hashable = isHashed ? lines.map(([[first], seed]) => [[first?.replace(/[*?!]/g, 'a') ?? 'a'], seed] as const) : lines;
        writeFileSync(file, hashable.map(([patterns, seed]) => `${patterns.join(',')} ssh-ed25519 ${keyOf(seed)}\n`).join(''));
        if (isHashed) execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
        const text = execFileSync('cat', [file], { encoding: 'utf8' });
        const name = knownName(address, port);
        const oracle = spawnSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' }).stdout;
        const expected = [...oracle.matchAll(/found: line (\d+)/g)].map(([, line]) => Number(line));
        const known = parseKnownHosts([{ path: file, text }]);
        const found = linesOf(known, name).map(({ line }) => line);
        expect(found.toSorted((a, b) => a - b)).toEqual(expected);
        expect([...known.byKey.values()].flat().filter((line) => isAbout(line, name))).toHaveLength(expected.length);
      },
    ),
    { numRuns: 60 },
  );
});
