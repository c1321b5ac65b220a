import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Whether a program is on this machine. */
export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${name}`));
}

/** Every kind of POSIX shell that is on this machine, each as the argv that reads a script from stdin; `sh` is always among them. */
export const SHELLS: readonly (readonly [string, ...string[]])[] = [
  ['sh', '-s'] as const,
  ...(hasProgram('dash') ? [['dash', '-s'] as const] : []),
  ...(hasProgram('bash') ? [['bash', '--posix', '-s'] as const] : []),
  ...(hasProgram('busybox') ? [['busybox', 'sh', '-s'] as const] : []),
];

/** A shell that is not root's, for questions of permission: root may read everything. */
export const UNPRIVILEGED: readonly [string, ...string[]] =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-s'] : ['sh', '-s'];

/** Gives a script to a shell and waits for its end. */
export function feedShell([program, ...args]: readonly [string, ...string[]], script: string | Buffer) {
  return spawnSync(program, args, { input: script, maxBuffer: 64 << 20 });
}
