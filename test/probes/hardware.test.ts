import { describe, expect, it } from 'vitest';
import { type Reading, readKey } from '../../src/core/probe.ts';
import { firmware } from '../../src/probes/hardware.ts';
import { replay } from '../support/replay.ts';

const ABSENT: Reading = { status: 127, stdout: '', stderr: '' };

/** What these programs say makes of the firmware; the others are not there. */
function firmwareBy(answers: Readonly<Record<string, Partial<Reading>>>) {
  const readings = Object.fromEntries(
    firmware.reads.map((read) => {
      const [, answer] =
        Object.entries(answers).find(([program]) => readKey(read).includes(`${program} `) || readKey(read).endsWith(program)) ?? [];
      return [readKey(read), answer === undefined ? ABSENT : { status: 0, stdout: '', stderr: '', ...answer }];
    }),
  );
  return replay(firmware, { readings });
}

describe('virtualization that the firmware has turned off', () => {
  it.each([
    'x86/cpu: VMX (outside TXT) disabled by BIOS',
    'x86/cpu: VMX (inside TXT) disabled by BIOS',
    'SVM disabled (by BIOS) in MSR_VM_CR',
    'kvm: disabled by bios',
    "kvm: support for 'kvm_amd' disabled by bios",
    'kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL on CPU 0',
    'kvm_amd: SVM disabled (by BIOS) in MSR_VM_CR on CPU 0',
    'kvm_intel: VMX not fully enabled on CPU 3.  Check kernel logs and/or BIOS',
  ])('is told by the log: %s', (line) => {
    expect(firmwareBy({ dmesg: { stdout: `[    0.1] a line\n[    7.3] ${line}\n` } }).isOff).toBe(true);
    expect(firmwareBy({ journalctl: { stdout: `${line}\n` } }).isOff).toBe(true);
  });

  it.each([
    'x86/cpu: SGX disabled by BIOS.',
    'kvm_intel: VMX not supported by CPU 0',
    'kvm: Nested Virtualization enabled',
    'DMI: QEMU Standard PC, BIOS 1.16.2',
    'x86/cpu: User Mode Instruction Prevention (UMIP) activated',
  ])('is not told by: %s', (line) => {
    expect(firmwareBy({ dmesg: { stdout: `[    0.1] ${line}\n` } }).isOff).toBe(false);
  });

  it.each<[string, Parameters<typeof firmwareBy>[0], boolean | 'unknown']>([
    [
      'nobody may read the log',
      { journalctl: { status: 1, stderr: 'No journal files were opened due to insufficient permissions.' } },
      'unknown',
    ],
    ['the journal has no such line', { journalctl: { status: 1 } }, false],
    ["Intel's register is locked without VMX", { '0x3a': { stdout: '1\n' } }, true],
    ["Intel's register is locked with VMX", { '0x3a': { stdout: '5\n' } }, false],
    ["Intel's register is open: the kernel turns VMX on", { '0x3a': { stdout: '0\n' } }, false],
    ["AMD's register says SVMDIS", { '0xc0010114': { stdout: '18\n' } }, true],
    ["AMD's register is clear", { '0xc0010114': { stdout: '0\n' } }, false],
    ['the register says more than the log', { '0x3a': { stdout: '5\n' }, dmesg: { stdout: 'kvm: disabled by bios\n' } }, false],
    ['the register cannot be read', { '0x3a': { status: 1, stderr: 'rdmsr: CPU 0 cannot read MSR 0x0000003a' } }, 'unknown'],
  ])('%s', (_, answers, isOff) => {
    expect(firmwareBy(answers).isOff).toBe(isOff);
  });

  it('is told of Arm where the kernel was started below EL2', () => {
    expect(firmwareBy({ journalctl: { stdout: 'kvm [1]: HYP mode not available\n' } })).toEqual({ isOff: false, isBelowEl2: true });
  });
});
