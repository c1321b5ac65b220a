import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveSshConfig } from '../../src/transport/ssh-config.ts';
import { type SshConfigOptions, sshConfigFor } from '../../src/transport/ssh-config-connection.ts';
import { sshConfigReader } from '../../src/transport/ssh-config-files.ts';
import { sshConfigLines } from '../../src/transport/ssh-config-lines.ts';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-ssh-config-'));
});

afterAll(() => rmSync(dir, { recursive: true }));

function resolve(text: string, alias: string, more: { readonly user?: string } = {}) {
  const reader = sshConfigReader();
  const include = (pattern: string) => reader.glob(pattern).flatMap(reader.read);
  return resolveSshConfig([sshConfigLines('config', text)], alias, { localUser: userInfo().username, include, ...more });
}

describe('values', () => {
  const cases: readonly (readonly [string, string, string, Readonly<Record<string, readonly string[]>>])[] = [
    ['the first one wins', 'Port 1\nPort 2', 'a', { port: ['1'] }],
    ['a block is for its hosts', 'Host a\nPort 1\nHost b\nPort 2', 'b', { port: ['2'] }],
    ['what stands before any block is for all', 'Port 1\nHost a\nUser u', 'a', { port: ['1'], user: ['u'] }],
    ['a negated pattern excludes', 'Host * !b\nPort 1\nHost *\nPort 2', 'b', { port: ['2'] }],
    ['identity files add up', 'IdentityFile x\nHost *\nIdentityFile y\nIdentityFile x', 'a', { identityfile: ['x', 'y'] }],
    ['known_hosts files stand in one line', 'UserKnownHostsFile x "y z"\nUserKnownHostsFile w', 'a', { userknownhostsfile: ['x', 'y z'] }],
    ['an equals sign, quotes, comments, any case', 'HOSTNAME="a b" # why\n\t port = 5\r\n#Port 6', 'a', { hostname: ['a b'], port: ['5'] }],
    ['%h is the alias', 'HostName %h.example.net', 'web', { hostname: ['web.example.net'] }],
    ['a Match on the real host name', 'HostName web.x\nMatch host *.x\nUser u', 'a', { hostname: ['web.x'], user: ['u'] }],
    ['a Match on the alias', 'HostName web.x\nMatch originalhost a,b !host *.y\nUser u', 'a', { hostname: ['web.x'], user: ['u'] }],
    ['a Match on the user so far', 'User one\nMatch user two\nPort 1\nMatch user one\nPort 2', 'a', { user: ['one'], port: ['2'] }],
    ['a Match on nobody', 'Match localuser !*,nobody-here\nPort 1', 'a', {}],
    ['a Match that fails before its command', 'Match host b exec "exit 0"\nPort 1', 'a', {}],
    ['Match all', 'Host b\nPort 1\nMatch all\nPort 2', 'a', { port: ['2'] }],
    ['whichever comes first of jump and command', 'ProxyJump j\nProxyCommand nc %h', 'a', { proxyjump: ['j'] }],
    ['no command keeps later jumps away', 'ProxyCommand none\nProxyJump j', 'a', {}],
  ];
  test.each(cases)('%s', (_, text, alias, expected) => {
    expect(resolve(text, alias).values).toEqual(expected);
  });

  test('a user that is given counts for Match', () => {
    expect(resolve('User one\nMatch user two\nPort 1', 'a', { user: 'two' }).values.port).toEqual(['1']);
  });
});

describe('what cannot be done', () => {
  test.each([
    ['Host a\nProxyCommand nc %h %p', 'config:2: proxycommand is not supported'],
    ['Match exec true\nPort 1', 'config:1: `Match exec` is not supported'],
    ['Match final host a\nPort 1', 'config:1: `Match final` is not supported'],
    ['Match tagged x\nPort 1', 'config:1: `Match tagged` is not supported'],
    ['Match host', 'config:1: has no value after host'],
    ['CanonicalizeHostname yes', 'config:1: canonicalizehostname is not supported'],
    ['RevokedHostKeys /x', 'config:1: revokedhostkeys is not supported'],
    ['Port x', 'config:1: x is no port'],
    ['Port', 'config:1: has no value after Port'],
    ['User "x', 'config:1: has a quote that is not closed'],
    ['User x y', 'config:1: has more than one value for user'],
    ['"x" y', 'config:1: is not understood'],
  ])('%j', (text, message) => {
    expect(() => resolve(text, 'a')).toThrow(expect.objectContaining({ code: 'INVENTORY_INVALID', message }));
  });

  test('is of no concern to hosts that it is not for', () => {
    expect(resolve('Host b\nProxyCommand nc %h %p\nMatch host b exec true\nPort 1', 'a')).toEqual({ values: {}, warnings: [] });
  });

  test('what may make a difference is listed, what does not is not', () => {
    expect(resolve('Ciphers aes128-ctr\nCompression yes\nBindAddress 192.0.2.1\nCiphers x', 'a').warnings).toEqual([
      'config:1: ciphers is not honoured',
      'config:3: bindaddress is not honoured',
    ]);
  });
});

describe('Include', () => {
  test('reads files by pattern, in order; a Host line inside does not reach outside', () => {
    for (const [name, text] of [
      ['1.conf', 'Host b\nUser from-one'],
      ['2.conf', 'User from-two'],
      ['.3.conf', 'User hidden'],
    ] as const) {
      writeFileSync(join(dir, name), `${text}\n`);
    }
    const text = `Host a b\nInclude ${dir}/*.conf ${dir}/nowhere\nPort 7`;
    expect(resolve(text, 'a').values).toEqual({ user: ['from-two'], port: ['7'] });
    expect(resolve(text, 'b').values).toEqual({ user: ['from-one'], port: ['7'] });
    expect(resolve(text, 'c').values).toEqual({});
  });

  test('that never ends is an error', () => {
    const path = join(dir, 'loop');
    writeFileSync(path, `Include ${path}\n`);
    expect(() => resolve(`Include ${path}`, 'a')).toThrow('includes files too deep');
  });
});

const ALIASES = ['web1', 'web2', 'db', 'db.x'];
const patterns = fc.uniqueArray(fc.constantFrom('*', 'web?', '!web2', 'db', 'db.*', '!db', 'WEB1'), { minLength: 1, maxLength: 3 });
const criteria = fc.constantFrom(
  'host web1,real',
  '!host web*',
  'originalhost db*',
  'user root',
  '!user one,two',
  'localuser *',
  'host !web1,*',
  'user one',
);
const setting = fc.oneof(
  fc.constantFrom('HostName real', 'HostName=%h.x', 'HostName "real"', 'hostkeyalias alias', 'HostKeyAlias   other # comment'),
  fc.constantFrom('User one', "User 'two'", 'User three', 'Port 22', 'Port = 2222', 'PORT 99'),
  fc.constantFrom('IdentityFile /k/one', 'IdentityFile "/k/t w o"', 'IdentityFile /k/one', 'IdentitiesOnly yes', 'IdentitiesOnly no'),
  fc.constantFrom('ProxyJump none', 'ProxyJump jump', 'ProxyJump u@jump:99,next', 'ConnectTimeout 7', 'ConnectTimeout 1m30'),
  fc.constantFrom('UserKnownHostsFile /kh/one /kh/two', 'UserKnownHostsFile none', 'GlobalKnownHostsFile /kh/g'),
  fc.constantFrom('StrictHostKeyChecking accept-new', 'StrictHostKeyChecking yes', 'IdentityAgent none', 'IdentityAgent /a/sock'),
);
const head = fc.oneof(
  patterns.map((words) => `Host ${words.join(' ')}`),
  fc.array(criteria, { minLength: 1, maxLength: 2 }).map((words) => `Match ${words.join(' ')}`),
  fc.constant('Match all'),
);
const block = fc.tuple(head, fc.array(setting, { minLength: 1, maxLength: 4 })).map(([first, rest]) => [first, ...rest].join('\n  '));
const config = fc
  .tuple(fc.array(setting, { maxLength: 2 }), fc.array(block, { maxLength: 5 }))
  .map(([before, blocks]) => [...before, ...blocks, ''].join('\n'));

/** How `ssh -G` writes the values that we also know. */
function sshSays(file: string, alias: string) {
  const { stdout, status, stderr } = spawnSync('ssh', ['-G', '-F', file, alias], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
  return (key: string) => lines.filter(([found]) => found === key).map(([, value]) => value);
}

test('it finds the same values as ssh -G', () => {
  const file = join(dir, 'generated');
  fc.assert(
    fc.property(config, fc.constantFrom(...ALIASES), (text, alias) => {
      writeFileSync(file, text);
      const says = sshSays(file, alias);
      const { values } = resolve(text, alias);
      const ours = (key: keyof typeof values, otherwise: readonly string[]) => values[key] ?? otherwise;
      expect(ours('hostname', [alias])).toEqual(says('hostname'));
      expect(ours('user', [userInfo().username])).toEqual(says('user'));
      expect(ours('port', ['22'])).toEqual(says('port'));
      if (values.identityfile !== undefined) expect(values.identityfile).toEqual(says('identityfile'));
      else expect(says('identityfile')).toContain('~/.ssh/id_rsa');
      expect(ours('identitiesonly', ['no'])).toEqual(says('identitiesonly'));
      expect(ours('hostkeyalias', [])).toEqual(says('hostkeyalias'));
      expect(ours('identityagent', [])).toEqual(says('identityagent'));
      expect(ours('proxyjump', []).filter((value) => value !== 'none')).toEqual(says('proxyjump'));
      if (values.userknownhostsfile !== undefined) expect(values.userknownhostsfile.join(' ')).toBe(says('userknownhostsfile')[0]);
      if (values.stricthostkeychecking !== undefined)
        expect(values.stricthostkeychecking[0]?.replace('yes', 'true')).toBe(says('stricthostkeychecking')[0]);
      expect(values.connecttimeout?.[0]?.replace('1m30', '90') ?? 'none').toBe(says('connecttimeout')[0]);
    }),
    { numRuns: 200 },
  );
}, 60_000);

describe('a connection', () => {
  let options: SshConfigOptions;

  beforeAll(() => {
    mkdirSync(join(dir, '.ssh/conf.d'), { recursive: true });
    options = {
      home: dir,
      localUser: 'me',
      env: { SSH_AUTH_SOCK: '/run/agent', KEYS: '/keys' },
      files: [join(dir, '.ssh/config')],
      reader: sshConfigReader(),
    };
  });

  function connectionTo(alias: string, text: string, more: Partial<SshConfigOptions> = {}) {
    writeFileSync(join(dir, '.ssh/config'), text);
    return sshConfigFor(alias, { ...options, reader: sshConfigReader(), ...more });
  }

  test('without any file is as ssh would make it', () => {
    expect(sshConfigFor('web01', { ...options, files: [join(dir, 'nowhere')] })).toEqual({
      connection: {
        address: 'web01',
        port: 22,
        user: 'me',
        privateKeys: ['id_rsa', 'id_ecdsa', 'id_ed25519'].map((name) => `${dir}/.ssh/${name}`),
        agent: '/run/agent',
        knownHosts: [`${dir}/.ssh/known_hosts`, `${dir}/.ssh/known_hosts2`, '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        hostKeys: 'strict',
        jump: [],
        connectTimeoutMs: 15_000,
        connectRetries: 2,
      },
      warnings: [],
    });
  });

  test('has its tokens, its ~ and its variables expanded', () => {
    const text = `Port 2222\nUser ops\nHostName %h.example.net\nIdentityFile ~/k/%r@%h:%p-%n-%u-%d-%%\nIdentityFile \${KEYS}/x\nIdentityAgent ~/a\nUserKnownHostsFile %d/kh.%k\n`;
    const { connection } = connectionTo('web', text);
    expect(connection).toMatchObject({
      address: 'web.example.net',
      privateKeys: [`${dir}/k/ops@web.example.net:2222-web-me-${dir}-%`, '/keys/x'],
      agent: `${dir}/a`,
    });
    expect(connection.knownHosts[0]).toBe(`${dir}/kh.web`);
  });

  test('is told what the inventory says', () => {
    const text = 'User ops\nIdentityFile /k/%r\nMatch user admin\nIdentityFile /k/only-admin\n';
    expect(connectionTo('web', text, { user: 'admin' }).connection.privateKeys).toEqual(['/k/admin', '/k/only-admin']);
  });

  test.each([
    ['IdentityAgent none', undefined],
    ['IdentityAgent SSH_AUTH_SOCK', '/run/agent'],
    ['IdentityAgent $KEYS', '/keys'],
    [`IdentityAgent "\${KEYS}/a b"`, '/keys/a b'],
  ])('%s', (text, agent) => {
    expect(connectionTo('web', text).connection.agent).toBe(agent);
  });

  test.each([
    ['ConnectTimeout 5', { connectTimeoutMs: 5_000 }],
    ['ConnectTimeout 1m30', { connectTimeoutMs: 90_000 }],
    ['ConnectTimeout 0', { connectTimeoutMs: 15_000 }],
    ['ConnectTimeout 9w', { connectTimeoutMs: 2 ** 31 - 1 }],
    ['IdentitiesOnly yes', { identitiesOnly: true }],
    ['IdentityFile none', { privateKeys: [] }],
    ['StrictHostKeyChecking accept-new', { hostKeys: 'accept-new' }],
    ['StrictHostKeyChecking ask', { hostKeys: 'strict' }],
    ['UserKnownHostsFile none\nGlobalKnownHostsFile /g', { knownHosts: ['/g'] }],
    ['HostKeyAlias box', { hostKeyAlias: 'box' }],
  ])('%s', (text, expected) => {
    expect(connectionTo('web', text).connection).toMatchObject(expected);
  });

  test('a check that is switched off is not, and that is said', () => {
    const { connection, warnings } = connectionTo('web', 'StrictHostKeyChecking no');
    expect(connection.hostKeys).toBe('accept-new');
    expect(warnings).toEqual(['ssh_config: StrictHostKeyChecking no is taken as accept-new: changed keys are refused']);
  });

  test('jumps are connections of their own, the first with its own way', () => {
    const text = 'Host web\nProxyJump b1,ssh://u@[2001:db8::1]:99\nHost b1\nHostName bastion.example.net\nProxyJump b0\nHost *\nUser ops\n';
    const { jump } = connectionTo('web', text).connection;
    const shown = jump.map(({ address, port, user, jump: before }) => ({ address, port, user, before: before.map((hop) => hop.address) }));
    expect(shown).toEqual([
      { address: 'bastion.example.net', port: 22, user: 'ops', before: ['b0'] },
      { address: '2001:db8::1', port: 99, user: 'u', before: [] },
    ]);
  });

  test.each([
    ['ProxyJump web', 'jumps lead in a circle'],
    ['ProxyJump a:b:c', 'names no host'],
    ['IdentityFile %C', '%C is not supported'],
    [`IdentityFile \${NOPE}`, 'the variable NOPE is not set'],
    ['ConnectTimeout soon', 'is no time'],
  ])('%s is an error', (text, words) => {
    expect(() => connectionTo('web', text)).toThrow(words);
  });

  test('includes are of ~/.ssh where they are relative', () => {
    writeFileSync(join(dir, '.ssh/conf.d/one'), 'Port 77\n');
    expect(connectionTo('web', 'Include conf.d/*').connection.port).toBe(77);
    expect(connectionTo('web', 'Include ~/.ssh/conf.d/one').connection.port).toBe(77);
  });
});

test('the oracle is there', () => {
  expect(execFileSync('ssh', ['-G', '-F', '/dev/null', 'x'], { encoding: 'utf8' })).toContain('hostname x');
});
