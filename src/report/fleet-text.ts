import type { HostOutcome } from '../core/outcome.ts';
import type { FailedOutput } from './failed-output.ts';
import { eachAlone, foldEntries, hostsLabel } from './fold.ts';
import { hostLines } from './host-text.ts';
import type { TextStyle } from './paint.ts';
import { printable } from './printable.ts';
import { duration, paintStatus, rankOf, STATUSES, summaryLine } from './summary.ts';

/** What a plan or a run led to, as its report needs it. */
export interface FleetReport {
  readonly hosts: readonly HostOutcome[];
  /** Lines that say how the waves go and when they stop. */
  readonly waves: readonly string[];
  /** Why the run stopped early. */
  readonly stopped?: string;
  readonly interrupted: boolean;
  readonly durationMs: number;
  /** What failed changes printed, by host. */
  readonly outputs: ReadonlyMap<string, FailedOutput>;
  /** The address of each host, which may stand in its messages. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** The report of a plan or a run: hosts with equal text are one entry, the worst first, then waves and sums. */
export function fleetLines(report: FleetReport, style: TextStyle): readonly string[] {
  const { paint } = style;
  return [
    ...groupLines(report, style),
    ...report.waves.map((line) => printable(line)),
    ...(report.stopped === undefined ? [] : [paint.red(`stopped: ${printable(report.stopped)}`)]),
    ...(report.interrupted ? [paint.red('interrupted')] : []),
    `${summaryLine(report.hosts, paint)}${paint.dim(`; ${duration(report.durationMs)}`)}`,
  ];
}

function groupLines({ hosts, outputs, addresses }: FleetReport, style: TextStyle): readonly string[] {
  const entries = hosts.map((outcome) => {
    const output = outputs.get(outcome.host);
    const address = addresses.get(outcome.host);
    const lines = hostLines(outcome, output === undefined ? {} : { output }, style);
    return { name: outcome.host, rank: rankOf(outcome.status), lines, own: [outcome.host, address ?? ''] };
  });
  const groups = style.fold === false ? eachAlone(entries) : foldEntries(entries);
  return groups.flatMap(({ names, rank, lines }) => {
    const status = STATUSES[rank] ?? 'failed';
    const head = `${style.paint.bold(printable(hostsLabel(names)))}: ${paintStatus(status, style.paint)(status)}`;
    return [head, ...lines.map((line) => `  ${line}`), ''];
  });
}
