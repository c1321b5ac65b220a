import { describe, expect, it } from 'vitest';
import { type Argv, type Read, readKey } from '../src/core/probe.ts';
import { lifeSign } from '../src/engine/host/reboot.ts';
import { rebootBlockers } from '../src/engine/host/reboot-blockers.ts';
import { health } from '../src/probes/health.ts';
import { hostFacts } from '../src/probes/host.ts';
import { tasks } from '../src/tasks/index.ts';
import { casesOf } from './support/task-cases.ts';

/** A guard that the command must be asked under: a client that would wake its daemon. */
type Guard = string | undefined;

/**
 * Every command that a look may run, by its first words, and the guard that it needs. Each was read about before it came here:
 * it writes nothing, loads no module, starts no unit, and waits for nothing.
 */
const HARMLESS: readonly (readonly [words: string, guard?: Guard])[] = [
  ['uname'],
  ['id'],
  ['grep'],
  ['modinfo'],
  ['systemd-detect-virt'],
  ['systemctl show'],
  ['systemctl is-system-running'],
  ['systemctl list-units'],
  ['journalctl -k -b'],
  ['dmesg', '/run/openrc'],
  // Reads a register of the CPU, where the module that lets it is loaded.
  ['rdmsr -p 0', '/dev/cpu/0/msr'],
  // Asks logind, which runs wherever there are logins, for a list.
  ['busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager ListInhibitors'],
  ['pgrep -l -x'],
  ['dockerd --version'],
  ['dpkg --print-architecture'],
  ['dpkg-query -W'],
  ['pgrep'],
  // Simulates only. With empty names for its caches it writes none, whoever runs it.
  ['apt-get -s -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache='],
  // Both read sysfs and udev's records alone; what lsblk does not find there it reads from the device.
  ['lsblk --json --list --output'],
  ['find /dev -xdev -type l -printf'],
  // Where both would write they are asked aside, which the test below holds.
  ['find /etc/yum.repos.d /etc/dnf ! -type l ! -perm', '/etc/redhat-release'],
  ['rpm -q', '/etc/redhat-release'],
  ['dnf -C --assumeno', '/etc/redhat-release'],
  ['ip -json link show'],
  ['ip -json address show'],
  ['ip -4 -json route show table local'],
  // Prints where links lead; its actions that run, write or remove are harmful words.
  ['find /sys/class/net'],
  // Each of these would start the daemon through docker.socket.
  ['docker info', '/run/docker.pid'],
  ['docker ps', '/run/docker.pid'],
  ['docker network ls', '/run/docker.pid'],
  ['docker network inspect', '/run/docker.pid'],
  // Listing an empty table would load its module; a running dockerd has loaded it.
  ['iptables -t nat -S', '/run/docker.pid'],
  ['iptables -t filter -S', '/run/docker.pid'],
  ['nft list tables', '/run/docker.pid'],
  ['nft list table', '/sys/module/nf_tables'],
  ['iptables-nft -t mangle -S', '/sys/module/nf_tables'],
  ['ip6tables-nft -t mangle -S', '/sys/module/nf_tables'],
  ['iptables-legacy -t mangle -S', '/sys/module/iptable_mangle'],
  ['ip6tables-legacy -t mangle -S', '/sys/module/ip6table_mangle'],
  // There only in the control domain. libxl locks what it keeps of a guest while it reads that; its lock file goes with the lock.
  ['xl info virt_caps', '/proc/xen/xsd_port'],
  ['xl list -l', '/proc/xen/xsd_port'],
  // Asks xapi, which runs wherever there is such a file.
  ['xe vm-param-get', '/etc/xensource-inventory'],
];

/** Words that change something even in a command of the list. */
const HARMFUL =
  /^(--(exec|delete|append|insert|flush|write|set|rotate|vacuum.*|force|now)|-(A|I|D|X|N|P|w|exec|execdir|ok|okdir|delete|fprint.*|fls))$/;

/** What the engine asks by itself. */
const ofEngine = [...rebootBlockers.reads, ...lifeSign.reads];

const commands = [
  ...ofEngine,
  ...hostFacts.reads,
  ...Object.values(health).flatMap((probe) => probe.reads),
  ...tasks.flatMap((task) => casesOf(task.name).flatMap((one) => task.prepare(one.with).reads)),
].filter(isCommand);

function isCommand(read: Read): read is Extract<Read, { kind: 'command' }> {
  return read.kind === 'command';
}

function entryOf(argv: Argv) {
  return HARMLESS.find(([words]) => words.split(' ').every((word, i) => argv[i] === word));
}

describe('what looks may run', () => {
  const distinct = [...new Map(commands.map((read) => [readKey(read), read])).values()];

  it('knows the commands of all tasks', () => {
    expect(distinct.length).toBeGreaterThan(15);
  });

  it.each(distinct.map((read) => [readKey(read), read] as const))('%s', (_, { argv, onlyIf, unless }) => {
    // The operator's own words, checked by nobody: the task says so in its effects.
    if (argv[0] === 'sh') {
      expect(tasks.find(({ name }) => name === 'command.run')?.effects).toContain('look');
      return;
    }
    const entry = entryOf(argv);
    expect(entry, 'not on the list of harmless commands').toBeDefined();
    // A guard against loading a module is not needed where the kernel has none.
    if (unless === undefined) expect(onlyIf).toBe(entry?.[1]);
    else expect([unless, entry?.[1]]).toEqual(['/proc/modules', expect.stringMatching(/^\/sys\/module\//)]);
    expect(argv.slice(1).filter((word) => HARMFUL.test(word))).toEqual([]);
  });

  it('asks aside what would write', () => {
    const writers = distinct.filter(({ argv: [program] }) => program === 'rpm' || program === 'dnf');
    expect(writers.length).toBeGreaterThan(1);
    expect(writers.filter(({ aside }) => aside === undefined)).toEqual([]);
  });

  it('has no entry that nothing asks', () => {
    expect(HARMLESS.filter((entry) => !distinct.some(({ argv }) => entryOf(argv) === entry))).toEqual([]);
  });

  it('runs a shell for the words of the operator alone', () => {
    const others = tasks.filter(({ name }) => name !== 'command.run');
    const shells = others.flatMap((task) => casesOf(task.name).flatMap((one) => task.prepare(one.with).reads)).filter(isCommand);
    expect(shells.filter(({ argv }) => /(^|\/)(sh|bash|dash|env|sudo|eval)$/.test(argv[0]))).toEqual([]);
  });
});
