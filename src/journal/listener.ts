import type { Change } from '../core/change.ts';
import type { Event, Intent, Listener } from '../core/events.ts';
import type { Measures } from '../core/gate.ts';
import { type HostOutcome, reasonOf, type StepOutcome } from '../core/outcome.ts';
import type { JournalRecord, StoredStep } from './record.ts';
import { type Conceal, isOpen, storeChange } from './stored.ts';
import type { Journal } from './writer.ts';

/** Of what a failed change printed so much is kept; the end, for there errors stand. */
const OUTPUT_KEPT = 8192;

type Judged = Extract<Event, { type: 'gate judged' }>;

/** Puts on record what a run tells: intents before, ends after. */
export function journalListener(journal: Journal, conceal: Conceal): Listener {
  // Of each host's present act, by step: which change an end belongs to.
  const acts = new Map<string, ReadonlyMap<number, readonly Change[]>>();
  const write = (record: JournalRecord): void => journal.append(record);
  return (event) => {
    switch (event.type) {
      case 'wave started':
        return write({ ...event, hosts: [...event.hosts] });
      case 'wave ended':
      case 'host started':
      case 'baking':
      case 'baked':
      case 'act refused':
        return write(event);
      case 'measured':
        return write({ ...event, measures: concealed(event.measures, conceal) });
      case 'gate judged':
        return write({ ...event, hosts: event.hosts.map((one) => heldHost(one, conceal)), unasked: [...event.unasked] });
      case 'steered':
        return write({ ...event, by: conceal(event.by) });
      case 'step answered':
        return write({ ...event, name: conceal(event.name), hosts: [...event.hosts] });
      case 'stopped':
        return write({ ...event, because: conceal(event.because) });
      case 'act begun': {
        acts.set(event.host, new Map(event.steps.map(({ number, changes }) => [number, changes])));
        return write({ ...event, steps: event.steps.map((step) => storeStep(step, journal, conceal)) });
      }
      case 'lease broken':
        return write({ ...event, because: conceal(event.because) });
      case 'change ended': {
        const { type, host, step, ok, output, at } = event;
        const index = acts.get(host)?.get(step)?.indexOf(event.change) ?? -1;
        // Masked first: of a secret in pieces nothing would be found.
        const said = ok || output === '' ? {} : { output: conceal(output).slice(-OUTPUT_KEPT) };
        return write({ type, host, step, index, ok, ...said, at });
      }
      case 'host ended':
        return write({ type: event.type, host: event.host, ...ended(event.outcome, conceal), at: event.at });
      case 'host looked':
      case 'host planned':
      case 'change started':
        return;
      default:
        event satisfies never;
    }
  };
}

function heldHost(one: Judged['hosts'][number], conceal: Conceal) {
  return { ...one, because: conceal(one.because) };
}

function concealedReason(outcome: StepOutcome, conceal: Conceal): { readonly because?: string; readonly hint?: string } {
  const { because, hint } = reasonOf(outcome);
  return { ...(because === undefined ? {} : { because: conceal(because) }), ...(hint === undefined ? {} : { hint: conceal(hint) }) };
}

function concealed(measures: Measures, conceal: Conceal): Record<string, number | string | null> {
  return Object.fromEntries(Object.entries(measures).map(([name, value]) => [name, typeof value === 'string' ? conceal(value) : value]));
}

function storeStep({ number, name, task, params, repeats, changes }: Intent, { keep }: Journal, conceal: Conceal): StoredStep {
  return {
    number,
    name: conceal(name),
    task,
    ...(params === undefined || !isOpen(params, conceal) ? {} : { params }),
    ...(repeats === undefined ? {} : { repeats }),
    changes: changes.map((change) => storeChange(change, { keep, conceal })),
  };
}

function ended(
  { status, error, reboot, steps }: HostOutcome,
  conceal: Conceal,
): Pick<Extract<JournalRecord, { type: 'host ended' }>, 'status' | 'steps'> {
  const because = error === undefined ? {} : { because: conceal(error.message) };
  const receipt = reboot === undefined ? {} : { reboot: { ...reboot, because: reboot.because.map(conceal), steps: [...reboot.steps] } };
  const ends = steps.map(({ number, name, task, outcome }) => ({
    number,
    name: conceal(name),
    task,
    status: outcome.status,
    ...concealedReason(outcome, conceal),
    ...(outcome.status === 'failed' ? { takenBack: outcome.takenBack } : {}),
  }));
  return { status, ...because, ...receipt, steps: ends };
}
