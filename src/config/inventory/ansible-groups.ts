import type { Mistake } from '../../core/mistake.ts';
import { expand } from '../../core/nodeset.ts';
import { mistakeAt, type Span } from '../source/text-source.ts';
import { type AnsibleVar, ansibleLayer, type Notes } from './ansible-vars.ts';
import type { Surroundings } from './connection.ts';
import type { RawHost, RawInventory } from './raw-inventory.ts';
import { isName } from './read-inventory.ts';

/** A group while it is read. */
export interface AnsibleGroup {
  readonly span: Span;
  readonly children: { readonly name: string; readonly span: Span }[];
  readonly vars: AnsibleVar[];
}

/** An inventory while it is read. */
export interface Assembling {
  readonly groups: Map<string, AnsibleGroup>;
  readonly hosts: RawHost[];
  readonly notes: Notes;
}

/** Ansible's own groups need not be written; `all` holds what is for every host. */
export function finish({ groups, hosts, notes }: Assembling, around: Surroundings): RawInventory {
  const all = groups.get('all');
  const inAll = new Set(['all', 'ungrouped']);
  const roots = all === undefined ? [] : [ansibleLayer('inventory', all.vars, { notes, around })];
  const named = [...groups].filter(([name]) => !inAll.has(name));
  const raw = named.map(([name, { span, children, vars }]) => {
    if (!isName(name))
      notes.mistakes.push(mistakeAt(span, `\`${name}\` cannot be the name of a group`, 'Names have letters, digits, `.`, `-` and `_`.'));
    return {
      name,
      span,
      children: children.filter((child) => !inAll.has(child.name)),
      layer: ansibleLayer(`group ${name}`, vars, { notes, around }),
    };
  });
  return { roots, groups: raw, hosts, mistakes: notes.mistakes, warnings: oncePerMessage(notes.warnings) };
}

/** What is ignored on one host is mostly ignored on all of them. */
function oncePerMessage(warnings: readonly Mistake[]): readonly Mistake[] {
  const counts = new Map<string, number>();
  for (const { message } of warnings) counts.set(message, (counts.get(message) ?? 0) + 1);
  const firsts = [...new Map(warnings.toReversed().map((warning) => [warning.message, warning])).values()].reverse();
  return firsts.map((warning) => {
    const more = (counts.get(warning.message) ?? 1) - 1;
    return more === 0 ? warning : { ...warning, message: `${warning.message}, here and in ${more} more place${more === 1 ? '' : 's'}` };
  });
}

/** Ansible's ranges, [01:20], [1:9:2] and [a:c], as names. */
export function ansibleNames(range: string, span: Span, { mistakes }: Notes): readonly string[] {
  const expanded = lettered(range).map((text) =>
    expand(text.replace(/\[(\d+):(\d+)(?::(\d+))?\]/g, (_, a, b, step) => `[${a}-${b}${step === undefined ? '' : `/${step}`}]`)),
  );
  const problem = expanded.find((expansion) => !expansion.ok);
  if (problem !== undefined) {
    mistakes.push(mistakeAt(span, problem.problem, 'Ranges are written [01:20], [1:9:2] or [a:c].'));
    return [];
  }
  const names = expanded.flatMap((expansion) => (expansion.ok ? expansion.names : []));
  const bad = names.find((name) => !isName(name));
  if (bad !== undefined)
    mistakes.push(mistakeAt(span, `\`${bad}\` cannot be the name of a host`, 'Give it a name, and the address as `ansible_host`.'));
  return bad === undefined ? names : [];
}

/** [a:c] is a, b and c. */
function lettered(range: string): readonly string[] {
  const [whole = '', first = '', last = ''] = /\[([a-zA-Z]):([a-zA-Z])\]/.exec(range) ?? [];
  if (whole === '') return [range];
  const from = first.charCodeAt(0);
  const letters = Array.from({ length: Math.max(0, last.charCodeAt(0) - from + 1) }, (_, i) => String.fromCharCode(from + i));
  return letters.flatMap((letter) => lettered(range.replace(whole, letter)));
}
