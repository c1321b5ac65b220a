import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { call } from '../support/program.ts';
import { knownHostsLine, makeKey, type Sshd, startSshd } from '../support/sshd.ts';

let three: Sshd;
let one: Sshd;
let folder: string;
let known: string;
let stranger: string;
let runs = 0;

beforeAll(async () => {
  [three, one] = await Promise.all([startSshd({ hostKeys: ['ed25519', 'rsa', 'ecdsa'] }), startSshd({ hostKeys: ['rsa'] })]);
  stranger = makeKey(join(three.dir, 'stranger'), ['-t', 'ed25519']);
}, 60_000);

afterAll(async () => {
  await Promise.all([three.stop(), one.stop()]);
});

beforeEach(() => {
  runs += 1;
  folder = join(three.dir, `site-${runs}`);
  known = join(folder, 'known_hosts');
  mkdirSync(join(folder, '.ssh'), { recursive: true });
  // What the machine's own ssh_config says is not to matter.
  writeFileSync(join(folder, '.ssh/config'), 'HashKnownHosts no\n');
  const key = three.key;
  writeFileSync(
    join(folder, 'inventory.yaml'),
    `defaults: { user: ${userInfo().username}, private_key: ${key}, known_hosts: ${known}, connect_retries: 0 }
hosts:
  web1: { address: 127.0.0.1, port: ${three.port} }
  web2: { address: 127.0.0.1, port: ${one.port} }
`,
  );
});

async function scan(...argv: readonly string[]) {
  return await call(['hosts', 'scan', ...argv], { folder });
}

const text = (path: string) => readFileSync(path, 'utf8');

/** The fingerprint as ssh-keygen has it. */
function printOf(path: string): string {
  return execFileSync('ssh-keygen', ['-lf', `${path}.pub`], { encoding: 'utf8' }).split(' ')[1] ?? '';
}

it('shows every key with the fingerprint that ssh-keygen prints, and adds nothing with -C', async () => {
  const { exit, stdout } = await scan('-C');
  expect(exit).toBe(0);
  const lines = stdout.split('\n').map((line) => line.split(/ {2,}/).join(' ').trim());
  for (const [host, sshd, type, name] of [
    ['web1', three, 'ssh-ed25519', 'host_ed25519'],
    ['web1', three, 'ecdsa-sha2-nistp256', 'host_ecdsa'],
    ['web1', three, 'ssh-rsa', 'host_rsa'],
    ['web2', one, 'ssh-rsa', 'host_rsa'],
  ] as const)
    expect(lines).toContain(`${host} 127.0.0.1 ${type} ${printOf(join(sshd.dir, name))} new`);
  expect(() => text(known)).toThrow('ENOENT');
});

it('adds all keys after a yes, once; then the hosts are known, to drover and to ssh', async () => {
  writeFileSync(known, '# mine\n');
  const added = await scan('-y');
  expect(added).toMatchObject({ exit: 0, stderr: `the keys of 2 hosts are in ${known} now\n` });
  const lines = text(known).split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[0]).toBe('# mine');
  expect(lines).toEqual(
    expect.arrayContaining(
      text(three.knownHosts)
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ),
  );
  expect(lines.filter((line) => line.startsWith(`[127.0.0.1]:${one.port} ssh-rsa`))).toHaveLength(1);

  const again = await scan('-y', '--format', 'json');
  expect(JSON.parse(again.stdout)).toMatchObject({
    exit: 0,
    hosts: [
      { host: 'web1', status: 'known' },
      { host: 'web2', status: 'known' },
    ],
  });
  expect(text(known).split('\n')).toEqual(lines);
  const said = await call(['exec', 'web1', '--', 'echo in'], { folder });
  expect(said, said.stderr).toMatchObject({ exit: 0 });
});

it('hashes names where ssh_config says so, and finds them again', async () => {
  writeFileSync(join(folder, '.ssh/config'), 'HashKnownHosts yes\n');
  writeFileSync(known, knownHostsLine(9, stranger));
  expect(await scan('web1', '-y')).toMatchObject({ exit: 0 });
  expect(text(known).match(/^\|1\|/gm)).toHaveLength(3);
  expect(
    spawnSync('ssh-keygen', ['-F', `[127.0.0.1]:${three.port}`, '-f', known], { encoding: 'utf8' }).stdout.match(/^\|1\|/gm),
  ).toHaveLength(3);
  expect((await scan('web1', '-C')).stdout).toContain('known');
});

it('leaves names plain where ssh_config says so, also beside hashed ones', async () => {
  writeFileSync(known, knownHostsLine(9, stranger));
  execFileSync('ssh-keygen', ['-q', '-H', '-f', known], { stdio: 'ignore' });
  expect(await scan('web2', '-y')).toMatchObject({ exit: 0 });
  expect(text(known)).toContain(`[127.0.0.1]:${one.port} ssh-rsa`);
});

it.each([
  ['another key of a type', () => knownHostsLine(three.port, stranger)],
  ['a revoked key', () => `@revoked * ${text(join(three.dir, 'host_ed25519.pub')).split(' ').slice(0, 2).join(' ')}\n`],
])('%s is an error: nothing of the host is added, and no line is changed', async (_, line) => {
  writeFileSync(known, line());
  const { exit, stderr } = await scan('-y');
  expect(exit).toBe(4);
  expect(stderr).toContain('[HOST_KEY_CHANGED]');
  expect(text(known)).toMatch(new RegExp(`^${line().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\[127.0.0.1\\]:${one.port} ssh-rsa .*\n$`));
});

it('a host that is known by one key is left as it is: others are not taken on its word', async () => {
  const line = knownHostsLine(three.port, join(three.dir, 'host_ecdsa'));
  writeFileSync(known, line);
  expect((await scan('web1', '-y')).exit).toBe(0);
  expect(text(known)).toBe(line);
});

it('a host that is known only by a key that it has no more is an error', async () => {
  writeFileSync(known, knownHostsLine(one.port, stranger));
  const { exit, stderr } = await scan('web2', '-y');
  expect({ exit, stderr }).toMatchObject({
    exit: 4,
    stderr: expect.stringContaining('not among those that known_hosts has of it (ssh-ed25519)'),
  });
  expect(text(known)).toBe(knownHostsLine(one.port, stranger));
});

it('names hosts that hold the same key, and those that cannot be reached', async () => {
  const twin = await startSshd({ config: [`HostKey ${join(one.dir, 'host_rsa')}`], hostKeys: [] });
  try {
    const inventory = join(folder, 'inventory.yaml');
    writeFileSync(
      inventory,
      `${text(inventory)}  web3: { address: 127.0.0.1, port: ${twin.port} }\n  web4: { address: 127.0.0.1, port: 9 }\n`,
    );
    const { exit, stderr } = await scan('-C');
    expect(exit).toBe(4);
    expect(stderr).toContain('warning: web[2-3] (2 hosts) hold the same host key');
    expect(stderr).toMatch(/web4:\n {2}127\.0\.0\.1:9: connection refused/);
  } finally {
    await twin.stop();
  }
});
