import { type Change, run, settle, write } from '../core/change.ts';
import { type Blocked, blocked } from '../core/plan.ts';
import { type Definable, definable, holdsSecret } from '../probes/libvirt/definable.ts';
import { type Domain, type Domains, domainFile, stagedPaths, stateFile } from '../probes/libvirt/domain.ts';
import type { HostFacts } from '../probes/libvirt/host-facts.ts';
import { objectionTo, unmetIn } from '../probes/libvirt/judge.ts';
import { objectionToShares } from '../probes/libvirt/memory.ts';
import type { DomainSettings } from '../probes/libvirt/settings.ts';
import type { Unmet } from '../probes/libvirt/wish.ts';
import { childOf } from '../probes/libvirt/xml.ts';
import { edited } from '../probes/libvirt/xml-edit.ts';

/** A domain against what is wanted of it. */
export interface Judged extends Definable {
  /** Of what its next start reads. */
  readonly unmet: readonly Unmet[];
  /** Of what it runs with, in words. */
  readonly waiting: readonly string[];
}

/** What a step asks of all its domains. */
interface Asked {
  readonly settings: DomainSettings;
  readonly host: HostFacts;
}

/** All domains, or why the step is not for them: if one is refused, none is touched. */
export function judgeAll({ found, unmatched, isProxmox }: Domains, asked: Asked): readonly Judged[] | Blocked {
  if (isProxmox) return blocked('Proxmox VE owns the guests of this host', 'Change them with qm.');
  const [pattern] = unmatched;
  if (pattern !== undefined) return blocked(`there is no domain ${pattern}`, 'See `virsh list --all` for their names.');
  const judged = found.map((one) => judge(one, asked));
  const refused = judged.flatMap((one) => ('status' in one ? [one] : []));
  if (refused.length > 0) return together(refused);
  const domains = judged.flatMap((one) => ('status' in one ? [] : [one]));
  return sharedObjection(domains, asked) ?? domains;
}

function judge(domain: Domain, asked: Asked): Judged | Blocked {
  const known = definable(domain);
  if ('status' in known) return known;
  const objection = objectionTo(domain.name, known.root, asked);
  if (objection !== undefined) return objection;
  const waiting = known.live === undefined ? [] : unmetIn(known.live, asked.settings).map(({ words }) => words);
  return { ...known, unmet: unmetIn(known.root, asked.settings), waiting };
}

/** Refusals as one; the hint is that of the first. */
export function together(refused: readonly Blocked[]): Blocked {
  return blocked(refused.map(({ because }) => because).join('; '), refused[0]?.hint ?? '');
}

/** What one domain alone could have, and several cannot. */
function sharedObjection(domains: readonly Judged[], { settings, host }: Asked): Blocked | undefined {
  const { hostdev, disk, hugepages } = settings;
  const hasOwner = hostdev !== undefined || [disk].flat().some((one) => one?.source !== undefined);
  if (hasOwner && domains.length > 1) {
    return blocked('several domains would have the same device', 'Name one domain a step where it says source or hostdev.');
  }
  if (hugepages === undefined || host.pages === undefined || domains.every(({ unmet }) => unmet.length === 0)) return undefined;
  const all = domains.map(({ domain: { name }, root, live }) => ({ name, root, live }));
  return objectionToShares(all, hugepages, host.pages);
}

/** Both definitions lie beside each other, so that virsh takes either from a file, which may hold passwords, and not from its arguments. */
export function define({ domain, text, unmet }: Judged): readonly Change[] {
  const { name, staged } = domain;
  const paths = stagedPaths(name);
  const after = edited(
    text,
    unmet.flatMap(({ edits }) => edits),
  );
  const image = (content: string) => ({ content, mode: 0o600, owner: 'root', group: 'root' });
  const laid = [
    { path: paths.old, before: staged.old, after: image(text) },
    { path: paths.new, before: staged.new, after: image(after) },
  ];
  // Where a secret stands in it, all of it is kept off the screen and off the record; a later rollback then names it as what stays.
  const sensitive = holdsSecret(text) ? ({ sensitive: true } as const) : {};
  return [
    ...laid.map((one) => ({ ...write(one.path, one.before, one.after, 'virsh reads it from there'), ...sensitive })),
    run(['virsh', '-c', 'qemu:///system', 'define', '--validate', paths.new], {
      undo: ['virsh', '-c', 'qemu:///system', 'define', '--validate', paths.old],
      because: `${name} is defined with ${unmet.map(({ words }) => words).join(', ')}`,
      ...sensitive,
      touches: [`file ${domainFile(name)}`, `stat ${domainFile(name)}`, 'dir /etc/libvirt/qemu', 'glob /etc/libvirt/qemu/*'],
    }),
    ...laid.map((one) => ({ ...write(one.path, one.after, undefined, 'virsh has read it'), ...sensitive })),
  ];
}

/** A guest that cannot hear that it is to shut down, or would not end with it. */
export function objectionToRestart({ domain: { name }, state, live }: Judged, late: 'fail' | 'destroy'): Blocked | undefined {
  const end = childOf(live, 'on_poweroff')?.text ?? 'destroy';
  if (end !== 'destroy') {
    return blocked(`${name} does not end when it is powered off (on_poweroff ${end})`, 'Stop and start it by hand.');
  }
  if (late === 'destroy' || state === 'running') return undefined;
  return blocked(`${name} is ${state}, and does not hear that it is to shut down`, 'Resume it, or say late: destroy.');
}

/** Its stop and start. */
export function restart({ domain: { name }, waiting }: Judged, how: { timeoutMs: number; late: 'fail' | 'destroy' }): Change {
  const { timeoutMs, late } = how;
  return settle(
    { what: 'domain-restart', domain: name, timeoutMs, ...(late === 'destroy' ? { late } : {}) },
    {
      because: `${name} runs with ${waiting.join(', ')}`,
      touches: [`file ${stateFile(name)}`, 'glob /run/libvirt/qemu/*', 'command virsh *'],
    },
  );
}
