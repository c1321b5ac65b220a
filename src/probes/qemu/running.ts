import { DroverError } from '../../core/errors.ts';
import { command, map, type Probe } from '../../core/probe.ts';

/** The QEMUs that share our process numbers, with their words, which come parted by blanks alone. Throws STATE_UNREADABLE. */
export const runningQemus: Probe<readonly { readonly pid: number; readonly line: string }[]> = map(
  command('pgrep', '--ns', '1', '--nslist', 'pid', '-a', '-f', '^([^ ]*/)?(qemu-system-[^ ]+|qemu-kvm|kvm)( |$)'),
  ({ status, stdout, stderr }) => {
    if (status > 1 || stderr !== '') {
      throw new DroverError('STATE_UNREADABLE', `pgrep: ${stderr.trim().split('\n')[0] || `status ${status}`}`, {
        hint: 'What runs is told by pgrep of procps; install it, or use --become.',
      });
    }
    return [...stdout.matchAll(/^(\d+) (.*)$/gm)].map(([, pid = '', line = '']) => ({ pid: Number(pid), line }));
  },
);
