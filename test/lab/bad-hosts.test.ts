import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  drover,
  droverJson,
  type FleetDocument,
  labFolder,
  labHosts,
  onHost,
  requireLab,
  resetHosts,
  startDrover,
  until,
} from '../support/lab.ts';

const HOSTS = labHosts();
const folder = mkdtempSync(join(tmpdir(), 'drover-bad-'));

beforeAll(() => {
  requireLab();
  resetHosts('kvm01', 'kvm02', 'kvm03');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** An inventory of kvm01 and kvm02 with another known_hosts file. */
function inventoryWith(name: string, knownHosts: string): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(join(folder, name), knownHosts);
  writeFileSync(
    path,
    `defaults: { user: root, private_key: ${labFolder}/id_ed25519, known_hosts: ${join(folder, name)} }
groups: { all-two: { hosts: { kvm01: { address: ${HOSTS['kvm01']} }, kvm02: { address: ${HOSTS['kvm02']} } } } }\n`,
  );
  return path;
}

function playbook(name: string, steps: string): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, `name: ${name}\nhosts: kvm01,kvm02\nsteps:\n${steps}`);
  return path;
}

describe('host keys', () => {
  const known = () => readFileSync(join(labFolder, 'known_hosts'), 'utf8').split('\n');

  it('that are not known are refused by name, and nothing runs', () => {
    const document = droverJson(['plan', playbook('any', '  - { name: a, task: systemd.healthy }\n'), '-i', inventoryWith('none', '')]);
    expect(document).toMatchObject({ exit: 4, counts: { unreachable: 2 } });
    expect(document.hosts.map(({ error }) => error?.code)).toEqual(['HOST_KEY_UNKNOWN', 'HOST_KEY_UNKNOWN']);
  });

  it('that changed are refused with the line, and the other host goes on', () => {
    const [one = '', two = ''] = [HOSTS['kvm01'], HOSTS['kvm02']];
    const others = known().filter((line) => !line.includes(one));
    const stolen = known()
      .filter((line) => line.includes(two))
      .map((line) => line.replaceAll(two, one).replaceAll('kvm02', 'kvm01'));
    const inventory = inventoryWith('swapped', [...others, ...stolen].join('\n'));
    const document = droverJson(['plan', playbook('any', '  - { name: a, task: systemd.healthy }\n'), '-i', inventory]);
    expect(document.hosts[0]).toMatchObject({ status: 'unreachable', error: { code: 'HOST_KEY_CHANGED' } });
    expect(document.hosts[0]?.error?.message).toMatch(/swapped:\d+/);
    expect(document.hosts[1]).toMatchObject({ status: 'steady' });
  });
});

describe('logins', () => {
  it('that print noise, or have csh for a shell, are read right', () => {
    for (const user of ['noisy', 'csh']) {
      const document = droverJson(['task', 'file.content', 'kvm01', 'path=/etc/hostname', 'content=kvm01\n', '-u', user, '-b', '-C']);
      expect(document.hosts[0], user).toMatchObject({ status: 'steady' });
    }
  });

  it('whose sudo refuses are told apart from failures, with the words of sudo', () => {
    const document = droverJson(['task', 'systemd.healthy', 'kvm01', '-u', 'nosudo', '-b', '-C']);
    expect(document).toMatchObject({ exit: 4, hosts: [{ error: { code: 'SUDO_REFUSED' } }] });
  });

  it('with a sudo password work through stdin, and nobody sees it', () => {
    writeFileSync(join(folder, 'password'), 'correct horse\n', { mode: 0o600 });
    const said = drover([
      'exec',
      'kvm01',
      '-u',
      'pw',
      '-b',
      '--become-password-file',
      join(folder, 'password'),
      '--',
      'id -un; ps -eo args',
    ]);
    expect(said.status, said.stderr).toBe(0);
    expect(said.stdout).toContain('root');
    expect(said.stdout + said.stderr).not.toContain('correct horse');
  });
});

describe('files that cannot be written', () => {
  it('leave nothing half-written on a full disk', () => {
    onHost('kvm01', 'mkdir -p /srv/full && mount -t tmpfs -o size=64k tmpfs /srv/full && head -c 60000 /dev/zero > /srv/full/ballast');
    const steps = `  - { name: a, task: file.content, with: { path: /srv/full/big, content: "${'x'.repeat(20_000)}" } }\n`;
    const document = droverJson(['run', playbook('full', steps), '-l', 'kvm01', '-y']);
    expect(document).toMatchObject({ exit: 2, hosts: [{ status: 'failed' }] });
    expect(document.hosts[0]?.steps[0]).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(/space/i) } });
    expect(onHost('kvm01', 'ls -A /srv/full; umount /srv/full')).toBe('ballast\n');
  });

  it('are refused on a read-only file system, and the other host is done', () => {
    onHost('kvm01', 'mount -o bind /etc /etc && mount -o remount,bind,ro /etc');
    const steps = '  - { name: a, task: file.content, with: { path: /etc/drover-ro, content: "x\\n" } }\n';
    const document = droverJson(['run', playbook('readonly', steps), '-y']);
    onHost('kvm01', 'umount /etc');
    expect(document.hosts.map(({ status }) => status)).toEqual(['failed', 'changed']);
    expect(document.hosts[0]?.steps[0]).toMatchObject({ error: { message: expect.stringMatching(/read-only/i) } });
  });
});

const CUT = 'for p in $(ss -Htnp state established sport = :22 | grep -o "pid=[0-9]*" | cut -d= -f2); do kill -9 $p; done';

describe('a connection that is cut in the middle of a look', () => {
  it('leaves the host unreachable with its reason, and the other host is looked at', async () => {
    const hang = '[ "$(uname -n)" != kvm01 ] || { touch /run/drover-looks; sleep 60; }';
    const steps = `  - { name: asked, task: command.run, with: { command: "false", unless: '${hang}' } }\n`;
    const { ended } = startDrover(['run', playbook('cut-look', steps), '-y', '--format', 'json']);
    await until('the look hangs', () => onHost('kvm01', '[ ! -e /run/drover-looks ] || echo yes') === 'yes\n');
    onHost('kvm01', CUT);
    const said = await ended;
    expect(said.status, said.stderr).toBe(4);
    const { hosts } = JSON.parse(said.stdout) as FleetDocument;
    expect(hosts).toMatchObject([{ status: 'unreachable', acts: 0, error: { code: 'CONNECTION_LOST' } }, { status: 'steady' }]);
  });
});

describe('a connection that is cut in the middle of an act', () => {
  it('leaves the host unknown, not failed and not changed', async () => {
    const steps =
      '  - { name: slow, task: command.run, with: { command: "touch /run/drover-began; sleep 60", creates: /run/drover-done } }\n';
    const { ended } = startDrover(['run', playbook('cut', steps), '-l', 'kvm02', '-y', '--format', 'json']);
    await until('the command runs', () => onHost('kvm02', '[ ! -e /run/drover-began ] || echo yes') === 'yes\n');
    onHost('kvm02', CUT);
    const said = await ended;
    expect(said.status, said.stderr).toBe(4);
    expect(JSON.parse(said.stdout)).toMatchObject({ counts: { unknown: 1 }, hosts: [{ status: 'unknown' }] });
  });
});

describe('what hosts print', () => {
  it('is shown, not obeyed', () => {
    const said = drover(['exec', 'kvm01', '--', `printf 'a\\033[2Jb\\000c\\007\\n'`]);
    expect(said.status, said.stderr).toBe(0);
    for (const control of ['\0', '\x07', '\x1b']) expect(said.stdout).not.toContain(control);
    expect(said.stdout).toMatch(/a.*\[2J.*b.*c/);
  });

  it('may be 100 MB without harm', () => {
    const said = drover(['exec', 'kvm01', '--fold', '--', 'head -c 100000000 /dev/zero | tr "\\000" x; echo; echo end']);
    expect(said.status, said.stderr.slice(0, 500)).toBe(0);
  });
});

describe('what is asked for wrongly', () => {
  it.each([[''], [','], [':'], ['kvm0'], ['kvm01,kmv02'], ['kvm[01-03],'], ['all:&nothing']])(
    'pattern %j is refused before anything is dialled',
    (pattern) => {
      const said = drover(['exec', pattern, '--', 'true']);
      expect(said.status, said.stderr).toBe(5);
      expect(said.stdout).toBe('');
    },
  );
});
