import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labFolder, onHost } from './lab.ts';

/** A lab host reboots for real, but tasks leave containers alone: this makes it look like a machine, and quick to boot. */
export function playMachine(...names: readonly string[]): void {
  for (const name of names) {
    onHost(
      name,
      `printf '#!/bin/sh\\necho none\\n' > /usr/local/bin/systemd-detect-virt; chmod 755 /usr/local/bin/systemd-detect-virt
       systemctl disable -q --now docker.service docker.socket containerd.service 2>/dev/null; systemctl reset-failed`,
    );
  }
}

/** How often a lab host was booted. */
export function boots(name: string): number {
  return readFileSync(join(labFolder, 'hosts', name, 'console.log'), 'utf8').split(`[lab] ${name} boots`).length - 1;
}

/** Whether sshd answers on a lab host. */
export function isUp(name: string): boolean {
  try {
    return onHost(name, 'ss -Hltn sport = :22') !== '';
  } catch {
    return false;
  }
}
