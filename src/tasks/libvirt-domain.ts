import * as z from 'zod';
import { blocked, drift, steady } from '../core/plan.ts';
import { all } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { DOMAIN_NAME } from '../probes/libvirt/definable.ts';
import { type Domains, domainsNamed } from '../probes/libvirt/domain.ts';
import { type HostFacts, hostFacts } from '../probes/libvirt/host-facts.ts';
import { DomainSettings } from '../probes/libvirt/settings.ts';
import { define, type Judged, judgeAll, together } from './domain-plan.ts';

// A part of paths, so narrower than what libvirt takes.
const Name = z.union([z.string().regex(DOMAIN_NAME), z.string().regex(/^[A-Za-z0-9_*?][\w.*?-]*$/)]);

export const libvirtDomain = defineTask({
  name: 'libvirt.domain',
  summary: 'Libvirt domains have a CPU, cards, disks, devices and memory of a certain kind: now and at their next start.',
  params: DomainSettings.extend({
    domain: z.union([Name, z.array(Name).min(1)]).describe('Its name, or a pattern with * and ?, or a list of both.'),
    when_busy: z
      .enum(['refuse', 'later'])
      .default('refuse')
      .describe('While one runs: refuse touches nothing; later defines it, and the step stays blocked until it was shut down and started.'),
  }).refine(({ domain: _, when_busy: __, ...settings }) => Object.values(settings).some((one) => one !== undefined), 'say what is wanted'),
  effects:
    'Defines the domains anew with these settings changed and all else as it was; never starts or stops one. A reboot inside the guest is not enough: only a full stop and start takes a new definition up. If one of the domains is refused, none is touched; refused are those with snapshots or a managed save image, transient ones, and those of oVirt and Proxmox.',
  examples: [
    { name: "The host's own CPU", with: { domain: 'web01', cpu: { mode: 'host-passthrough', migratable: false } } },
    {
      name: 'Paravirtual network, disks past the page cache',
      with: { domain: 'web*', nic: { model: 'virtio' }, disk: { cache: 'none', io: 'native', discard: 'unmap' }, when_busy: 'later' },
    },
    {
      name: 'Memory in huge pages, threads on CPUs of their own',
      with: { domain: ['db01', 'db02'], hugepages: '2M', iothreads: 1, pins: { vcpus: ['2', '3'], emulator: '0-1' } },
    },
  ],
  resultSchema: z.strictObject({
    domains: z
      .array(
        z.strictObject({
          name: z.string(),
          defined: z.boolean().describe('Whether libvirt keeps a definition of it.'),
          running: z.boolean(),
        }),
      )
      .describe('Those that were named, or that fit.'),
  }),

  inspect: ({ domain, when_busy: _, ...settings }) =>
    all<{ domains: Domains; host: HostFacts }>({ domains: domainsNamed([domain].flat()), host: hostFacts(settings) }),

  plan({ domains, host }, { domain: _, when_busy, ...settings }) {
    const judged = judgeAll(domains, { settings, host });
    if ('status' in judged) return judged;
    const busy = judged.filter(({ waiting }) => waiting.length > 0);
    const changes = judged.filter(({ unmet }) => unmet.length > 0).flatMap(define);
    if (busy.length > 0 && (when_busy === 'refuse' || changes.length === 0)) return together(busy.map(refusal));
    return changes.length > 0 ? drift(...changes) : steady(judged.map(found).join('; '));
  },

  result: ({ domains: { found } }) => ({
    domains: found.map(({ name, configured, live }) => ({ name, defined: configured !== undefined, running: live !== undefined })),
  }),
});

function refusal({ domain: { name }, waiting, unmet }: Judged) {
  const also = unmet.length === 0 ? '; the new definition waits for its next start' : '';
  return blocked(`${name} runs with ${waiting.join(', ')}${also}`, 'Shut it down and start it, or say when_busy: later to define it now.');
}

function found({ domain: { name }, live }: Judged): string {
  return `${name} is as wanted, ${live === undefined ? 'and shut off' : 'now and at its next start'}`;
}
