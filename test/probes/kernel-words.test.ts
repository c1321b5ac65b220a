import { describe, expect, it } from 'vitest';
import { editWords, findWords, isFound, isMany, isSameWord, splitWords, type WantedWords } from '../../src/probes/kernel-words.ts';

const nothing: WantedWords = { set: {}, append: [], remove: [] };

describe('editWords', () => {
  it.each<[string, Partial<WantedWords>, string]>([
    ['ro quiet', { set: { iommu: 'pt' } }, 'ro quiet iommu=pt'],
    // Another key that ends like it is another key.
    ['intel_iommu=on quiet', { set: { iommu: 'pt' } }, 'intel_iommu=on quiet iommu=pt'],
    ['a iommu=off b iommu=soft', { set: { iommu: 'pt' } }, 'a iommu=pt b'],
    ['kvm-intel.nested=0 quiet', { set: { 'kvm_intel.nested': 1 } }, 'kvm_intel.nested=1 quiet'],
    ['kvm-intel.nested=1', { set: { 'kvm_intel.nested': 1 } }, 'kvm-intel.nested=1'],
    ['quiet=1', { set: { quiet: true } }, 'quiet'],
    ['console=tty0', { append: ['console=ttyS0'] }, 'console=tty0 console=ttyS0'],
    ['console=ttyS0 console=tty0', { append: ['console=ttyS0'] }, 'console=ttyS0 console=tty0'],
    ['console=tty0 console=ttyS0', { append: ['console=ttyS1'], remove: ['console=tty0'] }, 'console=ttyS0 console=ttyS1'],
    ['splash quiet splash', { remove: ['splash'] }, 'quiet'],
    ['dyndbg="file a.c +p" x', { remove: ['x'] }, 'dyndbg="file a.c +p"'],
  ])('%s with %j is %s', (line, wanted, expected) => {
    const words = editWords(splitWords(line), { ...nothing, ...wanted });
    expect(words.join(' ')).toBe(expected);
    expect(isFound(findWords(words, { ...nothing, ...wanted }))).toBe(true);
  });
});

describe('words', () => {
  it('are the same with a dash or an underscore in the key, not in the value', () => {
    expect(isSameWord('kvm-amd.nested=1', 'kvm_amd.nested=1')).toBe(true);
    expect(isSameWord('root=/dev/a-b', 'root=/dev/a_b')).toBe(false);
    expect(isSameWord('quiet', 'quiet=')).toBe(false);
  });

  it('end for the kernel where those of init begin', () => {
    expect(splitWords('ro  quiet -- single\n')).toEqual(['ro', 'quiet']);
  });

  it('may stand there many times for some keys', () => {
    expect(['console', 'rd.lvm.lv', 'vfio-pci.ids', 'hugepagesz'].filter((key) => !isMany(key))).toEqual([]);
    expect(isMany('iommu')).toBe(false);
  });
});
