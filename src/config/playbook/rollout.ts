import type { Checked, Mistake } from '../../core/mistake.ts';
import { fold } from '../../core/nodeset.ts';
import type { BatchSize, Rollout, WaveSpec } from '../../core/rollout.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { matchPattern } from '../inventory/pattern.ts';
import { mistakeAt, type Span } from '../source/text-source.ts';
import { parseTime } from '../source/time.ts';
import { keySpan, valueSpan } from '../source/yaml-source.ts';
import { type Playbook, patternAt } from './read-playbook.ts';
import { inOrder } from './wave-order.ts';

/** What the waves are made of: all hosts of the playbook, and those that a limit leaves of them. */
export interface WaveHosts {
  readonly all: readonly string[];
  readonly selected: readonly string[];
  /** What lots are drawn from. */
  readonly seed: string;
}

/** The playbook's waves with their hosts. Each host is in one; a wave without hosts of its own has all that are left. */
export function readRollout({ file, document }: Playbook, inventory: Inventory, { all, selected, seed }: WaveHosts): Checked<Rollout> {
  const { rollout } = file;
  if (rollout === undefined) return { ok: true, value: { waves: [{ name: 'all', hosts: selected }] } };
  const mistakes: Mistake[] = [];
  const left = new Set(all);
  const waves: WaveSpec[] = [];
  for (const [i, wave] of rollout.waves.entries()) {
    const path = ['rollout', 'waves', i];
    const span = wave.hosts === undefined ? valueSpan(document, [...path, 'name']) : valueSpan(document, [...path, 'hosts']);
    const match = wave.hosts === undefined ? undefined : matchPattern(inventory, patternAt(document, [...path, 'hosts']));
    if (match?.ok === false) mistakes.push(...match.mistakes);
    if (match?.ok === false) continue;
    const named = match === undefined ? undefined : new Set(match.value);
    const own = [...left].filter((name) => named?.has(name) ?? true);
    if (own.length === 0) {
      const inAll = all.some((name) => named?.has(name) ?? true);
      const hint = inAll ? 'Earlier waves have all of its hosts.' : `The playbook's hosts are ${fold(all)}.`;
      mistakes.push(mistakeAt(span, `no host is left for wave \`${wave.name}\``, hint));
    }
    for (const name of own) left.delete(name);
    const hosts = inOrder(
      selected.filter((name) => own.includes(name)),
      wave.order,
      seed,
    );
    const apart = wave.spread === undefined ? hosts : spreadOver(hosts, wave.spread, inventory);
    if (wave.spread !== undefined)
      mistakes.push(...unset(hosts, wave.spread, { inventory, span: valueSpan(document, [...path, 'spread']) }));
    const lot = wave.order === 'shuffle' ? { seed } : {};
    const bound = wave.concurrency === undefined ? {} : { concurrency: wave.concurrency };
    if (hosts.length > 0) waves.push({ name: wave.name, hosts: apart, ...sizeOf(wave.size), ...bound, ...lot, ...pausesOf(wave) });
  }
  mistakes.push(...sameNames(document, rollout.waves));
  if (left.size > 0 && mistakes.length === 0) {
    const hint = 'Add a last wave without `hosts:`; it has all that are left.';
    mistakes.push(mistakeAt(keySpan(document, ['rollout', 'waves']), `no wave has ${fold([...left])}`, hint));
  }
  if (mistakes.length > 0) return { ok: false, mistakes };
  // Who rolls out in waves wants the first bad one to stop it.
  const { budget = { bad: 1, per: 'wave' as const } } = rollout;
  return { ok: true, value: { waves, budget, ...(rollout.on_stop === undefined ? {} : { onStop: rollout.on_stop }) } };
}

/** In turn one host of each value, in the order in which the values come: neighbours differ as long as there are others. */
function spreadOver(hosts: readonly string[], variable: string, { hosts: all }: Inventory): readonly string[] {
  const placeOf = (name: string): string => JSON.stringify(all.get(name)?.vars[variable]) ?? '';
  const groups = [...new Set(hosts.map(placeOf))].map((value) => hosts.filter((name) => placeOf(name) === value));
  const turns = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length: turns }, (_, turn) => groups.flatMap((group) => group.slice(turn, turn + 1))).flat();
}

function unset(
  hosts: readonly string[],
  variable: string,
  { inventory, span }: { readonly inventory: Inventory; readonly span: Span },
): readonly Mistake[] {
  const without = hosts.filter((name) => !Object.hasOwn(inventory.hosts.get(name)?.vars ?? {}, variable));
  if (without.length === 0) return [];
  return [mistakeAt(span, `${fold(without)} has no \`${variable}\``, 'Set it in the inventory; hosts are spread over its values.')];
}

function pausesOf({ bake, confirm }: { readonly bake?: string | undefined; readonly confirm?: boolean | undefined }) {
  return { ...(bake === undefined ? {} : { bakeMs: parseTime(bake) }), ...(confirm === true ? { confirm } : {}) };
}

function sizeOf(size: number | string | undefined): { readonly size?: BatchSize } {
  if (size === undefined) return {};
  return { size: typeof size === 'number' ? { count: size } : { percent: Number.parseInt(size, 10) } };
}

function sameNames(document: Playbook['document'], waves: readonly { readonly name: string }[]): readonly Mistake[] {
  return waves.flatMap(({ name }, i) => {
    const isSecond = waves.findIndex((wave) => wave.name === name) < i;
    return isSecond
      ? [
          mistakeAt(
            valueSpan(document, ['rollout', 'waves', i, 'name']),
            `a second wave is called \`${name}\``,
            'Reports could not tell them apart; rename one.',
          ),
        ]
      : [];
  });
}
