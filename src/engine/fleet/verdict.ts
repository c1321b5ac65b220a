import type { Verdict } from '../../core/gate.ts';

/** What a gate says of one host. */
export interface HostVerdict {
  readonly host: string;
  readonly verdict: Verdict;
  readonly because: string;
}

export type Said = Omit<HostVerdict, 'host'>;

/** One that fails fails all; one that cannot be told leaves all untold. */
export function worst(said: readonly Said[]): Said {
  const bad = said.find(({ verdict }) => verdict === 'fail') ?? said.find(({ verdict }) => verdict === 'inconclusive');
  return bad ?? { verdict: 'pass', because: '' };
}

/** What a verdict over hosts is called in messages. */
export function sayVerdict(hosts: readonly HostVerdict[]): Said {
  const { verdict } = worst(hosts);
  const named = hosts.filter((one) => one.verdict === verdict && verdict !== 'pass');
  const details = named.map(({ host, because }) => `${host}: ${because}`).join('; ');
  const words = { pass: 'passed', fail: 'failed', inconclusive: 'could not be told' } as const satisfies Record<Verdict, string>;
  return { verdict, because: `${words[verdict]}${details === '' ? '' : `: ${details}`}` };
}
