import type { HostFacts, OsFamily } from '../core/facts.ts';
import { file, stat } from '../core/file.ts';
import { all, command, map, type Probe, type Reading } from '../core/probe.ts';
import { orUnknown } from './unknown.ts';

/** What a host is, from one process and files that everybody may read. */
export const hostFacts: Probe<HostFacts> = map(
  all({
    uname: command('uname', '-r', '-m'),
    release: orUnknown(file('/etc/os-release')),
    systemd: stat('/run/systemd/system'),
    openrc: stat('/run/openrc'),
  }),
  ({ uname, release, systemd, openrc }) => {
    const [kernel = '', arch = ''] = uname.stdout.trim().split(' ');
    // sd_booted(3): this folder is there if and only if systemd is the init that runs.
    const init = systemd !== undefined ? 'systemd' : openrc !== undefined ? 'openrc' : 'other';
    return { arch, kernel, os: parseOsRelease(release ?? ''), init };
  },
);

/** The hypervisor that the host is a guest of; `none` on bare metal, `unknown` where nothing can tell. */
export const guestOf: Probe<string> = detected('--vm');

/** The container manager that the host lives in; `none` where it is no container, `unknown` where nothing can tell. */
export const containerOf: Probe<string> = map(
  all({ detected: detected('--container'), docker: stat('/.dockerenv'), podman: stat('/run/.containerenv') }),
  ({ detected, docker, podman }) => {
    if (detected !== 'unknown') return detected;
    if (podman !== undefined) return 'podman';
    return docker === undefined ? 'unknown' : 'docker';
  },
);

/** The system that makes /etc itself, so that a file written there is lost or refused; undefined where /etc is ours to edit. */
export const generatedEtc: Probe<string | undefined> = map(stat('/etc/NIXOS'), (nixos) => (nixos === undefined ? undefined : 'NixOS'));

function detected(kind: '--vm' | '--container'): Probe<string> {
  return map(command('systemd-detect-virt', kind), ({ stdout }: Reading) => stdout.trim() || 'unknown');
}

const FAMILIES: Readonly<Record<string, OsFamily>> = {
  debian: 'debian',
  ubuntu: 'debian',
  rhel: 'redhat',
  centos: 'redhat',
  fedora: 'redhat',
  suse: 'suse',
  opensuse: 'suse',
  sles: 'suse',
  arch: 'arch',
  alpine: 'alpine',
};

/** The fields of os-release(5) that tell systems apart. */
export function parseOsRelease(text: string): HostFacts['os'] {
  const id = osField(text, 'ID') || 'linux';
  const like = osField(text, 'ID_LIKE').split(' ');
  const family = [id, ...like].map((name) => FAMILIES[name]).find((name) => name !== undefined);
  return { id, version: osField(text, 'VERSION_ID'), family: family ?? 'other' };
}

function osField(text: string, name: string): string {
  const value = new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return value.replace(/^(["'])(.*)\1$/, '$2');
}
