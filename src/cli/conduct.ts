import type { Event, Listener } from '../core/events.ts';
import type { Work } from '../core/work.ts';
import { type Earlier, type FleetOptions, type FleetOutcome, planFleet } from '../engine/fleet/fleet.ts';
import { rolloutLines } from '../engine/fleet/rollout-text.ts';
import { runFleet } from '../engine/fleet/run-fleet.ts';
import { movedSince, type SavedPlan } from '../journal/saved-plan.ts';
import { type FailedOutput, failedOutput } from '../report/failed-output.ts';
import { type FleetReport, fleetLines } from '../report/fleet-text.ts';
import { eventJson, fleetJson, planTelling, summaryJson } from '../report/json.ts';
import { newProgress, note } from '../report/live-progress.ts';
import { printable } from '../report/printable.ts';
import { progressLines } from '../report/progress-text.ts';
import { hidden } from '../report/scrub.ts';
import type { Io } from './io.ts';
import { type Locks, leaseTerms } from './locks.ts';
import type { Output } from './output.ts';
import { stepAsker, waveAsker } from './questions.ts';
import type { Reach } from './reach.ts';
import type { RunRecord } from './run-record.ts';
import { openScreen } from './screen.ts';

/** A plan or a run of a fleet, and what was seen of it. */
export interface Conducted {
  readonly outcome: FleetOutcome;
  readonly report: FleetReport;
}

/** What a plan or run is conducted with. */
export interface Conducting {
  readonly reach: Reach;
  readonly io: Io;
  /** Whether hosts may be rebooted. */
  readonly reboots: boolean;
  /** Whether a person is asked of each step. */
  readonly step?: boolean;
  /** Where a run is put on record; a plan leaves none. */
  readonly record?: RunRecord;
  /** What an earlier part of the run has brought about. */
  readonly earlier?: Earlier;
  /** A plan that was agreed to: a host that is not as it says is not changed. */
  readonly agreed?: SavedPlan;
  /** How hosts are met that another run holds. */
  readonly locks?: Locks;
}

/** Plans or runs, and tells of it as it goes on. */
export async function conduct(
  kind: 'plan' | 'run',
  work: Work,
  { reach, io, reboots, step = false, record, earlier, agreed, locks = { waitMs: 0 } }: Conducting,
): Promise<Conducted> {
  const { output, interrupt, concurrency, connector, log, limits } = reach;
  const startedAt = performance.now();
  const outputs = new Map<string, FailedOutput>();
  const show = await shower(`${kind} ${work.name}`, work, { output, io });
  const listener: Listener = (seen) => {
    record?.listener(seen);
    // Before anything is cut, folded or laid out: of a secret in pieces nothing would be found.
    const event = hidden(seen, output.scrub);
    if (event.type === 'change ended' && !event.ok) {
      const { host, step } = event;
      outputs.set(
        host,
        failedOutput(event.output, (lines) => record?.outputs.add(host, `step-${step}`, lines)),
      );
    }
    log(event);
    show.listener(event);
  };
  const durable = record?.durable ?? (async () => {});
  const object = agreed && objector(agreed, output);
  const asking = { reach, during: show.during };
  const agree = waveAsker(asking);
  const askStep = step && { askStep: stepAsker(asking) };
  const steering = record && { steering: { attach: record.attach, abort: interrupt.request } };
  const lease = record === undefined ? {} : { lease: leaseTerms(record, work, { output, locks }) };
  const more = { agree, ...askStep, ...lease, ...steering, reboots, ...(earlier && { earlier }), ...(object && { object }) };
  const options = { connect: connector.connect, concurrency, listener, interrupt, now: Date.now, limits, durable, ...more };
  try {
    const outcome = kind === 'plan' ? await planFleet(work, options) : await runFleet(work, options);
    const durationMs = Math.round(performance.now() - startedAt);
    const addresses = new Map(work.hosts.map(({ host }) => [hidden(host.name, output.scrub), host.connection.address]));
    const { hosts, stopped, interrupted } = outcome;
    const waves = kind === 'plan' ? waveLines(work) : [];
    const because = stopped === undefined ? {} : { stopped: stopped.because };
    return { outcome, report: { hosts: hidden(hosts, output.scrub), ...because, interrupted, waves, durationMs, outputs, addresses } };
  } finally {
    show.end();
    const unsaved = record?.outputs.failed();
    if (unsaved !== undefined) output.talk([printable(unsaved)]);
  }
}

/** Says no where a host is not as the plan has it that was agreed to. */
function objector({ hosts }: SavedPlan, { scrub }: Output): FleetOptions['object'] {
  const byName = new Map(hosts.map((one) => [one.host, one]));
  return (host, plans) => movedSince(byName.get(host), plans, planTelling(scrub));
}

/** How the waves go and when they stop, for people to agree to. */
function waveLines(work: Work): readonly string[] {
  const { rollout, hosts, gate } = work;
  const isPlain =
    rollout.waves.length < 2 &&
    rollout.budget === undefined &&
    gate === undefined &&
    hosts.every((one) => one.gate === undefined && one.steps.every(({ once }) => once === undefined));
  return isPlain ? [] : rolloutLines(work);
}

/** The result, in the format that was asked for. */
export function present({ report }: Conducted, exit: number, output: Output): void {
  const style = { diff: output.style.diff };
  switch (output.format) {
    case 'human':
      output.data(fleetLines(report, output.style));
      return;
    case 'json':
      output.json(fleetJson(report, exit, style));
      return;
    case 'ndjson':
      output.json({ type: 'summary', ...summaryJson(report, exit), at: Date.now() });
      return;
    default:
      output.format satisfies never;
  }
}

/** What is seen while it goes on: events on stdout for machines, for people a drawn view or lines on stderr. */
async function shower(title: string, work: Work, { output, io }: { readonly output: Output; readonly io: Io }) {
  if (output.format !== 'human') {
    const style = { diff: output.style.diff };
    return {
      listener: (event: Event) => (output.format === 'ndjson' ? output.json(eventJson(event, style)) : undefined),
      end: () => {},
      during: <T>(fn: () => Promise<T>) => fn(),
    };
  }
  const progress = newProgress(title, work.hosts.length, Date.now());
  const screen = await openScreen(io.talk, output.scrub, async () => {
    const { frameLines } = await import('../report/live-view.ts');
    return (columns, rows) => frameLines(progress, { columns, rows, now: Date.now() }, output.talkStyle.paint);
  });
  const listener: Listener = (event) => {
    note(progress, event);
    output.talk(progressLines(event, output.talkStyle));
  };
  return { listener, end: screen.end, during: screen.during };
}
