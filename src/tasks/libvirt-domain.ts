import * as z from 'zod';
import { blocked, drift, steady } from '../core/plan.ts';
import { all } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { DOMAIN_NAME } from '../probes/libvirt/definable.ts';
import { type Domains, domainsNamed } from '../probes/libvirt/domain.ts';
import { type HostFacts, hostFacts } from '../probes/libvirt/host-facts.ts';
import { DomainSettings } from '../probes/libvirt/settings.ts';
import { define, type Judged, judgeAll, objectionToRestart, restart, together } from './domain-plan.ts';

/** Without what says how it is brought about. */
const Settings = DomainSettings.strip();

// A part of paths, so narrower than what libvirt takes.
const Name = z.union([z.string().regex(DOMAIN_NAME), z.string().regex(/^[A-Za-z0-9_*?][\w.*?-]*$/)]);

export const libvirtDomain = defineTask({
  name: 'libvirt.domain',
  summary: 'Libvirt domains have a CPU, cards, disks, devices and memory of a certain kind: now and at their next start.',
  params: DomainSettings.extend({
    domain: z.union([Name, z.array(Name).min(1)]).describe('Its name, or a pattern with * and ?, or a list of both.'),
    when_busy: z
      .enum(['refuse', 'later', 'restart'])
      .default('refuse')
      .describe(
        'While one runs: refuse touches nothing; later defines it, and the step stays blocked until it was shut down and started; restart does that, one after the other.',
      ),
    stop_timeout: z.int().min(1).max(3600).default(300).describe('How many seconds a guest has to shut down, with when_busy: restart.'),
    late: z
      .enum(['fail', 'destroy'])
      .default('fail')
      .describe('What becomes of a guest that does not shut down in time: fail takes the step back, destroy switches it off.'),
  }).refine((params) => Object.keys(DomainSettings.shape).some((key) => key in params), 'say what is wanted'),
  effects:
    'Defines the domains anew with these settings changed and all else as it was. Starts and stops none, unless when_busy says restart. A reboot inside the guest is not enough: only a full stop and start takes a new definition up. If one of the domains is refused, none is touched; refused are those with snapshots or a managed save image, transient ones, and those of oVirt, OpenStack, KubeVirt and Proxmox.',
  examples: [
    { name: "The host's own CPU", with: { domain: 'web01', cpu: { mode: 'host-passthrough', migratable: false } } },
    {
      name: 'Paravirtual network, disks past the page cache',
      with: { domain: 'web*', nic: { model: 'virtio' }, disk: { cache: 'none', io: 'native', discard: 'unmap' }, when_busy: 'restart' },
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

  inspect: (params) =>
    all<{ domains: Domains; host: HostFacts }>({
      domains: domainsNamed([params.domain].flat()),
      host: hostFacts(Settings.parse(params)),
    }),

  plan({ domains, host }, { when_busy, stop_timeout, late, ...params }) {
    const judged = judgeAll(domains, { settings: Settings.parse(params), host });
    if ('status' in judged) return judged;
    const busy = judged.filter(({ waiting }) => waiting.length > 0);
    const changes = judged.filter(({ unmet }) => unmet.length > 0).flatMap(define);
    if (when_busy === 'restart') {
      const deaf = busy.flatMap((one) => objectionToRestart(one, late) ?? []);
      if (deaf.length > 0) return together(deaf);
      changes.push(...busy.map((one) => restart(one, { timeoutMs: stop_timeout * 1000, late })));
    } else if (busy.length > 0 && (when_busy === 'refuse' || changes.length === 0)) return together(busy.map(refusal));
    return changes.length > 0 ? drift(...changes) : steady(judged.map(found).join('; '));
  },

  result: ({ domains: { found } }) => ({
    domains: found.map(({ name, configured, live }) => ({ name, defined: configured !== undefined, running: live !== undefined })),
  }),
});

function refusal({ domain: { name }, waiting, unmet }: Judged) {
  const also = unmet.length === 0 ? '; the new definition waits for its next start' : '';
  return blocked(
    `${name} runs with ${waiting.join(', ')}${also}`,
    'Shut it down and start it, or say when_busy: restart to have that done, or later to define it now.',
  );
}

function found({ domain: { name }, live }: Judged): string {
  return `${name} is as wanted, ${live === undefined ? 'and shut off' : 'now and at its next start'}`;
}
