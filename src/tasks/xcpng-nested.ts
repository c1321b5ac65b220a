import * as z from 'zod';
import { run } from '../core/change.ts';
import { blocked, drift, type Plan, steady } from '../core/plan.ts';
import type { Argv } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { acceptExperimental, isAccepted, NOT_ACCEPTED } from '../probes/xen/experimental.ts';
import { isTrue, platformKeys, platformValue, type XcpngGuest, xcpngGuest } from '../probes/xen/xcpng.ts';

export const xcpngNested = defineTask({
  name: 'xcpng.nested',
  summary: 'A guest of XCP-ng or XenServer may nest guests when it is started, or may not.',
  params: z
    .strictObject({
      vm: z
        .string()
        .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'write its UUID, as `xe vm-list` shows it')
        .describe('Its UUID: names are not unique.'),
      nested: z.boolean().default(true).describe('Whether it may nest guests.'),
      accept_experimental: acceptExperimental,
    })
    .refine(isAccepted, NOT_ACCEPTED),
  effects:
    'Sets one key of the platform map of a halted guest through `xe`; never starts or stops one. A guest that may nest cannot be migrated. It asks xapi, so one host of a pool is enough.',
  examples: [
    { name: 'A lab guest that runs its own KVM', with: { vm: '66844623-25b9-3d62-f9c9-5efcc35e213f', accept_experimental: true } },
    { name: 'No nesting', with: { vm: '66844623-25b9-3d62-f9c9-5efcc35e213f', nested: false } },
  ],
  resultSchema: z.strictObject({
    product: z.string().nullable().describe('As `XCP-ng 8.3.0`; null where no xapi is.'),
    power: z.string().nullable().describe('halted, running, paused or suspended; null where there is no such guest.'),
    configured: z.boolean().nullable().describe('Whether it may nest when it is started.'),
  }),

  inspect: ({ vm }) => xcpngGuest(vm),

  plan(guest, { vm, nested }) {
    const { product, key, power, bootPolicy, platform } = guest;
    if (product === undefined)
      return blocked('xapi does not keep the guests of this host', 'Use the task xen.nested, or take this host out of the group.');
    const silent = [power, bootPolicy, platform].find(({ status }) => status !== 0);
    if (silent !== undefined)
      return blocked(`xe: ${silent.stderr.trim() || `status ${silent.status}`}`, 'Check the UUID with `xe vm-list`, and that xapi runs.');
    if (key === undefined)
      return blocked(`which key lets a guest of ${product} nest is not known`, 'Set it by hand, as its documentation says.');
    if (nested && bootPolicy.stdout.trim() === '') return blocked(`${vm} is no HVM guest`, 'Only HVM guests can nest others.');

    const value = platformValue(platform, key);
    const state = power.stdout.trim();
    if (isTrue(value) === nested) {
      // xapi does not tell what a guest was started with.
      const when = state === 'halted' ? 'when it is started' : `at its next start; with what it is ${state} now xapi does not tell`;
      return steady(`${vm} ${nested ? 'may' : 'may not'} nest guests, ${when}`);
    }
    if (state !== 'halted')
      return blocked(`${vm} is ${state}, with platform:${key} ${value ?? 'unset'}`, `Shut it down first: \`xe vm-shutdown uuid=${vm}\`.`);
    return told(vm, { key, value, nested, product });
  },

  result: ({ product, key, power, platform }) => ({
    product: product ?? null,
    power: power.status === 0 ? power.stdout.trim() : null,
    configured: key === undefined || platform.status !== 0 ? null : isTrue(platformValue(platform, key)),
  }),
});

interface Telling {
  readonly key: string;
  readonly value: string | undefined;
  readonly nested: boolean;
  readonly product: XcpngGuest['product'];
}

function told(vm: string, { key, value, nested, product }: Telling): Plan {
  const set = (to: string): Argv => ['xe', 'vm-param-set', `uuid=${vm}`, `platform:${key}=${to}`];
  const unset: Argv = ['xe', 'vm-param-remove', `uuid=${vm}`, 'param-name=platform', `param-key=${key}`];
  const change = run(nested ? set('true') : unset, {
    undo: value === undefined ? unset : set(value),
    because: `platform:${key} is ${value ?? 'unset'}${nested ? `; to nest guests, which is experimental in ${product}` : ''}`,
    touches: platformKeys(vm),
  });
  return drift(change);
}
