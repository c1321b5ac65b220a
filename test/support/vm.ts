import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Read, Readings } from '../../src/core/probe.ts';
import type { Session } from '../../src/core/session.ts';
import { look } from '../../src/engine/look/ask.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { droverJson, type FleetDocument, labFolder } from './lab.ts';
import { localSession } from './local-session.ts';

const VM = resolve('test/lab/vm');

/** The inventory of the virtual machines of this lab name. */
const vmInventory = join(dirname(labFolder), 'vm', 'run', basename(labFolder), 'inventory.yaml');

/** Brings machines back to their frozen state; fails early where none is up. */
export function resetVms(...names: readonly string[]): void {
  if (!existsSync(vmInventory)) throw new Error(`no virtual machine is up (no ${vmInventory}): scripts/test-vm.sh`);
  for (const name of names) execFileSync(VM, ['reset', name], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Runs a shell script as root in a machine, without drover; its output. */
export function onVm(script: string, name = 'vm1'): string {
  const stdio = ['pipe', 'pipe', 'pipe'] as const;
  return execFileSync(VM, ['ssh', name, '--', 'sh', '-s'], { input: script, encoding: 'utf8', timeout: 200_000, stdio: [...stdio] });
}

/** A session with a machine for the engine, over the ssh of OpenSSH. */
export function sessionWith(name: string): Session {
  return localSession([VM, 'ssh', name, '--', 'sh', '-s']);
}

/** One with vm1. */
export const vmSession = sessionWith('vm1');

/** What vm1 answers to reads, by way of drover's own look. */
export function readingsOfVm(reads: readonly Read[]): Promise<Readings> {
  return look(vmSession, reads, DEFAULT_LIMITS);
}

/** `drover … --format json` with the machines' inventory; the document. On a busy machine an emulated one boots for minutes. */
export function droverOnVm(...args: readonly string[]): FleetDocument {
  return droverJson([...args, '-i', vmInventory], { timeoutMs: 400_000 });
}

/** Starts a guest in vm1 that runs under KVM until it is ended; its firmware finds no disk and waits. */
export function startGuest(): void {
  onVm('qemu-system-x86_64 -accel kvm -cpu host -m 64 -nodefaults -display none -no-user-config -daemonize -pidfile /run/guest.pid');
}

/** Reboots a machine and waits until a boot with another id answers. */
export function rebootVm(name = 'vm1'): void {
  const before = bootId(name);
  onVm('nohup sh -c "sleep 1; systemctl reboot" > /dev/null 2>&1 &', name);
  const end = Date.now() + 400_000;
  while (Date.now() < end) {
    try {
      if (bootId(name) !== before) return;
    } catch {
      // Its sshd is gone, or not there yet; ssh itself waits for a while.
    }
  }
  throw new Error('the virtual machine did not come back from its reboot');
}

function bootId(name: string): string {
  return onVm('cat /proc/sys/kernel/random/boot_id', name);
}
