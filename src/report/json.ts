import { isUtf8 } from 'node:buffer';
import { type Change, describe, inverse } from '../core/change.ts';
import type { DroverError } from '../core/errors.ts';
import type { Event } from '../core/events.ts';
import type { Json } from '../core/json.ts';
import type { Mistake } from '../core/mistake.ts';
import type { HostOutcome, StepOutcome } from '../core/outcome.ts';
import { settlingName } from '../core/settling.ts';
import { diffOf } from './diff-text.ts';
import type { ExecResult } from './exec-text.ts';
import type { FailedOutput } from './failed-output.ts';
import type { FleetReport } from './fleet-text.ts';
import { hidden, type Scrub } from './scrub.ts';
import { countHosts } from './summary.ts';

/** What -D adds to the writes. */
export interface JsonStyle {
  readonly diff: boolean;
}

/** An error for machines. */
export function errorJson({ code, message, hint, where }: DroverError): Json {
  return { code, message, hint, where: { ...where } };
}

/** Mistakes for machines. */
export function mistakeJson({ source, message, hint, includedAt }: Mistake): Json {
  return { source, message, ...(hint === undefined ? {} : { hint }), ...(includedAt === undefined ? {} : { includedAt }) };
}

/** A change for machines: `what` as people read it, and its own parts; file contents only as a difference. */
export function changeJson(change: Change, style: JsonStyle): Json {
  const base = { kind: change.kind, what: describe(change), because: change.because, reversible: inverse(change) !== 'impossible' };
  switch (change.kind) {
    case 'write':
      return { ...base, path: change.path, ...(style.diff ? { diff: diffOf(change).lines } : {}) };
    case 'run':
      return { ...base, argv: change.argv };
    case 'settle':
      return { ...base, settling: settlingName(change.settling) };
    default:
      return change satisfies never;
  }
}

/** How a saved plan shows changes, and what of them it does not. */
export function planTelling(scrub: Scrub): { readonly show: (change: Change) => Json; readonly conceal: Scrub } {
  return { show: (change) => hidden(changeJson(change, { diff: true }), scrub), conceal: scrub };
}

/** A step's end for machines. */
function stepJson(outcome: StepOutcome, style: JsonStyle): Json {
  switch (outcome.status) {
    case 'drift':
    case 'declined':
    case 'changed': {
      const changes = outcome.changes.map((change) => changeJson(change, style));
      if (!('made' in outcome)) return { ...outcome, changes };
      return { ...outcome, changes, made: outcome.made.map((change) => changeJson(change, style)) };
    }
    case 'failed':
      return {
        status: outcome.status,
        error: errorJson(outcome.error),
        made: outcome.made.map((change) => changeJson(change, style)),
        takenBack: outcome.takenBack,
      };
    case 'steady':
    case 'blocked':
    case 'unknown':
    case 'skipped':
    case 'not reached':
      return { ...outcome };
    default:
      return outcome satisfies never;
  }
}

/** A host's end for machines. */
function hostJson(outcome: HostOutcome, style: JsonStyle): Json {
  const { steps, error, holder, reboot, ...rest } = outcome;
  return {
    ...rest,
    ...(error === undefined ? {} : { error: errorJson(error) }),
    ...(holder === undefined ? {} : { holder: { ...holder } }),
    ...(reboot === undefined ? {} : { reboot: { ...reboot } }),
    steps: steps.map(({ outcome: end, ...step }) => ({ ...step, ...(stepJson(end, style) as Readonly<Record<string, Json>>) })),
  };
}

/** The document that `--format json` prints for a plan or a run. */
export function fleetJson(report: FleetReport, exit: number, style: JsonStyle): Json {
  const hosts = report.hosts.map((host) => {
    const output = report.outputs.get(host.host);
    return {
      ...(hostJson(host, style) as Readonly<Record<string, Json>>),
      ...(output === undefined ? {} : { output: outputJson(output) }),
    };
  });
  return { ...summaryJson(report, exit), hosts };
}

function outputJson({ lines, ...rest }: FailedOutput): Json {
  return { lines: [...lines], ...rest };
}

/** The sums alone: the last line of `--format ndjson`. */
export function summaryJson({ hosts, waves, stopped, interrupted, durationMs }: FleetReport, exit: number): Readonly<Record<string, Json>> {
  return {
    exit,
    interrupted,
    ...(stopped === undefined ? {} : { stopped: { because: stopped } }),
    durationMs,
    waves,
    counts: { ...countHosts(hosts) },
  };
}

/** An event as a line of `--format ndjson`. */
export function eventJson(event: Event, style: JsonStyle): Json {
  switch (event.type) {
    case 'host planned':
      return {
        ...event,
        plans: event.plans.map(({ number, plan }) => ({ number, ...(stepJson(plan, style) as Readonly<Record<string, Json>>) })),
      };
    case 'act begun':
      return {
        ...event,
        steps: event.steps.map(({ params: _, changes, ...step }) => ({
          ...step,
          changes: changes.map((change) => changeJson(change, style)),
        })),
      };
    case 'change started':
    case 'change ended':
      return { ...event, change: changeJson(event.change, style) };
    case 'host ended':
      return { ...event, outcome: hostJson(event.outcome, style) };
    case 'wave started':
    case 'host started':
    case 'host looked':
    case 'wave ended':
    case 'baking':
    case 'baked':
    case 'measured':
    case 'act refused':
    case 'steered':
    case 'stopped':
      return { ...event };
    case 'step answered':
      return { ...event, hosts: [...event.hosts] };
    case 'lease broken':
      return { ...event, holder: { ...event.holder } };
    case 'gate judged':
      return { ...event, hosts: event.hosts.map((one) => ({ ...one })), unasked: [...event.unasked] };
    default:
      return event satisfies never;
  }
}

/** One host's part of an ad hoc command, for machines. Bytes that are no UTF-8 are one char each, and `encoding` says so. */
export function execJson({ host, end, kept, durationMs, saved }: ExecResult): Readonly<Record<string, Json>> {
  const { status, ...detail } = end.status === 'failed' ? { status: end.status, error: errorJson(end.error) } : end;
  const encoding = isUtf8(kept.stdout) && isUtf8(kept.stderr) ? 'utf8' : 'latin1';
  const text = { stdout: kept.stdout.toString(encoding), stderr: kept.stderr.toString(encoding) };
  const more = { ...(encoding === 'utf8' ? {} : { encoding }), ...(saved === undefined ? {} : { saved }) };
  return { host, status, ...detail, ...text, ...more, dropped: kept.dropped, durationMs };
}
