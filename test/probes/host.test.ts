import { describe, expect, it } from 'vitest';
import { hostFacts, parseOsRelease } from '../../src/probes/host.ts';
import { parseCpu } from '../../src/probes/kernel.ts';
import { recordedHost, replay } from '../support/replay.ts';

describe('hostFacts', () => {
  it.each([
    ['debian12-amd-idle', { arch: 'x86_64', os: { id: 'debian', version: '12', family: 'debian' }, init: 'systemd' }],
    ['intel-idle', { arch: 'x86_64', os: { id: 'rocky', version: '9.4', family: 'redhat' }, init: 'systemd' }],
    ['alpine-openrc', { arch: 'x86_64', os: { id: 'alpine', version: '3.20.1', family: 'alpine' }, init: 'openrc' }],
    ['s390x', { arch: 's390x', kernel: '6.8.0-40-generic' }],
  ])('%s', (host, facts) => {
    expect(replay(hostFacts, recordedHost(host))).toMatchObject(facts);
  });
});

describe('parseOsRelease', () => {
  it.each([
    ['ID=debian\nVERSION_ID="12"\n', { id: 'debian', version: '12', family: 'debian' }],
    ['ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"', { id: 'ubuntu', version: '24.04', family: 'debian' }],
    ['ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"', { id: 'almalinux', version: '9.4', family: 'redhat' }],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"', { id: 'opensuse-leap', version: '15.6', family: 'suse' }],
    ["ID='arch'\n", { id: 'arch', version: '', family: 'arch' }],
    ['VERSION_ID="1"\nID=nixos\n', { id: 'nixos', version: '1', family: 'other' }],
    ['', { id: 'linux', version: '', family: 'other' }],
  ])('%j', (text, os) => {
    expect(parseOsRelease(text)).toEqual(os);
  });
});

describe('parseCpu', () => {
  it.each([
    ['vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx smx\n', { vendor: 'GenuineIntel', extension: 'vmx', isGuest: false }],
    ['vendor_id\t: AuthenticAMD\nflags\t\t: fpu svm svm_lock hypervisor\n', { vendor: 'AuthenticAMD', extension: 'svm', isGuest: true }],
    ['vendor_id\t: AuthenticAMD\nflags\t\t: fpu svm_lock\n', { vendor: 'AuthenticAMD', extension: undefined, isGuest: false }],
    ['flags\t\t: fpu\nvmx flags\t: vnmi vmx\n', { vendor: undefined, extension: undefined, isGuest: false }],
    ['vmx flags\t: vnmi vmx\nflags\t\t: fpu\n', { vendor: undefined, extension: undefined, isGuest: false }],
    ['vendor_id       : IBM/S390\nfeatures\t: esan3 sie\n', { vendor: 'IBM/S390', extension: 'sie', isGuest: false }],
    ['', { vendor: undefined, extension: undefined, isGuest: false }],
  ])('%j', (text, cpu) => {
    expect(parseCpu(text)).toEqual(cpu);
  });
});
