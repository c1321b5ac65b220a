import { type Change, describe, inverse } from '../core/change.ts';
import { type HostOutcome, reasonOf, type StepOutcome } from '../core/outcome.ts';
import { isReboot } from '../core/reboot.ts';
import { diffOf } from '../report/diff-text.ts';
import type { PageChange, PageHost, RunPage } from '../report/run-page.ts';
import { countOf, duration } from '../report/summary.ts';
import type { Conducted } from './conduct.ts';

/** The page of a plan: what would be done. It is told by its outcome, which is masked already. */
export function planPage({ report }: Conducted, name: string): RunPage {
  const pending = report.hosts.filter(({ status }) => status === 'drift').length;
  return {
    title: `plan ${name}`,
    state: report.interrupted ? 'interrupted' : 'nothing was changed',
    facts: [
      ['changes are due on', countOf(pending, 'host')],
      ['took', duration(report.durationMs)],
      ...report.waves.map((line, i) => [i === 0 ? 'rollout' : '', line] as const),
    ],
    waves: [],
    hosts: report.hosts.map((host) => hostOf(host, report.addresses.get(host.host))),
  };
}

function hostOf({ host, status, error, steps }: HostOutcome, address: string | undefined): PageHost {
  return {
    name: host,
    status,
    ...(address === undefined ? {} : { address }),
    ...(error === undefined ? {} : { because: error.message }),
    steps: steps.map(({ outcome, ...step }) => ({ ...step, status: outcome.status, ...reasonOf(outcome), changes: changesOf(outcome) })),
  };
}

function changesOf(outcome: StepOutcome): readonly PageChange[] {
  return outcome.status === 'drift' ? outcome.changes.map((change) => changeOnPage(change, 'due')) : [];
}

/** A change with its difference. */
export function changeOnPage(change: Change, end: PageChange['end']): PageChange {
  const { lines, meta } = change.kind === 'write' ? diffOf(change) : { lines: [], meta: [] };
  return {
    what: [describe(change), ...meta].join(', '),
    because: change.because,
    end,
    isReboot: isReboot(change),
    isForGood: inverse(change) === 'impossible',
    diff: lines,
  };
}
