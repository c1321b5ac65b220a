import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import type { Connection, Secrets } from '../../src/core/host.ts';
import type { Exchange, Session } from '../../src/core/session.ts';
import { connector } from '../../src/transport/connector.ts';
import { labFolder, labHosts, requireLab } from '../support/lab.ts';

const LIMITS: Exchange = { timeoutMs: 60_000, maxBytes: 100_000 };
const SUDO = { become: { method: 'sudo', user: 'root' } } as const;

const open: Session[] = [];
let root: Session;

beforeAll(async () => {
  requireLab();
  root = await connectAs('root', {});
  open.pop();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
  await root.act('rm -f /etc/sudoers.d/zz-test; sed -i /pam_exec/d /etc/pam.d/sudo; rm -rf /run/sudo/ts/*', LIMITS);
});

afterAll(() => root.close());

async function connectAs(user: string, more: Partial<Connection>, secrets: Secrets = {}): Promise<Session> {
  const connection: Connection = {
    address: labHosts()['kvm01'] ?? '',
    port: 22,
    user,
    privateKeys: [`${labFolder}/id_ed25519`],
    knownHosts: [`${labFolder}/known_hosts`],
    hostKeys: 'strict',
    jump: [],
    connectTimeoutMs: 30_000,
    connectRetries: 1,
    ...more,
  };
  const session = await connector({ secrets, connectsAtOnce: 1 }).connect({ name: 'kvm01', groups: [], vars: {}, connection });
  open.push(session);
  return session;
}

/** What stdout says, or the error. */
async function who(session: Session): Promise<string> {
  try {
    const { stdout, stderr } = await session.look('id -un; echo err >&2; cat', LIMITS);
    return `${stdout}${stderr}`;
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

async function sudoers(...lines: readonly string[]): Promise<void> {
  await root.act(`cat >/etc/sudoers.d/zz-test <<'EOF'\n${lines.join('\n')}\nEOF\nchmod 440 /etc/sudoers.d/zz-test`, LIMITS);
}

describe('sudo without a password', () => {
  test.each(['ops', 'noisy', 'csh'])('%s', async (user) => {
    expect(await who(await connectAs(user, SUDO))).toBe('root\nerr\n');
  });

  test('to another user', async () => {
    expect(await who(await connectAs('ops', { become: { method: 'sudo', user: 'pw' } }))).toBe('pw\nerr\n');
  });

  test('though one was given', async () => {
    const session = await connectAs('ops', SUDO, { becomePassword: 'never asked for' });
    expect(await who(session)).toBe('root\nerr\n');
    const { stdout } = await session.exec('cat; echo end', Buffer.from('the operator says\n'), LIMITS);
    expect(stdout.toString()).toBe('the operator says\nend\n');
  });

  test('where one would be needed', async () => {
    expect(await who(await connectAs('pw', SUDO))).toMatch(/^SUDO_REFUSED pw@\S+: sudo to root refused: sudo: a password is required$/);
  });
});

describe('sudo with a password', () => {
  test.each([
    ['plain'],
    ['Defaults:pw use_pty'],
    ['Defaults:pw !lecture'],
    ['Defaults:pw passprompt_override', 'Defaults:pw passprompt="say: "'],
  ])('that is right (%s)', async (...lines) => {
    if (lines[0] !== 'plain') await sudoers(...lines);
    const session = await connectAs('pw', SUDO, { becomePassword: 'correct horse' });
    expect(await who(session)).toBe('root\nerr\n');
    const output = await session.exec('cat; echo "it is $(id -un)"; exit 9', Buffer.from('fed\n'), LIMITS);
    expect({ status: output.status, stdout: output.stdout.toString() }).toEqual({ status: 9, stdout: 'fed\nit is root\n' });
  });

  test('that is wrong', async () => {
    expect(await who(await connectAs('pw', SUDO, { becomePassword: 'wrong horse' }))).toMatch(
      /^SUDO_REFUSED pw@\S+: sudo does not take the password: .*Sorry, try again\.$/,
    );
  });

  test('that is wrong, where sudo asks only once', async () => {
    await sudoers('Defaults:pw passwd_tries=1');
    expect(await who(await connectAs('pw', SUDO, { becomePassword: 'wrong horse' }))).toMatch(
      /^SUDO_REFUSED .*1 incorrect password attempt$/,
    );
  });

  test('of a user who may not', async () => {
    expect(await who(await connectAs('nosudo', SUDO, { becomePassword: 'plain horse' }))).toMatch(
      /^SUDO_REFUSED .*nosudo is not in the sudoers file/,
    );
  });

  test('that takes its time is slow, not refused', async () => {
    await root.act("sed -i '1i auth optional pam_exec.so quiet /bin/sleep 4' /etc/pam.d/sudo", LIMITS);
    expect(await who(await connectAs('pw', SUDO, { becomePassword: 'correct horse' }))).toBe('root\nerr\n');
  });

  test('that hangs is told apart from a look that does', async () => {
    await root.act("sed -i '1i auth optional pam_exec.so quiet /bin/sleep 30' /etc/pam.d/sudo", LIMITS);
    const session = await connectAs('pw', SUDO, { becomePassword: 'correct horse' });
    await expect(session.look('true', { ...LIMITS, timeoutMs: 1_500 })).rejects.toMatchObject({
      code: 'SUDO_REFUSED',
      message: expect.stringContaining('sudo did not get through within 1.5 s'),
    });
  });

  test('leaves no trace on the host: not in a process, not in the environment', async () => {
    const session = await connectAs('pw', SUDO, { becomePassword: 'correct horse' });
    const { stdout } = await session.exec('cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr "\\0" " "', undefined, {
      ...LIMITS,
      maxBytes: 1e6,
    });
    expect(stdout.toString()).toContain('sshd');
    expect(stdout.toString()).not.toContain('correct');
  });
});

describe('sudo that cannot be', () => {
  test('without a terminal', async () => {
    await sudoers('Defaults:ops requiretty');
    expect(await who(await connectAs('ops', SUDO))).toMatch(/^SUDO_REFUSED .*you must have a tty to run sudo/);
    await sudoers('Defaults:pw requiretty');
    expect(await who(await connectAs('pw', SUDO, { becomePassword: 'correct horse' }))).toMatch(
      /^SUDO_REFUSED .*you must have a tty to run sudo/,
    );
  });

  test('since there is none', async () => {
    await root.act('mv /usr/bin/sudo /usr/bin/sudo.away', LIMITS);
    const said = await Promise.all(['ops', 'csh'].map(async (user) => who(await connectAs(user, SUDO))));
    await root.act('mv /usr/bin/sudo.away /usr/bin/sudo', LIMITS);
    expect(said[0]).toMatch(/^SUDO_REFUSED .*sudo: (command )?not found/);
    expect(said[1]).toMatch(/^SUDO_REFUSED .*sudo: Command not found/);
  });
});

describe('logins', () => {
  test('that are noisy are not heard', async () => {
    const session = await connectAs('noisy', {});
    const { stdout, stderr } = await session.exec('echo out; echo err >&2', undefined, LIMITS);
    expect([`${stdout}`, `${stderr}`]).toEqual(['out\n', 'err\n']);
  });

  test('by a shell that is none of the family', async () => {
    const session = await connectAs('csh', {});
    const command = `echo "it's" '!x' \\! $((1+1)) | cat\nexit 7`;
    const { status, stdout } = await session.exec(command, undefined, LIMITS);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 7, stdout: "it's !x ! 2\n" });
  });

  test('by password', async () => {
    const session = await connectAs('secretpw', { privateKeys: [] }, { loginPassword: 'hunter2 ok' });
    expect(await who(session)).toBe('secretpw\nerr\n');
    await expect(connectAs('secretpw', { privateKeys: [] }, { loginPassword: 'wrong' })).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringMatching(/it refused the password/),
    });
  });

  test('to an account without a shell', async () => {
    await root.act('usermod -s /usr/sbin/nologin nosudo', LIMITS);
    const said = await who(await connectAs('nosudo', {}));
    await root.act('usermod -s /bin/bash nosudo', LIMITS);
    expect(said).toMatch(
      /^AUTH_FAILED nosudo@\S+: logged in, but its login shell does not run sh: This account is currently not available\.$/,
    );
  });
});

test.each([
  ['ops', {}, {}],
  ['ops', SUDO, {}],
  ['pw', SUDO, { becomePassword: 'correct horse' }],
] as const)('what %s started is ended when its time is up (%j)', async (user, more, secrets) => {
  const session = await connectAs(user, more, secrets);
  const pids: string[] = [];
  const onStdout = (chunk: Buffer) => pids.push(...chunk.toString().trim().split(' '));
  const act = session.act('sleep 300 & echo $$ $!; wait', { ...LIMITS, timeoutMs: 3_000, onStdout });
  await expect(act).rejects.toMatchObject({ code: 'CHANGE_TIMEOUT' });
  expect(pids).toHaveLength(2);
  const alive = async () => `${(await root.look(`ps -o stat= -p ${pids.join()} | grep -v Z; true`, LIMITS)).stdout}`;
  await expect.poll(alive, { timeout: 20_000 }).toBe('');
});
