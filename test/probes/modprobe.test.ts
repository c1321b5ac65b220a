import { describe, expect, it } from 'vitest';
import type { Readings } from '../../src/core/probe.ts';
import { isHeardAfter, moduleOptions, moduleRules, optionsIn } from '../../src/probes/modprobe.ts';
import { replay } from '../support/replay.ts';

describe('optionsIn', () => {
  it.each([
    ['options kvm_intel nested=1', ['1']],
    ['options kvm-intel nested=0', ['0']],
    ['  options\tkvm_intel  ept=1 nested=0 vpid=1', ['0']],
    ['options kvm_intel \\\n  nested=1', ['1']],
    ['options kvm_intel nes\\\nted=1', ['1']],
    ['options kvm_intel "nested=0" nested="1"', ['0', '1']],
    ['options kvm_intel nested=1\noptions kvm_intel nested=0', ['1', '0']],
    ['options kvm_intel nested=0 nested=1', ['0', '1']],
    ['#options kvm_intel nested=1', []],
    ['options intel nested=1', []],
    ['options kvm_amd nested=1', []],
    ['options kvm_intel nested_x=1', []],
    ['optoins kvm_intel nested=1', []],
    ['install kvm_intel /bin/true nested=1', []],
    ['', []],
  ])('%j', (text, values) => {
    expect(optionsIn(text, 'kvm_intel', 'nested')).toEqual(values);
  });
});

const FOLDERS = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'];

/** A host with these files of modprobe.d and this command line. */
function readingsOf(files: Readonly<Record<string, string>>, commandLine: string): Readings {
  return Object.fromEntries([
    ...FOLDERS.map((folder) => {
      const found = Object.entries(files).filter(([path]) => path.startsWith(`${folder}/modprobe.d/`));
      const stdout = JSON.stringify(found.map(([path, content]) => ({ path, content })));
      return [`glob ${folder}/modprobe.d/*.conf`, { status: 0, stdout, stderr: '' }];
    }),
    ['file /proc/cmdline', { status: 0, stdout: commandLine, stderr: '' }],
  ]);
}

describe('moduleOptions', () => {
  function read(values: Readonly<Record<string, string>>, commandLine = ''): readonly string[] {
    const files = Object.fromEntries(Object.entries(values).map(([path, value]) => [path, `options kvm_amd nested=${value}\n`]));
    const readings = readingsOf(files, commandLine);
    return replay(moduleOptions('kvm_amd', 'nested'), { readings }).map(({ source, value }) => `${source} ${value}`);
  }

  it('goes by the names of files, whatever their folder', () => {
    expect(read({ '/lib/modprobe.d/a.conf': '1', '/etc/modprobe.d/z.conf': '0', '/run/modprobe.d/m.conf': '1' })).toEqual([
      '/lib/modprobe.d/a.conf 1',
      '/run/modprobe.d/m.conf 1',
      '/etc/modprobe.d/z.conf 0',
    ]);
  });

  it('lets a file hide those of its name in weaker folders', () => {
    expect(read({ '/lib/modprobe.d/kvm.conf': '1', '/usr/lib/modprobe.d/kvm.conf': '1', '/etc/modprobe.d/kvm.conf': '0' })).toEqual([
      '/etc/modprobe.d/kvm.conf 0',
    ]);
  });

  it('hears the kernel command line last', () => {
    expect(read({ '/etc/modprobe.d/z.conf': '0' }, 'root=/dev/vda kvm-amd.nested=1 x="a kvm_amd.nested=7" kvm_amd.npt=0\n')).toEqual([
      '/etc/modprobe.d/z.conf 0',
      'the kernel command line 1',
    ]);
  });

  it('tells which file is heard after which', () => {
    expect(isHeardAfter('/lib/modprobe.d/kvm.conf', '/etc/modprobe.d/drover-kvm-nested.conf')).toBe(true);
    expect(isHeardAfter('/lib/modprobe.d/blacklist.conf', '/etc/modprobe.d/drover-kvm-nested.conf')).toBe(false);
    expect(isHeardAfter('the kernel command line', '/etc/modprobe.d/zz.conf')).toBe(true);
  });
});

describe('moduleRules', () => {
  function rules(text: string, commandLine = ''): readonly string[] {
    const readings = readingsOf({ '/etc/modprobe.d/a.conf': text }, commandLine);
    return replay(moduleRules('usb_storage'), { readings }).map(({ place, command }) => `${place} ${command ?? 'blacklist'}`);
  }

  it.each([
    ['blacklist usb-storage', ['/etc/modprobe.d/a.conf:1 blacklist']],
    ['\n\tblacklist  usb_storage', ['/etc/modprobe.d/a.conf:2 blacklist']],
    ['install usb_storage /bin/sh -c "exit 1"', ['/etc/modprobe.d/a.conf:1 /bin/sh -c "exit 1"']],
    ['install usb-* /bin/true', ['/etc/modprobe.d/a.conf:1 /bin/true']],
    ['install usb?storage \\\n /bin/true', ['/etc/modprobe.d/a.conf:2 /bin/true']],
    ['install usb /bin/true\ninstall usb_storage.x /bin/true\ninstall sb_storage /bin/true', []],
    ['#blacklist usb_storage\nblacklist usb*\nblacklist\nremove usb_storage /bin/true', []],
  ])('%j', (text, found) => {
    expect(rules(text)).toEqual(found);
  });

  it('hears the kernel and modprobe on the command line', () => {
    expect(rules('', 'quiet modprobe.blacklist=loop,usb-storage')).toEqual(['the kernel command line blacklist']);
    expect(rules('', 'module_blacklist=usb_storage')).toEqual(['the kernel command line blacklist']);
    expect(rules('', 'module_blacklist=usb x.blacklist=usb_storage usb_storage')).toEqual([]);
  });
});
