import { dir } from '../core/file.ts';
import { command, map, type Probe, type Reading } from '../core/probe.ts';

/** How a host fares, in numbers that can be compared before and after a change; null where it cannot be told. */
export const health: Readonly<Record<string, Probe<number | null>>> = {
  failed_units: map(command('systemctl', 'list-units', '--failed', '--plain', '--no-legend', '--full'), lineCount),
  // Messages of this boot that the kernel gave the priority err or worse: syslog(3), journalctl(1).
  kernel_errors: map(command('journalctl', '-k', '-b', '-p', 'err', '-q', '--no-pager', '-o', 'cat'), lineCount),
  // libvirt's QEMU driver keeps a status file of every domain that runs (virQEMUDriverConfig's stateDir).
  guests_running: map(dir('/run/libvirt/qemu'), (names) => names?.filter((name) => name.endsWith('.xml')).length ?? 0),
};

function lineCount({ status, stdout }: Reading): number | null {
  return status === 0 ? stdout.split('\n').filter((line) => line.trim() !== '').length : null;
}
