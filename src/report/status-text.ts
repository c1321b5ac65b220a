import type { Doing, Steering } from '../core/control.ts';
import type { HostStatus } from '../core/outcome.ts';
import { hostsLabel } from './fold.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { countOf, duration, paintStatus, STATUSES } from './summary.ts';

/** How a run stands. Of one that nobody conducts it is what the journal knows: `running` are hosts whose end is not on record. */
export interface StatusReport {
  readonly run: string;
  readonly name: string;
  /** `running`, `held`, `cut`, or `exit N`. */
  readonly state: string;
  readonly process?: number;
  readonly steered: readonly { readonly what: Steering; readonly by: string; readonly at: number }[];
  readonly standing: {
    readonly doing?: Doing;
    readonly wave?: string;
    readonly ended: Readonly<Record<string, number>>;
    readonly running: readonly string[];
    readonly waiting: number;
    readonly bad?: number;
    readonly budget?: { readonly bad: number; readonly per: 'wave' | 'run' } | undefined;
    readonly until?: number | undefined;
    readonly stopped?: string | undefined;
  };
}

/** The status for people: a head, the sums, who runs, and what a person can do. */
export function statusLines(report: StatusReport, paint: Paint, now = Date.now()): readonly string[] {
  const { run, name, state, process, steered, standing } = report;
  const { doing, wave, running, bad, budget, until, stopped } = standing;
  const place = wave === undefined ? '' : `, wave ${wave}`;
  const left = until === undefined ? '' : `, ${duration(Math.max(0, until - now))} left`;
  const last = steered.at(-1);
  return [
    `${paint.bold(run)}: ${printable(name)}`,
    printable(`${doing ?? state}${place}${left}${process === undefined ? '' : ` (process ${process})`}`),
    sums(standing, paint),
    ...(running.length === 0 ? [] : [printable(`${doing === undefined ? 'in doubt' : 'running'}: ${hostsLabel(running)}`)]),
    ...(bad === undefined || budget === undefined ? [] : [`${bad} bad in this ${budget.per}; it stops at ${budget.bad}`]),
    ...(last === undefined ? [] : [printable(`${last.what} by ${last.by}, ${duration(Math.max(0, now - last.at))} ago`)]),
    ...(stopped === undefined ? [] : [paint.red(`stopped: ${printable(stopped)}`)]),
    ...waysOf(report).map((line) => paint.dim(line)),
  ];
}

function sums({ ended, running, waiting }: StatusReport['standing'], paint: Paint): string {
  const total = Object.values(ended).reduce((sum, count) => sum + count, running.length + waiting);
  const parts = STATUSES.filter((status) => (ended[status] ?? 0) > 0).map((status: HostStatus) =>
    paintStatus(status, paint)(`${ended[status]} ${status}`),
  );
  const rest = [...(running.length === 0 ? [] : [`${running.length} under way`]), ...(waiting === 0 ? [] : [`${waiting} not started`])];
  return `${countOf(total, 'host')}: ${[...parts, ...rest].join(', ')}`;
}

function waysOf({ run, state, standing: { doing } }: StatusReport): readonly string[] {
  switch (doing) {
    case 'paused':
    case 'pausing':
    case 'asking':
    case 'baking':
      return [`\`drover promote ${run}\` goes on; \`drover abort ${run}\` ends it`];
    case 'running':
    case 'judging':
      return [`\`drover pause ${run}\` holds it; \`drover abort ${run}\` ends it`];
    case 'stopping':
      return [];
    case undefined:
      return state === 'cut' ? [`\`drover resume ${run}\` goes on; \`drover rollback ${run}\` takes it back`] : [];
    default:
      return doing satisfies never;
  }
}

/** The status for machines. */
export function statusJson({ run, name, state, process, steered, standing: { ended, running, budget, ...rest } }: StatusReport) {
  const known = { run, name, state, ...(process === undefined ? {} : { process }) };
  const more = { ...rest, counts: { ...ended }, running: [...running], ...(budget === undefined ? {} : { budget: { ...budget } }) };
  const { until, stopped, ...plain } = more;
  const optional = { ...(until === undefined ? {} : { until }), ...(stopped === undefined ? {} : { stopped }) };
  return { ...known, ...plain, ...optional, steered: steered.map((one) => ({ ...one })) };
}
