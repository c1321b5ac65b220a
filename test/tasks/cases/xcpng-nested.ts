import type { TaskCase } from '../../support/task-table.ts';

const VM = '66844623-25b9-3d62-f9c9-5efcc35e213f';
const NEST = { vm: VM, accept_experimental: true };
const OFF = { vm: VM, nested: false };

/** None of these was recorded: there was no XCP-ng to try. */
export const cases: readonly TaskCase[] = [
  {
    host: 'xcpng-83',
    with: NEST,
    finds: {
      drift: [
        `run xe vm-param-set uuid=${VM} platform:nested-virt=true: platform:nested-virt is unset; to nest guests, which is experimental in XCP-ng 8.3.0`,
      ],
    },
    result: { product: 'XCP-ng 8.3.0', power: 'halted', configured: false },
  },
  { host: 'xcpng-83', with: OFF, finds: { steady: `${VM} may not nest guests, when it is started` } },
  { host: 'xcpng-83-nests', with: NEST, finds: { steady: `${VM} may nest guests, when it is started` } },
  {
    host: 'xcpng-83-nests',
    with: OFF,
    finds: { drift: [`run xe vm-param-remove uuid=${VM} param-name=platform param-key=nested-virt: platform:nested-virt is true`] },
    result: { product: 'XCP-ng 8.3.0', power: 'halted', configured: true },
  },
  {
    host: 'xcpng-83-off',
    with: NEST,
    finds: {
      drift: [
        `run xe vm-param-set uuid=${VM} platform:nested-virt=true: platform:nested-virt is false; to nest guests, which is experimental in XCP-ng 8.3.0`,
      ],
    },
  },
  {
    host: 'xcpng-83-old-key',
    with: NEST,
    finds: {
      drift: [
        `run xe vm-param-set uuid=${VM} platform:nested-virt=true: platform:nested-virt is unset; to nest guests, which is experimental in XCP-ng 8.3.0`,
      ],
    },
  },
  { host: 'xcpng-83-runs', with: NEST, finds: { blocked: `${VM} is running, with platform:nested-virt unset` } },
  {
    host: 'xcpng-83-nests-runs',
    with: NEST,
    finds: { steady: `${VM} may nest guests, at its next start; with what it is running now xapi does not tell` },
  },
  {
    host: 'xcpng-82',
    with: NEST,
    finds: {
      drift: [
        `run xe vm-param-set uuid=${VM} platform:exp-nested-hvm=true: platform:exp-nested-hvm is unset; to nest guests, which is experimental in XCP-ng 8.2.1`,
      ],
    },
  },
  { host: 'xcpng-pv', with: NEST, finds: { blocked: `${VM} is no HVM guest` } },
  {
    host: 'xcpng-no-guest',
    with: NEST,
    finds: { blocked: `xe: The uuid you supplied was invalid.\ntype: VM\nuuid: ${VM}` },
    result: { product: 'XCP-ng 8.3.0', power: null, configured: null },
  },
  { host: 'xenserver-84', with: NEST, finds: { blocked: 'which key lets a guest of XenServer 8.4.0 nest is not known' } },
  { host: 'xcpng-absent', with: NEST, finds: { blocked: 'xapi does not keep the guests of this host' } },
];
