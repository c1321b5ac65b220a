import { run, settle, write } from '../../src/core/change.ts';
import { DroverError } from '../../src/core/errors.ts';
import type { Event } from '../../src/core/events.ts';
import type { HostOutcome, HostStatus, StepOutcome } from '../../src/core/outcome.ts';
import { paintFor, type TextStyle } from '../../src/report/paint.ts';

/** Texts without colours. */
export const plain: TextStyle = { paint: paintFor('plain'), verbose: 0, diff: false };

/** An outcome with one step for each of these ends. */
export function outcomeOf(host: string, status: HostStatus, ...ends: readonly StepOutcome[]): HostOutcome {
  const steps = ends.map((outcome, at) => ({ number: at + 1, name: `Step ${at + 1}`, task: 'made.up', outcome }));
  return { host, status, steps, looks: 1, acts: 0, durationMs: 1200 };
}

/** Every kind of step end, with one text in every place that a host or an operator can fill. */
export function everyEnd(text: string): readonly StepOutcome[] {
  const changes = [
    write(`/etc/${text}`, undefined, { content: `${text}\n`, mode: 0o644, owner: text, group: text }, text),
    run(['modprobe', text], { undo: 'impossible', because: text, touches: [] }),
    settle({ what: 'restart', unit: text }, { because: text, touches: [] }),
  ];
  const error = new DroverError('CHANGE_FAILED', text, { where: { host: text, step: text, source: text }, hint: text });
  return [
    { status: 'steady', because: text },
    { status: 'drift', changes },
    { status: 'changed', changes, repeats: true },
    { status: 'blocked', because: text, hint: text },
    { status: 'unknown', after: 1, because: text },
    { status: 'skipped', because: text },
    { status: 'failed', error, made: changes, takenBack: 'stands' },
    { status: 'declined', changes },
    { status: 'not reached', because: text },
  ];
}

/** Every kind of event, with one text in every place. */
export function everyEvent(text: string): readonly Event[] {
  const change = run(['modprobe', text], { undo: 'not needed', because: text, touches: [] });
  const base = { host: text, at: 1 };
  return [
    { type: 'wave started', wave: text, hosts: [text], at: 1 },
    { ...base, type: 'host started' },
    { ...base, type: 'host looked', reads: 3, ms: 5 },
    { ...base, type: 'host planned', plans: [{ number: 1, plan: { status: 'blocked', because: text, hint: text } }] },
    { ...base, type: 'change started', step: 1, change },
    { ...base, type: 'change ended', step: 1, change, ok: false, output: text },
    { ...base, type: 'host ended', outcome: outcomeOf(text, 'failed', ...everyEnd(text)) },
    { type: 'wave ended', wave: text, bad: 1, at: 1 },
    { type: 'step answered', step: 1, name: text, hosts: [text], answer: 'no', at: 1 },
    { type: 'stopped', because: text, at: 1 },
  ];
}
