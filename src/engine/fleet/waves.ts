import type { BatchSize, Rollout } from '../../core/rollout.ts';

/** Hosts that go at a time, with a barrier behind them. */
export interface Batch {
  readonly wave: string;
  /** The wave's name, with the batch's number where the wave has more than one. */
  readonly name: string;
  readonly hosts: readonly string[];
  readonly concurrency?: number;
  readonly bakeMs?: number;
  readonly confirm?: true;
}

/** The order in which hosts go: each in the first wave that names it. Without waves, all are one. */
export function batchesOf({ waves }: Rollout, hosts: readonly string[]): readonly Batch[] {
  if (waves.length === 0) return hosts.length === 0 ? [] : [{ wave: 'all', name: 'all', hosts }];
  const wanted = new Set(hosts);
  const taken = new Set<string>();
  return waves.flatMap(({ name, hosts: named, size, concurrency, bakeMs, confirm }) => {
    const bound = concurrency === undefined ? {} : { concurrency };
    const more = { ...bound, ...(bakeMs === undefined ? {} : { bakeMs }), ...(confirm === undefined ? {} : { confirm }) };
    const fresh = [...new Set(named)].filter((host) => wanted.has(host) && !taken.has(host));
    for (const host of fresh) taken.add(host);
    const parts = split(fresh, size);
    return parts.map((part, i) => ({
      wave: name,
      name: parts.length === 1 ? name : `${name} ${i + 1}/${parts.length}`,
      hosts: part,
      ...more,
    }));
  });
}

function split(hosts: readonly string[], size: BatchSize | undefined): readonly (readonly string[])[] {
  if (hosts.length === 0) return [];
  const each = size === undefined ? hosts.length : batchSize(hosts.length, size);
  return Array.from({ length: Math.ceil(hosts.length / each) }, (_, i) => hosts.slice(i * each, (i + 1) * each));
}

function batchSize(hosts: number, size: BatchSize): number {
  return Math.max(1, 'count' in size ? size.count : Math.floor((hosts * size.percent) / 100));
}
