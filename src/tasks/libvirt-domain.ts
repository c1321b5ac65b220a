import * as z from 'zod';
import { run, write } from '../core/change.ts';
import { blocked, drift, type Plan, steady } from '../core/plan.ts';
import { defineTask } from '../core/task.ts';
import { type Domain, definable, domain, domainFile, holdsSecret, stagedPaths } from '../probes/libvirt-domain.ts';
import { DomainSettings, unmet, wantedIn } from '../probes/libvirt-settings.ts';
import { withChildren } from '../probes/xml-edit.ts';

export const libvirtDomain = defineTask({
  name: 'libvirt.domain',
  summary: 'A libvirt domain has a CPU mode, a model of its network cards, and a way to use its disks: now and at its next start.',
  params: DomainSettings.extend({
    // A part of paths, so narrower than what libvirt takes.
    domain: z
      .string()
      .regex(/^[A-Za-z0-9_][\w.+-]*$/)
      .describe('Its name.'),
    when_busy: z
      .enum(['refuse', 'later'])
      .default('refuse')
      .describe('While it runs: refuse touches nothing; later defines it, and the step stays blocked until it was shut down and started.'),
  }).refine(({ cpu, nic, disk }) => cpu !== undefined || nic !== undefined || disk !== undefined, 'say cpu, nic or disk'),
  effects:
    'Defines the domain anew with these settings changed and all else as it was; never starts or stops it. A reboot inside the guest is not enough: only a full stop and start takes a new definition up. Domains with snapshots or a managed save image are refused.',
  examples: [
    { name: "The host's own CPU", with: { domain: 'web01', cpu: { mode: 'host-passthrough', migratable: false } } },
    {
      name: 'Paravirtual network, disks past the page cache',
      with: { domain: 'web01', nic: { model: 'virtio' }, disk: { cache: 'none', io: 'native', discard: 'unmap' }, when_busy: 'later' },
    },
  ],
  resultSchema: z.strictObject({
    defined: z.boolean().describe('Whether libvirt keeps a definition of it.'),
    running: z.boolean(),
  }),

  inspect: ({ domain: name }) => domain(name),

  plan(found, { domain: name, when_busy, ...settings }) {
    const known = definable(name, found);
    if ('status' in known) return known;
    const { text, root, live } = known;
    const wanted = wantedIn(root, settings);
    if ('status' in wanted) return wanted;
    const inLive = live === undefined ? [] : wantedIn(live, settings);
    if ('status' in inLive) return inLive;
    const configured = unmet(wanted);
    const waiting = unmet(inLive);
    if (waiting.length > 0 && (configured.length === 0 || when_busy === 'refuse')) {
      const also = configured.length === 0 ? '; the new definition waits for its next start' : '';
      return blocked(
        `${name} runs with ${waiting.join(', ')}${also}`,
        'Shut it down and start it, or say when_busy: later to define it now.',
      );
    }
    if (configured.length > 0) return define(name, found, withChildren(text, wanted), `it is defined with ${configured.join(', ')}`);
    return steady(`${name} is as wanted, ${live === undefined ? 'and shut off' : 'now and at its next start'}`);
  },

  result: ({ configured, live }) => ({ defined: configured !== undefined, running: live !== undefined }),
});

/** Both definitions lie beside each other, so that virsh takes either from a file, which may hold passwords, and not from its arguments. */
function define(name: string, { configured = '', staged }: Domain, text: string, because: string): Plan {
  const paths = stagedPaths(name);
  const image = (content: string) => ({ content, mode: 0o600, owner: 'root', group: 'root' });
  const laid = (['old', 'new'] as const).map((side) => ({
    path: paths[side],
    before: staged[side],
    after: image(side === 'old' ? configured : text),
  }));
  // Where a secret stands in it, all of it is kept off the screen and off the record; a later rollback then names it as what stays.
  const sensitive = holdsSecret(configured) ? ({ sensitive: true } as const) : {};
  return drift(
    ...laid.map(({ path, before, after }) => ({ ...write(path, before, after, 'virsh reads it from there'), ...sensitive })),
    run(['virsh', '-c', 'qemu:///system', 'define', '--validate', paths.new], {
      undo: ['virsh', '-c', 'qemu:///system', 'define', '--validate', paths.old],
      because,
      ...sensitive,
      touches: [`file ${domainFile(name)}`, `stat ${domainFile(name)}`, 'dir /etc/libvirt/qemu', 'glob /etc/libvirt/qemu/*'],
    }),
    ...laid.map(({ path, after }) => ({ ...write(path, after, undefined, 'virsh has read it'), ...sensitive })),
  );
}
