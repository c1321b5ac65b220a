import type { TaskCase } from '../../support/task-table.ts';

const CONFIG = '/etc/xen/web01.cfg';
const STAGED = '/run/drover-xen-web01.cfg';
const NEST = { config: CONFIG, accept_experimental: true };
const HIDE = { ...NEST, cpuid: { hypervisor: 0 } };

function put(because: string): TaskCase['finds'] {
  return {
    drift: [
      `create ${STAGED}: xl tries it from there`,
      `run xl create -n ${STAGED}: what xl refuses is not put in place`,
      `edit ${CONFIG}: ${because}`,
      `remove ${STAGED}: xl has tried it`,
    ],
  };
}

function toNest(because: string): TaskCase['finds'] {
  return put(`${because}; to nest guests, which Xen 4.17 calls experimental`);
}

export const cases: readonly TaskCase[] = [
  {
    host: 'xen-web01',
    with: NEST,
    finds: toNest('it has nestedhvm 0'),
    result: { xen: '4.17', guest: 'web01', configured: false, live: null },
  },
  { host: 'xen-web01', with: { ...HIDE, hap: true }, finds: toNest('it has nestedhvm 0, cpuid hypervisor x') },
  { host: 'xen-web01', with: { config: CONFIG, nested: false }, finds: { steady: 'web01 may not nest guests, when it is created' } },
  { host: 'xen-web01', with: { config: CONFIG, nested: false, hap: false }, finds: put('it has hap 1') },
  { host: 'xen-web01-builder', with: NEST, finds: toNest('it has nestedhvm 0') },
  { host: 'xen-web01-vnc', with: NEST, finds: toNest('it has nestedhvm 0') },
  { host: 'xen-web01-runs', with: NEST, finds: { blocked: 'web01 runs with nestedhvm 0' } },
  { host: 'xen-web01-runs', with: { ...NEST, when_busy: 'later' }, finds: toNest('it has nestedhvm 0') },
  {
    host: 'xen-web01-waits',
    with: { ...HIDE, when_busy: 'later' },
    finds: { blocked: 'web01 runs with nestedhvm 0, cpuid hypervisor x; the new file waits for its next creation' },
    result: { xen: '4.17', guest: 'web01', configured: true, live: false },
  },
  {
    host: 'xen-web01-nests',
    with: HIDE,
    finds: { steady: 'web01 may nest guests, now and when it is created again, which Xen 4.17 calls experimental' },
    result: { xen: '4.17', guest: 'web01', configured: true, live: true },
  },
  { host: 'xen-web01-nests', with: { config: CONFIG, nested: false }, finds: { blocked: 'web01 runs with nestedhvm 1' } },
  {
    host: 'xen-web01-nests-older',
    with: HIDE,
    finds: { steady: 'web01 may nest guests, now and when it is created again, which Xen 4.17 calls experimental' },
  },
  { host: 'xen-web01-xend', with: { ...HIDE, nested: false }, finds: { steady: 'web01 may not nest guests, when it is created' } },
  {
    host: 'xen-web01-xend',
    with: { ...NEST, cpuid: { hypervisor: 'x', svm: 'k' } },
    finds: toNest('it has nestedhvm 0, cpuid hypervisor 0, cpuid svm 0'),
  },
  { host: 'xen-web01-pvh', with: NEST, finds: { blocked: 'web01 is of type pvh' } },
  { host: 'xen-web01-pvh', with: { config: CONFIG, nested: false }, finds: { steady: 'web01 may not nest guests, when it is created' } },
  { host: 'xen-web01-no-hap', with: NEST, finds: { blocked: 'web01 has hap = 0' } },
  { host: 'xen-web01-no-hap', with: { ...NEST, hap: true }, finds: toNest('it has nestedhvm 0, hap 0') },
  { host: 'xen-web01-pci', with: NEST, finds: { blocked: 'web01 has devices passed through (pci)' } },
  { host: 'xen-web01-altp2m', with: NEST, finds: { blocked: 'web01 has altp2m' } },
  { host: 'xen-web01-python', with: NEST, finds: { blocked: `${CONFIG}:2: = is expected after import` } },
  { host: 'xen-web01-added', with: NEST, finds: { blocked: `${CONFIG}:9: nestedhvm is set with +=` } },
  { host: 'xen-web01-bad-cpuid', with: NEST, finds: { blocked: `${CONFIG}:8: the first word of cpuid is not host` } },
  {
    host: 'xen-web01-bad-leaf',
    with: NEST,
    finds: { blocked: `${CONFIG}:8: this is no leaf of cpuid with registers of 32 characters` },
  },
  {
    host: 'xen-web01-nameless',
    with: NEST,
    finds: { blocked: `${CONFIG} names no guest` },
    result: { xen: '4.17', guest: null, configured: null, live: null },
  },
  { host: 'xen-web01-link', with: NEST, finds: { blocked: `${CONFIG} is a link` } },
  { host: 'xen-web01-absent', with: NEST, finds: { blocked: `there is no ${CONFIG}` } },
  { host: 'xen-web01-saved', with: NEST, finds: { blocked: 'web01 is saved, and the next start resumes it with what it ran with' } },
  { host: 'xen-web01-libvirt', with: NEST, finds: { blocked: 'libvirt keeps the guest web01' } },
  { host: 'xen-xapi', with: NEST, finds: { blocked: 'XenServer or XCP-ng keeps the guests of this host' } },
  { host: 'xen-not-dom0', with: NEST, finds: { blocked: 'this is not the control domain of Xen (it is a guest of Xen)' } },
  { host: 'xen-old', with: NEST, finds: { blocked: 'Xen 4.3 does not nest guests' } },
  { host: 'xen-shadow-only', with: NEST, finds: { blocked: 'Xen has no hardware-assisted paging here' } },
  { host: 'xen-pv-only', with: NEST, finds: { blocked: 'Xen runs no HVM guests here' } },
  {
    host: 'xen-silent',
    with: NEST,
    finds: { blocked: 'xl list -l: libxl: error: Cannot open privileged cmd interface: Permission denied' },
  },
];
