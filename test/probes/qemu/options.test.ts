import { describe, expect, it } from 'vitest';
import { qemuCommands } from '../../../src/probes/qemu/options.ts';
import { shellCommands } from '../../../src/probes/qemu/shell-words.ts';

function found(text: string): readonly string[] {
  const source = { path: '/x', text };
  return qemuCommands(source, shellCommands(source)).map(({ place, options }) => `${place} ${options.map(({ name }) => name).join(' ')}`);
}

describe('commands that start a QEMU', () => {
  it.each([
    ['qemu-system-x86_64 -m 1 -S', 'm S'],
    ['exec /usr/libexec/qemu-kvm --m 1', 'm'],
    ['start() { kvm -m 1; }', 'm'],
    ['case $1 in start) kvm -m 1;; esac', 'm'],
    ['if ! A=1 B="$C" kvm -m 1; then exit; fi', 'm'],
    ['sudo -n -u qemu nice -n 5 taskset -c 0-3,7 kvm -m 1', 'm'],
    ['timeout -s KILL 10m env A=1 kvm -append "-m 1" -S &', 'append S'],
    ['kvm -m 1 2>/dev/null >&2 </dev/null', 'm'],
  ])('are found: %s', (text, options) => {
    expect(found(text)).toEqual([`/x:1 ${options}`]);
  });

  it.each([
    'pgrep -f qemu-system-x86_64',
    'sudo pkill qemu-kvm',
    'sudo -n killall kvm',
    '[ -x /usr/bin/qemu-system-x86_64 ] && echo kvm',
    'A=(qemu-system-x86_64 -m 1)',
    'X=$(qemu-system-x86_64 --version)',
    '# kvm -m 1',
    '$RUN kvm -m 1',
  ])('are not: %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  it.each([
    ['kvm -m', 'ends with -m, which has no value'],
    ['kvm -m -S', 'has a -m without a value'],
    ['kvm "$@"', 'has a word among the options that is not written out'],
    ['kvm $OPTIONS -S', 'has a word among the options that is not written out'],
  ])('are refused: %s', (text, why) => {
    expect(() => found(text)).toThrow(`/x:1 ${why}`);
  });
});
