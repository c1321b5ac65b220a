import type { Mistake } from '../../core/mistake.ts';
import { fold } from '../../core/nodeset.ts';
import { mistakeAt, type Span } from './text-source.ts';

/** What is wrong on a host: equal findings of many hosts become one mistake. */
export interface Finding {
  readonly span: Span;
  readonly message: string;
  readonly hint?: string;
}

/** Collects findings host by host. */
export interface Findings {
  readonly add: (host: string, finding: Finding) => void;
  /** One mistake a finding, with the hosts that have it where it is not all of them. */
  readonly mistakes: (allHosts: number) => readonly Mistake[];
}

/** An empty collection. */
export function collectFindings(): Findings {
  const found = new Map<string, { readonly finding: Finding; readonly hosts: Set<string> }>();
  return {
    add: (host, finding) => {
      const key = `${finding.span.source.name} ${finding.span.start} ${finding.message}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { finding, hosts: new Set([host]) });
      else known.hosts.add(host);
    },
    mistakes: (allHosts) =>
      [...found.values()].map(({ finding, hosts }) => {
        const on = hosts.size < allHosts ? ` on ${fold([...hosts])}` : '';
        return mistakeAt(finding.span, finding.message + on, finding.hint);
      }),
  };
}
